-- trace_routes: a river and its routes, the longest first. in: @river, @as_of, @known_at.
-- out: a row for each route, geometry LineStringM, EPSG:4490, downstream; one row without a route where it has none.
SELECT rv.id AS river_id, rv.name, rv.name_en, rv.code, rt.id, rt.geom
FROM hetu.river_version rv
LEFT JOIN hetu.route_version rt ON rt.river_id = rv.id AND rt.valid @> @as_of::date AND rt.recorded @> @known_at::timestamptz
WHERE rv.id = @river::bigint AND rv.valid @> @as_of::date AND rv.recorded @> @known_at::timestamptz
ORDER BY rt.length_m DESC, rt.id
