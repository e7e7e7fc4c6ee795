-- duty_reaches: the reaches of routes. in: @routes, @as_of, @known_at. out: measures in metres.
SELECT r.id, r.route_id, r.code, r.name, r.level, r.from_m, r.to_m, r.bank_scope, r.start_place, r.end_place, r.division_id
FROM hetu.reach_version r
WHERE r.route_id = ANY (@routes::bigint[]) AND r.valid @> @as_of::date AND r.recorded @> @known_at::timestamptz
ORDER BY r.level, r.from_m, r.id
