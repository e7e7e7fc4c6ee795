-- river_tributaries: rivers that flow into a river, by name. in: @id, @as_of, @known_at.
SELECT r.id, r.name, r.name_en, r.code FROM hetu.river_version r
WHERE r.flows_into_id = @id::bigint AND r.valid @> @as_of::date AND r.recorded @> @known_at::timestamptz
ORDER BY r.name, r.id
