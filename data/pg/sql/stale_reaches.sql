-- stale_reaches: reaches over time, each span with the name that its river had. in: @reaches, @known_at. out: measures in metres.
SELECT r.id, r.river_id, r.route_id, r.level, r.from_m, r.to_m, r.bank_scope, r.division_id, v.name AS river, r.name, r.start_place, r.end_place,
    lower(r.valid * v.valid) AS valid_from, upper(r.valid * v.valid) AS valid_to
FROM hetu.reach_version r
JOIN hetu.river_version v ON v.id = r.river_id AND v.valid && r.valid AND v.recorded @> @known_at::timestamptz
WHERE r.id = ANY (@reaches::bigint[]) AND r.recorded @> @known_at::timestamptz
ORDER BY r.id, lower(r.valid * v.valid) NULLS FIRST
