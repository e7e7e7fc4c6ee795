-- trace_near: the routes whose line enters a box. in: @west, @south, @east, @north in degrees, @as_of, @known_at.
-- out: LineStringM, EPSG:4490, downstream.
SELECT rt.id, rt.geom FROM hetu.route_version rt
WHERE rt.geom && ST_MakeEnvelope(@west::float8, @south::float8, @east::float8, @north::float8, 4490)
    AND rt.valid @> @as_of::date AND rt.recorded @> @known_at::timestamptz
ORDER BY rt.id
