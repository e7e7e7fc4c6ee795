-- stale_boundaries: the announced management boundaries along routes over time, each with the hash of its geometry. in: @routes, @known_at.
-- out: metres; NULL: to the route's end.
SELECT b.route_id, b.bank, b.from_m, b.to_m, b.geom_sha256 AS hash, lower(b.valid) AS valid_from, upper(b.valid) AS valid_to
FROM hetu.boundary_version b
WHERE b.route_id = ANY (@routes::bigint[]) AND b.status = 'announced' AND b.geom_sha256 IS NOT NULL AND b.recorded @> @known_at::timestamptz
ORDER BY b.id, lower(b.valid) NULLS FIRST
