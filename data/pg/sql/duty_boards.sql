-- duty_boards: the boards that name one of the reaches. in: @reaches, @as_of, @known_at. out: position in degrees; content NULL: not known.
SELECT b.id, b.code, b.level, b.reach_ids, b.site_text, b.state, b.installed_on, b.content_date, b.content_snapshot AS content,
    ST_X(b.geom) AS lon, ST_Y(b.geom) AS lat
FROM hetu.board_version b
WHERE b.reach_ids && @reaches::bigint[] AND b.valid @> @as_of::date AND b.recorded @> @known_at::timestamptz
ORDER BY b.level, b.id
