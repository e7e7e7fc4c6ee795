-- routes_of: routes by id, and all routes of rivers, the longest of a river first. in: @ids, @rivers, @as_of, @known_at.
-- out: one row a route, geometry LineStringM, EPSG:4490, downstream; the river's columns are NULL where the route is of none.
SELECT rt.id, rt.geom, rt.length_m, rt.measure_origin, rt.calibrated, rv.id AS river_id, rv.code_scheme, rv.code, rv.name, rv.name_en, rv.river_kind AS kind,
    rv.managing_levels AS levels, rv.perennial
FROM hetu.route_version rt
LEFT JOIN hetu.river_version rv ON rv.id = rt.river_id AND rv.valid @> @as_of::date AND rv.recorded @> @known_at::timestamptz
WHERE (rt.id = ANY (@ids::bigint[]) OR rt.river_id = ANY (@rivers::bigint[])) AND rt.valid @> @as_of::date AND rt.recorded @> @known_at::timestamptz
ORDER BY rt.river_id, rt.length_m DESC, rt.id
