-- duty_areas: rivers whose announced management area holds a position. in: @lon, @lat in degrees, @as_of, @known_at.
SELECT DISTINCT a.river_id FROM hetu.area_version a
WHERE a.status = 'announced' AND ST_Intersects(a.geom, ST_SetSRID(ST_MakePoint(@lon::float8, @lat::float8), 4490))
    AND a.valid @> @as_of::date AND a.recorded @> @known_at::timestamptz
ORDER BY a.river_id
