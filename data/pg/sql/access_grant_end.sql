-- access_grant_end: take a grant back. in: @id, @at, @by.
UPDATE hetu.account_grant SET ended_at = @at::timestamptz, ended_by = @by::bigint WHERE id = @id::bigint AND ended_at IS NULL
