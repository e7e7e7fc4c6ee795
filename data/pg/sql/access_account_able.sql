-- access_account_able: disable an account, or let it in again. in: @id, @disabled, @at.
UPDATE hetu.account SET disabled = @disabled::boolean, rights_at = greatest(rights_at, @at::timestamptz) WHERE id = @id::bigint
