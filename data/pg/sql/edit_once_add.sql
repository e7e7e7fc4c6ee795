-- edit_once_add: keep what is answered to a write with an idempotency key; what is older than @since is forgotten, and its key may be used again.
-- in: @account, @key, @sha256, @answer, @at, @since.
WITH forgotten AS (DELETE FROM hetu.idempotency WHERE at < @since::timestamptz AND (account_id, key) <> (@account::bigint, @key::text))
INSERT INTO hetu.idempotency AS i (account_id, key, request_sha256, answer, at) VALUES (@account, @key, @sha256::text, @answer::text, @at::timestamptz)
ON CONFLICT (account_id, key) DO UPDATE SET request_sha256 = excluded.request_sha256, answer = excluded.answer, at = excluded.at WHERE i.at < @since
