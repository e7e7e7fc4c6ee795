-- cover_boards: the boards that name one of the reaches. in: @reaches, @as_of, @known_at.
SELECT b.id, b.level, b.reach_ids, b.division_id
FROM hetu.board_version b
WHERE b.reach_ids && @reaches::bigint[] AND b.valid @> @as_of::date AND b.recorded @> @known_at::timestamptz
ORDER BY b.id
