-- access_key_used: note that a key is used. in: @id, @now.
UPDATE hetu.api_key SET used_at = greatest(used_at, @now::timestamptz) WHERE id = @id::text
