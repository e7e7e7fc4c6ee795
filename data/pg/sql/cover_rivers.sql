-- cover_rivers: rivers by id. in: @rivers, @as_of, @known_at.
SELECT r.id, r.name, r.managing_levels AS levels FROM hetu.river_version r
WHERE r.id = ANY (@rivers::bigint[]) AND r.valid @> @as_of::date AND r.recorded @> @known_at::timestamptz
ORDER BY r.id
