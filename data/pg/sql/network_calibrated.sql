-- network_calibrated: the lines of the calibrated routes of a day, whose measures are no lengths. in: @as_of, @known_at.
-- out: LineStringM, EPSG:4490.
SELECT o.id, o.geom FROM hetu.route_version o
WHERE o.calibrated AND o.valid @> @as_of::date AND o.recorded @> @known_at::timestamptz
ORDER BY o.id
