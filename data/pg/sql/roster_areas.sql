-- roster_areas: the present record of announced management areas. in: @ids; without the lines marked "of ids", all. out: MultiPolygon, EPSG:4490.
SELECT v.id, v.river_id, lower(v.valid) AS valid_from, upper(v.valid) AS valid_to, v.geom
FROM hetu.area_version v
WHERE v.status = 'announced' AND upper_inf(v.recorded)
    AND v.id = ANY (@ids::bigint[]) -- of ids
