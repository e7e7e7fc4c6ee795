-- access_session_end: end sessions of an account. in: @account, @id (0: all), @but (0, or one that stays). out: how many.
WITH ended AS (DELETE FROM hetu.session WHERE account_id = @account::bigint AND (@id::bigint = 0 OR id = @id) AND id <> @but::bigint RETURNING id)
SELECT count(*) FROM ended
