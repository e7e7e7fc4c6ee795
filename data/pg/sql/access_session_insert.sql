-- access_session_insert: a session that begins, unless the account is shut or its password is no more the one that was looked at. in: @hash, @account,
-- @password (its hash; NULL: none), @now, @ends, @ip, @agent. out: its id. The account is held: who shuts it then ends this session too.
INSERT INTO hetu.session (hash, account_id, made_at, turned_at, seen_at, ends_at, ip, agent)
SELECT @hash::bytea, a.id, @now::timestamptz, @now, @now, @ends::timestamptz, @ip::text, @agent::text
FROM hetu.account a WHERE a.id = @account::bigint AND NOT a.disabled AND a.password_hash IS NOT DISTINCT FROM @password::text FOR SHARE
RETURNING id
