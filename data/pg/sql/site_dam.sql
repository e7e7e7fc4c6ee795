-- site_dam: nodes at which the flow is regulated, by id, or on routes: one row for each route that they are on. in: @ids, @routes, @as_of,
-- @known_at. EPSG:4490. Who lists them keeps the nearest of each; who stops at them needs all.
SELECT DISTINCT n.id, NULL::text AS code, NULL::text AS name, 'dam' AS kind, NULL::text AS state, NULL::smallint AS level,
    CASE WHEN (n.id = e.from_node_id) = (ST_M(ST_StartPoint(rt.geom)) > ST_M(ST_EndPoint(rt.geom))) THEN e.to_m ELSE e.from_m END AS measure_m,
    NULL::float8 AS to_m, NULL::text AS bank, n.geom, ARRAY[e.route_id] AS routes
FROM hetu.node_version n
JOIN hetu.edge_version e ON (e.from_node_id = n.id OR e.to_node_id = n.id) AND e.valid @> @as_of::date AND e.recorded @> @known_at::timestamptz
JOIN hetu.route_version rt ON rt.id = e.route_id AND rt.valid @> @as_of::date AND rt.recorded @> @known_at::timestamptz
WHERE n.kind = 'flowRegulation' AND (n.id = ANY (@ids::bigint[]) OR e.route_id = ANY (@routes::bigint[]))
    AND n.valid @> @as_of::date AND n.recorded @> @known_at::timestamptz
ORDER BY n.id, routes, measure_m
