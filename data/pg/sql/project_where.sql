-- project_where: the route that a project is made on, and whether its river and divisions are there. in: @river, @route (0: the river's longest that holds
-- the range), @divisions, @as_of. out: routes of the river, the longest first, each with how many of the divisions are known; geometry LineStringM, EPSG:4490.
SELECT rt.id, rt.geom, rv.name AS river_name, (SELECT count(DISTINCT d.id) FROM hetu.division_version d WHERE d.id = ANY (@divisions::bigint[]) AND upper_inf(d.recorded) AND d.valid @> @as_of::date) AS divisions
FROM hetu.route_version rt
JOIN hetu.river_version rv ON rv.id = rt.river_id AND upper_inf(rv.recorded) AND rv.valid @> @as_of::date
WHERE rt.river_id = @river::bigint AND (@route::bigint = 0 OR rt.id = @route) AND upper_inf(rt.recorded) AND rt.valid @> @as_of::date
ORDER BY rt.length_m DESC, rt.id
