-- atlas_river_shows: what routes show of others, over the days it is true. in: @ids of the routes; without the lines marked
-- "of ids", of all. out: what, id, valid, code, name, name_en, kind, levels, perennial, number, size, ref. what is 1 a river, one
-- that a route belongs to or that such a one flows into (number: its Strahler order; size: its basin in km2; ref: the river it
-- flows into), 2 a route of a river that has several, or that had (id of the river; size: its length in m; ref: the route).
SELECT 1::smallint AS what, v.id, v.valid, v.code, v.name, v.name_en, v.river_kind AS kind, v.managing_levels AS levels, v.perennial,
    v.stream_order AS number, v.basin_area_km2 AS size, v.flows_into_id AS ref
FROM river_version v
WHERE upper_inf(v.recorded)
    AND v.id IN (SELECT o.river_id FROM route_version o WHERE o.id = ANY (@ids::bigint[]) AND upper_inf(o.recorded) UNION SELECT w.flows_into_id FROM route_version o JOIN river_version w ON w.id = o.river_id AND upper_inf(w.recorded) WHERE o.id = ANY (@ids::bigint[]) AND upper_inf(o.recorded)) -- of ids
UNION ALL
SELECT 2::smallint, o.river_id, o.valid, NULL, NULL, NULL, NULL, NULL, NULL, NULL, o.length_m, o.id
FROM (
    -- Of all versions, past ones too: an index alone tells that.
    SELECT s.river_id FROM route_version s WHERE s.river_id IS NOT NULL
        AND s.river_id IN (SELECT t.river_id FROM route_version t WHERE t.id = ANY (@ids::bigint[]) AND upper_inf(t.recorded)) -- of ids
    GROUP BY s.river_id HAVING count(*) > 1
) AS many
-- They are few, and found river by river: a join would read all routes with their geometry. OFFSET 0 says so to the planner.
CROSS JOIN LATERAL (SELECT r.* FROM route_version r WHERE r.river_id = many.river_id AND upper_inf(r.recorded) OFFSET 0) AS o
