-- trace_lines: the lines of routes. in: @routes, @as_of, @known_at. out: LineStringM, EPSG:4490, downstream.
SELECT rt.id, rt.geom FROM hetu.route_version rt
WHERE rt.id = ANY (@routes::bigint[]) AND rt.valid @> @as_of::date AND rt.recorded @> @known_at::timestamptz
ORDER BY rt.id
