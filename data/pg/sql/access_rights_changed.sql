-- access_rights_changed: note that an account's rights changed, so that its sessions get new tokens. in: @id, @at.
UPDATE hetu.account SET rights_at = greatest(rights_at, @at::timestamptz) WHERE id = @id::bigint
