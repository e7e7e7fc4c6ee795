-- near_notice-boards: notice boards in a box, and on routes: those of the reaches that they name. in: @routes (null: any), the box in
-- degrees, @as_of, @known_at. out: a board has no measure of its own; position in degrees.
SELECT v.id, v.code, v.site_text AS name, v.bank, NULL::bigint AS river_id, NULL::text AS river, NULL::text AS river_en, NULL::text AS river_no, s.route_ids, NULL::float8 AS measure_m,
    ST_X(v.geom) AS lon, ST_Y(v.geom) AS lat, true AS exact
FROM hetu.board_version v
CROSS JOIN LATERAL (
    SELECT coalesce(array_agg(DISTINCT r.route_id ORDER BY r.route_id), '{}') AS route_ids FROM hetu.reach_version r
    WHERE r.id = ANY (v.reach_ids) AND r.valid @> @as_of::date AND r.recorded @> @known_at::timestamptz
) s
WHERE v.geom && ST_MakeEnvelope(@west::float8, @south::float8, @east::float8, @north::float8, 4490)
    AND v.valid @> @as_of::date AND v.recorded @> @known_at::timestamptz AND (@routes::bigint[] IS NULL OR s.route_ids && @routes)
ORDER BY v.id
