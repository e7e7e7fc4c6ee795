-- cover_reaches: the reaches of rivers. in: @rivers, @as_of, @known_at. out: measures in metres.
SELECT r.river_id, r.id, r.route_id, r.level, r.from_m, r.to_m, r.bank_scope, r.division_id
FROM hetu.reach_version r
WHERE r.river_id = ANY (@rivers::bigint[]) AND r.valid @> @as_of::date AND r.recorded @> @known_at::timestamptz
ORDER BY r.river_id, r.id
