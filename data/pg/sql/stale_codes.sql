-- stale_codes: the tokens of boards' QR codes over time. in: @boards, @known_at.
SELECT b.id, b.qr_token AS token, lower(b.valid) AS valid_from, upper(b.valid) AS valid_to
FROM hetu.board_version b
WHERE b.id = ANY (@boards::bigint[]) AND b.qr_token IS NOT NULL AND b.recorded @> @known_at::timestamptz
ORDER BY b.id, lower(b.valid) NULLS FIRST
