-- access_session_turn: give a session a new token; the one before is taken for a moment yet, for requests that are under way. in: @id, @was,
-- @hash, @now, @until. out: a row if this is the request that turned it.
UPDATE hetu.session SET previous = hash, previous_until = @until::timestamptz, hash = @hash::bytea, turned_at = @now::timestamptz
WHERE id = @id::bigint AND hash = @was::bytea RETURNING id
