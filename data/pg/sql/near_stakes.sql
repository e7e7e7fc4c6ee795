-- near_stakes: stakes of announced boundaries in a box, and on routes: their own, else those of their river. in: @routes (null: any), the box in degrees, @as_of,
-- @known_at, @seen (the divisions whose stakes are told exactly; NULL: all). out: the measure where it is stored with its route; position in degrees; whether it is told exactly.
SELECT v.id, NULL::text AS code, v.name, v.bank AS bank, rv.id AS river_id, rv.name AS river, rv.name_en AS river_en, rv.code AS river_no, s.route_ids, CASE WHEN b.route_id IS NOT NULL THEN v.measure_m END AS measure_m,
    ST_X(v.geom) AS lon, ST_Y(v.geom) AS lat, hetu.stake_exact(@seen::bigint[], v.division_id, b.id, b.river_id, v.geom) AS exact
FROM hetu.stake_version v
JOIN hetu.boundary_version b ON b.id = v.boundary_id AND b.status = 'announced' AND b.valid @> @as_of::date AND b.recorded @> @known_at::timestamptz
LEFT JOIN hetu.river_version rv ON rv.id = b.river_id AND rv.valid @> @as_of::date AND rv.recorded @> @known_at::timestamptz
CROSS JOIN LATERAL (
    SELECT coalesce(array_agg(rt.id ORDER BY rt.length_m DESC, rt.id), '{}') AS route_ids FROM hetu.route_version rt
    WHERE (rt.id = b.route_id OR b.route_id IS NULL AND rt.river_id = b.river_id) AND rt.valid @> @as_of::date AND rt.recorded @> @known_at::timestamptz
) s
WHERE v.geom && ST_MakeEnvelope(@west::float8, @south::float8, @east::float8, @north::float8, 4490)
    AND v.valid @> @as_of::date AND v.recorded @> @known_at::timestamptz AND (@routes::bigint[] IS NULL OR s.route_ids && @routes)
ORDER BY v.id
