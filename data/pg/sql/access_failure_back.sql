-- access_failure_back: take a counted try to log in back; if it was the one that locked, it locks no more. in: @name, @ip, @most, @now.
UPDATE hetu.login_failure SET failures = CASE WHEN locked_until > @now::timestamptz THEN @most::int - 1 ELSE greatest(failures - 1, 0) END, locked_until = NULL
WHERE name = @name::text AND ip = @ip::text
