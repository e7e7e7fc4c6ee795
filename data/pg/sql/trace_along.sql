-- trace_along: the rivers that routes are of. in: @routes, @as_of, @known_at. out: routes of no river are left out.
SELECT rt.id AS route_id, rv.id, rv.name, rv.name_en, rv.code
FROM hetu.route_version rt
JOIN hetu.river_version rv ON rv.id = rt.river_id AND rv.valid @> @as_of::date AND rv.recorded @> @known_at::timestamptz
WHERE rt.id = ANY (@routes::bigint[]) AND rt.valid @> @as_of::date AND rt.recorded @> @known_at::timestamptz
ORDER BY rt.id
