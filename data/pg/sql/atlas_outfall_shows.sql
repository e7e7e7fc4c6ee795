-- atlas_outfall_shows: what outfalls show of others, over the days it is true. in: @ids of the outfalls; without the lines
-- marked "of ids", of all. out: what (1 a river), id, valid, name.
SELECT 1::smallint AS what, v.id, v.valid, v.name
FROM river_version v
-- Not IN: so few of all rivers are found one by one.
WHERE upper_inf(v.recorded) AND v.id = ANY (ARRAY(
    SELECT o.river_id FROM outfall_version o WHERE upper_inf(o.recorded)
        AND o.id = ANY (@ids::bigint[]) -- of ids
))
