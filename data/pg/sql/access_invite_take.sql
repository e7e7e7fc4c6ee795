-- access_invite_take: take an invitation, which is gone then. in: @hash, @now. out: a row if it was there; of the first administrator's
-- the account is 0.
DELETE FROM hetu.invite WHERE hash = @hash::bytea AND ends_at > @now::timestamptz RETURNING coalesce(account_id, 0)
