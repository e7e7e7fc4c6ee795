-- edit_once_lock: one at a time of those that ask with one idempotency key, until the transaction ends. in: @account, @key.
SELECT pg_advisory_xact_lock(hashtextextended('once ' || @account::bigint || ' ' || @key::text, 0))
