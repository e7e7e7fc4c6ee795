-- near_outfalls: outfalls in a box, and on routes: their own, else those of their river. in: @routes (null: any), the box in degrees, @as_of,
-- @known_at. out: the measure where it is stored with its route; position in degrees.
SELECT v.id, v.code AS code, v.name, v.bank AS bank, rv.id AS river_id, rv.name AS river, rv.name_en AS river_en, rv.code AS river_no, s.route_ids, CASE WHEN v.route_id IS NOT NULL THEN v.measure_m END AS measure_m,
    ST_X(v.geom) AS lon, ST_Y(v.geom) AS lat, true AS exact
FROM hetu.outfall_version v
LEFT JOIN hetu.river_version rv ON rv.id = v.river_id AND rv.valid @> @as_of::date AND rv.recorded @> @known_at::timestamptz
CROSS JOIN LATERAL (
    SELECT coalesce(array_agg(rt.id ORDER BY rt.length_m DESC, rt.id), '{}') AS route_ids FROM hetu.route_version rt
    WHERE (rt.id = v.route_id OR v.route_id IS NULL AND rt.river_id = v.river_id) AND rt.valid @> @as_of::date AND rt.recorded @> @known_at::timestamptz
) s
WHERE v.geom && ST_MakeEnvelope(@west::float8, @south::float8, @east::float8, @north::float8, 4490)
    AND v.valid @> @as_of::date AND v.recorded @> @known_at::timestamptz AND (@routes::bigint[] IS NULL OR s.route_ids && @routes)
ORDER BY v.id
