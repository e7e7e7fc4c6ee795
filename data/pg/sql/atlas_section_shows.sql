-- atlas_section_shows: what sections show of others, over the days it is true. in: @ids of the sections; without the lines
-- marked "of ids", of all. out: what (1 a river, 2 a division), id, valid, name.
SELECT 1::smallint AS what, v.id, v.valid, v.name
FROM river_version v
-- Not IN: so few of all rivers are found one by one.
WHERE upper_inf(v.recorded) AND v.id = ANY (ARRAY(
    SELECT s.river_id FROM section_version s WHERE upper_inf(s.recorded)
        AND s.id = ANY (@ids::bigint[]) -- of ids
))
UNION ALL
SELECT 2::smallint, d.id, d.valid, d.name
FROM division_version d
WHERE upper_inf(d.recorded) AND d.id IN (
    SELECT s.assess_division_id FROM section_version s WHERE upper_inf(s.recorded)
        AND s.id = ANY (@ids::bigint[]) -- of ids
)
