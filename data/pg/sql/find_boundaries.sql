-- find_boundaries: the boundary lines of rivers given by natural key that hold on a day, without those that were withdrawn or replaced.
-- in: @words, @as_of. out: LineString, EPSG:4490.
SELECT k.key, r.key AS river, rt.key AS route, v.bank, v.status, v.from_m, v.to_m, v.basis_kind, v.geom
FROM hetu.river r JOIN hetu.boundary_version v ON v.river_id = r.id JOIN hetu.boundary k ON k.id = v.id LEFT JOIN hetu.route rt ON rt.id = v.route_id
WHERE r.key = ANY (@words::text[]) AND v.valid @> @as_of::date AND upper_inf(v.recorded) AND v.status NOT IN ('superseded', 'withdrawn') ORDER BY v.id
