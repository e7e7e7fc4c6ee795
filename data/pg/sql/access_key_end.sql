-- access_key_end: revoke keys of an account. in: @account, @id (empty: all), @now. out: how many.
WITH ended AS (UPDATE hetu.api_key SET ended_at = @now::timestamptz WHERE account_id = @account::bigint AND (@id::text = '' OR id = @id) AND ended_at IS NULL RETURNING id)
SELECT count(*) FROM ended
