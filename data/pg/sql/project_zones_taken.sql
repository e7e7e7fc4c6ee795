-- project_zones_taken: the ids of the zones that a river has or is to have besides those of a project, with the ranges that they lie beside on its route. in: @river,
-- @route, @project, @from_m, @to_m. What lies wholly within the range is given by none: the project's zones take its place.
SELECT v.side, v.regionid, CASE WHEN v.route_id = @route::bigint THEN v.from_m END AS from_m, CASE WHEN v.route_id = @route THEN v.to_m END AS to_m
FROM hetu.zone_version v
WHERE v.river_id = @river::bigint AND upper_inf(v.recorded) AND upper_inf(v.valid) AND v.project_id IS DISTINCT FROM @project::bigint
    AND NOT EXISTS (SELECT FROM hetu.project_version p WHERE p.id = v.project_id AND upper_inf(p.recorded) AND p.status = 'withdrawn')
    AND (v.route_id = @route AND v.from_m >= @from_m::float8 - 0.01 AND v.to_m <= @to_m::float8 + 0.01) IS NOT TRUE
ORDER BY v.side, v.regionid
