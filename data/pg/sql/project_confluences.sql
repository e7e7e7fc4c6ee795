-- project_confluences: where a route meets other rivers in the network. in: @route, @river, @day. out: the other river, the position in degrees,
-- whether the route ends there, and whether the other river comes from above and whether it goes on.
WITH mine AS (
    SELECT e.from_node_id, e.to_node_id FROM hetu.edge_version e
    WHERE e.route_id = @route::bigint AND upper_inf(e.recorded) AND e.valid @> @day::date
), nodes AS (
    SELECT from_node_id AS id FROM mine UNION SELECT to_node_id FROM mine
), theirs AS (
    SELECT n.id AS node, e.route_id, true AS arrives
    FROM nodes n JOIN hetu.edge_version e ON e.to_node_id = n.id AND upper_inf(e.recorded) AND e.valid @> @day
    UNION ALL
    SELECT n.id, e.route_id, false
    FROM nodes n JOIN hetu.edge_version e ON e.from_node_id = n.id AND upper_inf(e.recorded) AND e.valid @> @day
)
SELECT o.river_id, ST_X(v.geom) AS lon, ST_Y(v.geom) AS lat, NOT EXISTS (SELECT FROM mine m WHERE m.from_node_id = t.node) AS ends,
    bool_or(t.arrives) AS theirs_comes, bool_or(NOT t.arrives) AS theirs_goes
FROM theirs t
JOIN hetu.route_version o ON o.id = t.route_id AND o.river_id <> @river::bigint AND upper_inf(o.recorded) AND o.valid @> @day
JOIN hetu.node_version v ON v.id = t.node AND upper_inf(v.recorded) AND v.valid @> @day
GROUP BY o.river_id, t.node, ST_X(v.geom), ST_Y(v.geom)
ORDER BY o.river_id, t.node
