-- access_failure_note: count a try to log in before it is made; who succeeds clears it. The fifth within the time locks, and the count
-- begins anew. in: @name, @ip, @now, @since (tries before that count no more), @most, @until. out: a row, unless it is locked.
INSERT INTO hetu.login_failure AS f (name, ip, failures, last_at) VALUES (@name::text, @ip::text, 1, @now::timestamptz)
ON CONFLICT (name, ip) DO UPDATE SET
    failures = CASE WHEN f.last_at <= @since::timestamptz THEN 1 WHEN f.failures + 1 >= @most::int THEN 0 ELSE f.failures + 1 END,
    locked_until = CASE WHEN f.last_at > @since AND f.failures + 1 >= @most THEN @until::timestamptz END,
    last_at = @now
WHERE coalesce(f.locked_until, '-infinity') <= @now
RETURNING failures
