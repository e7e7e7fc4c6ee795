-- find_routes: the routes in force of rivers given by natural key. in: @words, @as_of. out: LineStringM, EPSG:4490.
SELECT k.key, r.key AS river, v.geom FROM hetu.river r JOIN hetu.route_version v ON v.river_id = r.id JOIN hetu.route k ON k.id = v.id
WHERE r.key = ANY (@words::text[]) AND v.valid @> @as_of::date AND upper_inf(v.recorded) ORDER BY v.id
