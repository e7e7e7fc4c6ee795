-- roster_routes: the present record of routes that belong to a river. in: @ids; without the lines marked "of ids", all. out: LineStringM, EPSG:4490, downstream.
SELECT v.id, v.river_id, lower(v.valid) AS valid_from, upper(v.valid) AS valid_to, v.geom
FROM hetu.route_version v
WHERE v.river_id IS NOT NULL AND upper_inf(v.recorded)
    AND v.id = ANY (@ids::bigint[]) -- of ids
