-- access_invite_insert: a new invitation, in place of those that the account has. in: @hash, @account (NULL: the first administrator's), @now,
-- @by, @ends.
WITH old AS (DELETE FROM hetu.invite WHERE account_id IS NOT DISTINCT FROM @account::bigint)
INSERT INTO hetu.invite (hash, account_id, made_at, made_by, ends_at) VALUES (@hash::bytea, @account, @now::timestamptz, @by::bigint, @ends::timestamptz)
