-- access_keys_live: how many keys of an account are in force. in: @account, @now. out: one row.
SELECT count(*) FROM hetu.api_key k WHERE k.account_id = @account::bigint AND k.ended_at IS NULL AND k.ends_at > @now::timestamptz
