-- profile_alongside: the sections and outfalls of a river or of one of its routes. in: @id, @routes (of it), @as_of, @known_at.
-- out: lon and lat in degrees, EPSG:4490; measures in metres where they are stored.
SELECT 'section' AS kind, s.id, s.code, s.name, s.kind AS type, NULL::text AS state, s.target_class::int AS target_class, NULL::text AS bank,
    s.route_id, s.measure_m, ST_X(s.geom) AS lon, ST_Y(s.geom) AS lat
FROM hetu.section_version s
WHERE (s.river_id = @id::bigint OR s.route_id = ANY (@routes::bigint[])) AND s.valid @> @as_of::date AND s.recorded @> @known_at::timestamptz
UNION ALL
SELECT 'outfall', o.id, o.code, o.name, o.kind, o.approval, NULL, o.bank, o.route_id, o.measure_m, ST_X(o.geom), ST_Y(o.geom)
FROM hetu.outfall_version o
WHERE (o.river_id = @id OR o.route_id = ANY (@routes)) AND o.valid @> @as_of::date AND o.recorded @> @known_at::timestamptz
ORDER BY 1, 2
