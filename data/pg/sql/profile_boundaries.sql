-- profile_boundaries: the announced management boundaries of a river. in: @id, @as_of, @known_at.
-- out: measures in metres where they are stored, and the ends of the line in degrees, EPSG:4490.
SELECT b.id, b.name, b.bank, b.basis_kind AS basis, b.route_id, b.from_m, b.to_m,
    ST_X(ST_StartPoint(b.geom)) AS start_lon, ST_Y(ST_StartPoint(b.geom)) AS start_lat, ST_X(ST_EndPoint(b.geom)) AS end_lon, ST_Y(ST_EndPoint(b.geom)) AS end_lat
FROM hetu.boundary_version b
WHERE b.river_id = @id::bigint AND b.status = 'announced' AND b.valid @> @as_of::date AND b.recorded @> @known_at::timestamptz
ORDER BY b.id
