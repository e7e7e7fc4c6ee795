-- access_sessions: the sessions of an account. in: @account, @now, @idle.
SELECT id, made_at, seen_at, ends_at, ip, agent FROM hetu.session
WHERE account_id = @account::bigint AND ends_at > @now::timestamptz AND seen_at > @idle::timestamptz ORDER BY seen_at DESC, id DESC LIMIT 100
