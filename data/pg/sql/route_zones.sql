-- route_zones: shoreline zones that projects announced beside a route, in force on a day or from a later one. in: @route, @project, @own (those of the project; else
-- those of all others), @from (the day). out: each with the days of the row and its project; MultiPolygon, EPSG:4490.
SELECT v.id, k.key, v.type, v.regionid, v.side, v.basis, v.restraints, v.from_m, v.to_m, v.len_km, v.area_m2, v.start_lon, v.start_lat, v.end_lon, v.end_lat,
    lower(v.valid) AS valid_from, upper(v.valid) AS valid_to, lower(v.recorded) AS written_at, v.project_id, v.river_id, v.geom
FROM hetu.zone_version v
JOIN hetu.zone k ON k.id = v.id
WHERE v.route_id = @route::bigint AND v.project_id IS NOT NULL AND (v.project_id = @project::bigint) = @own::boolean AND upper_inf(v.recorded) AND v.valid && daterange(@from::date, NULL)
    AND hetu.announced_project(v.project_id, 'infinity', 'infinity') AND v.from_m IS NOT NULL AND v.to_m IS NOT NULL
ORDER BY v.id, lower(v.valid)
