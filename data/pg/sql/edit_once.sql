-- edit_once: what was answered to a write with an idempotency key. in: @account, @key, @since. out: the hash of the request and the answer.
SELECT i.request_sha256, i.answer FROM hetu.idempotency i WHERE i.account_id = @account::bigint AND i.key = @key::text AND i.at >= @since::timestamptz
