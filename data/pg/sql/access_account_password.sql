-- access_account_password: set a password. in: @id, @password (its hash), @at.
UPDATE hetu.account SET password_hash = @password::text, password_at = @at::timestamptz WHERE id = @id::bigint
