-- access_session_seen: note that a session is used. in: @id, @now.
UPDATE hetu.session SET seen_at = greatest(seen_at, @now::timestamptz) WHERE id = @id::bigint
