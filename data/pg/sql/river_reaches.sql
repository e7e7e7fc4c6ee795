-- river_reaches: the reaches of a river by level, from the mouth up, with a point on each. in: @id, @as_of, @known_at. EPSG:4490.
SELECT r.id, r.route_id, r.code, r.name, r.level, r.from_m, r.to_m, r.bank_scope, r.start_place, r.end_place, r.division_id,
    d.name AS division_name, d.name_en AS division_name_en, d.code AS division_code,
    ST_X(ST_LineInterpolatePoint(r.geom, 0.5)) AS lon, ST_Y(ST_LineInterpolatePoint(r.geom, 0.5)) AS lat
FROM hetu.reach_version r
JOIN hetu.division_version d ON d.id = r.division_id AND d.valid @> @as_of::date AND d.recorded @> @known_at::timestamptz
WHERE r.river_id = @id::bigint AND r.valid @> @as_of::date AND r.recorded @> @known_at::timestamptz
ORDER BY r.level, r.from_m, r.id
