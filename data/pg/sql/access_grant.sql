-- access_grant: a grant in force. in: @id.
SELECT account_id, role, coalesce(division_id, 0) AS division FROM hetu.account_grant WHERE id = @id::bigint AND ended_at IS NULL
