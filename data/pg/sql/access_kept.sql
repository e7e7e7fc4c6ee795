-- access_kept: whether an actor keeps an account: it and each of its grants lie where the actor is an administrator. in: @account, @key,
-- @id.
SELECT hetu.may(@account::bigint, @key::text, '{admin}', a.division_id) AND NOT EXISTS (
    SELECT FROM hetu.account_grant g WHERE g.account_id = a.id AND g.ended_at IS NULL AND NOT hetu.may(@account, @key, '{admin}', g.division_id))
FROM hetu.account a WHERE a.id = @id::bigint
