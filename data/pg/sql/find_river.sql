-- find_river: whether there is a river of an id. in: @id, @as_of, @known_at.
SELECT r.id FROM hetu.river_version r WHERE r.id = @id::bigint AND r.valid @> @as_of::date AND r.recorded @> @known_at::timestamptz
