-- board_find: the rows of the present record of the boards that a token means: the one of that id (null: the token is none), else those whose QR code has it,
-- else those of that number. in: @id, @token. out: in order of id and time; a board's division's name as of its row's first day.
WITH v AS (
    SELECT b.id, b.code, b.site_text, b.valid, b.division_id, CASE WHEN b.id = @id::bigint THEN 0 WHEN b.qr_token = @token::text THEN 1 ELSE 2 END AS rank
    FROM hetu.board_version b
    WHERE upper_inf(b.recorded) AND (b.id = @id OR b.qr_token = @token OR b.code = @token)
)
SELECT v.id, v.code, v.site_text, lower(v.valid) AS valid_from, upper(v.valid) AS valid_to,
    (SELECT d.name FROM hetu.division_version d WHERE d.id = v.division_id AND upper_inf(d.recorded) ORDER BY d.valid DESC LIMIT 1) AS division
FROM v WHERE v.rank = (SELECT min(rank) FROM v)
ORDER BY v.id, lower(v.valid) NULLS FIRST
