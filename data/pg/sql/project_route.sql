-- project_route: a route as it stands. in: @route, @as_of. out: geometry LineStringM, EPSG:4490.
SELECT rt.geom FROM hetu.route_version rt WHERE rt.id = @route::bigint AND upper_inf(rt.recorded) AND rt.valid @> @as_of::date
