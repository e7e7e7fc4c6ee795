-- site_board: notice boards by id, or whose reaches lie on routes. in: @ids, @routes, @as_of, @known_at.
-- out: routes are those of the reaches that it names; EPSG:4490.
SELECT s.id, s.code, s.site_text AS name, 'board' AS kind, s.state, s.level, NULL::float8 AS measure_m, NULL::float8 AS to_m, s.bank, s.geom,
    ARRAY(SELECT DISTINCT r.route_id FROM hetu.reach_version r
        WHERE r.id = ANY (s.reach_ids) AND r.valid @> @as_of::date AND r.recorded @> @known_at::timestamptz ORDER BY r.route_id) AS routes
FROM hetu.board_version s
WHERE (s.id = ANY (@ids::bigint[]) OR s.reach_ids && ARRAY(SELECT r.id FROM hetu.reach_version r
        WHERE r.route_id = ANY (@routes::bigint[]) AND r.valid @> @as_of::date AND r.recorded @> @known_at::timestamptz))
    AND s.valid @> @as_of::date AND s.recorded @> @known_at::timestamptz
ORDER BY s.id
