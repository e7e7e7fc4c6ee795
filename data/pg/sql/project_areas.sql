-- project_areas: announced management areas beside a range of a route that were derived from lines, in force on a day or from a later one. in: @route, @from_m,
-- @to_m, @from (the day). out: each with the days of the row; MultiPolygon, EPSG:4490.
SELECT a.id, k.key, a.name, a.river_id, a.division_id, a.legal_doc_id, a.area_m2, a.project_id, a.from_m, a.to_m, lower(a.valid) AS valid_from, upper(a.valid) AS valid_to, a.geom
FROM hetu.area_version a
JOIN hetu.area k ON k.id = a.id
WHERE a.route_id = @route::bigint AND a.project_id IS NOT NULL AND upper_inf(a.recorded) AND a.status = 'announced' AND a.valid && daterange(@from::date, NULL)
    AND a.from_m < @to_m::float8 AND a.to_m > @from_m::float8
ORDER BY a.id, lower(a.valid)
