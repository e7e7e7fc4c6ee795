-- access_grant_insert: grant a role. in: @id (of the account), @role, @division (NULL: the whole installation), @at, @by. out: the grant's id;
-- none where it is granted already.
INSERT INTO hetu.account_grant (account_id, role, division_id, made_at, made_by) VALUES (@id::bigint, @role::text, @division::bigint, @at::timestamptz, @by::bigint)
ON CONFLICT DO NOTHING RETURNING id
