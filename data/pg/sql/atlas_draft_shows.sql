-- atlas_draft_shows: what these boundaries show of others, over the days it is true. in: @ids of the boundaries; without the
-- lines marked "of ids", of all. out: what (1 a river), id, valid, name.
SELECT 1::smallint AS what, v.id, v.valid, v.name
FROM river_version v
-- Not IN: so few of all rivers are found one by one.
WHERE upper_inf(v.recorded) AND v.id = ANY (ARRAY(
    SELECT b.river_id FROM boundary_version b WHERE upper_inf(b.recorded) AND b.status IN ('draft', 'checked', 'consulted', 'approved')
        AND b.id = ANY (@ids::bigint[]) -- of ids
))
