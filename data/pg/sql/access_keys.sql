-- access_keys: the keys of an account, the newest first. in: @account.
SELECT id, name, roles, coalesce(division_id, 0) AS division, made_at, ends_at, ended_at, used_at FROM hetu.api_key
WHERE account_id = @account::bigint ORDER BY made_at DESC, id LIMIT 200
