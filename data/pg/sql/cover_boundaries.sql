-- cover_boundaries: where announced management boundaries run along routes. in: @routes, @as_of, @known_at. out: metres; NULL: to the route's end.
SELECT b.route_id, b.bank, b.from_m, b.to_m
FROM hetu.boundary_version b
WHERE b.route_id = ANY (@routes::bigint[]) AND b.status = 'announced' AND b.valid @> @as_of::date AND b.recorded @> @known_at::timestamptz
ORDER BY b.id
