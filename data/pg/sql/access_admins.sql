-- access_admins: whether anybody is an administrator.
SELECT EXISTS (SELECT FROM hetu.account_grant g JOIN hetu.account a ON a.id = g.account_id WHERE g.ended_at IS NULL AND g.role = 'admin' AND NOT a.disabled)
