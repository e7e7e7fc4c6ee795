-- access_account_hold: hold an account until the transaction ends, for what is counted of it and must not grow meanwhile. in: @id.
SELECT a.id FROM hetu.account a WHERE a.id = @id::bigint FOR NO KEY UPDATE
