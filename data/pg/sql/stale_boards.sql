-- stale_boards: boards with what they show. in: @boards, @as_of, @known_at. out: position in degrees; content NULL: not known.
SELECT b.id, b.code, b.level, b.reach_ids, b.bank, b.division_id, b.site_text, b.state, b.installed_on, b.content_date, b.content_snapshot AS content,
    ST_X(b.geom) AS lon, ST_Y(b.geom) AS lat
FROM hetu.board_version b
WHERE b.id = ANY (@boards::bigint[]) AND b.valid @> @as_of::date AND b.recorded @> @known_at::timestamptz
ORDER BY b.id
