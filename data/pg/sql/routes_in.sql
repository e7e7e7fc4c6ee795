-- routes_in: the routes whose line enters a box, of no river too. in: @west, @south, @east, @north in degrees, @as_of, @known_at.
-- out: one row a route, the longest first, geometry LineStringM, EPSG:4490, downstream.
SELECT rt.id, rt.geom, rt.length_m, rt.measure_origin, rt.calibrated, rv.id AS river_id, rv.code_scheme, rv.code, rv.name, rv.name_en, rv.river_kind AS kind,
    rv.managing_levels AS levels, rv.perennial
FROM hetu.route_version rt
LEFT JOIN hetu.river_version rv ON rv.id = rt.river_id AND rv.valid @> @as_of::date AND rv.recorded @> @known_at::timestamptz
WHERE ST_Intersects(rt.geom, ST_MakeEnvelope(@west::float8, @south::float8, @east::float8, @north::float8, 4490))
    AND rt.valid @> @as_of::date AND rt.recorded @> @known_at::timestamptz
ORDER BY rt.length_m DESC, rt.id
