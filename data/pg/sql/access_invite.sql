-- access_invite: an invitation that can be taken. in: @hash, @now. out: at most one row; of the first administrator's the account is 0.
SELECT coalesce(i.account_id, 0) AS account, coalesce(a.name, '') AS name, coalesce(a.display_name, '') AS display_name, i.ends_at
FROM hetu.invite i LEFT JOIN hetu.account a ON a.id = i.account_id
WHERE i.hash = @hash::bytea AND i.ends_at > @now::timestamptz AND NOT coalesce(a.disabled, false)
