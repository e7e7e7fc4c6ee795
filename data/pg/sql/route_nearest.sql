-- route_nearest: the route that is nearest to a position in degrees, which is among the nearest in metres. in: @lon, @lat, @as_of, @known_at.
-- out: at most one row, geometry LineStringM, EPSG:4490, downstream.
SELECT rt.id, rt.geom, rt.length_m, rt.measure_origin, rt.calibrated, rv.id AS river_id, rv.code_scheme, rv.code, rv.name, rv.name_en, rv.river_kind AS kind,
    rv.managing_levels AS levels, rv.perennial
FROM hetu.route_version rt
LEFT JOIN hetu.river_version rv ON rv.id = rt.river_id AND rv.valid @> @as_of::date AND rv.recorded @> @known_at::timestamptz
WHERE rt.valid @> @as_of::date AND rt.recorded @> @known_at::timestamptz
ORDER BY rt.geom <-> ST_SetSRID(ST_MakePoint(@lon::float8, @lat::float8), 4490), rt.id
LIMIT 1
