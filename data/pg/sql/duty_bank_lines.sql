-- duty_bank_lines: bank lines of rivers that enter a box. in: @rivers, the box in degrees, @as_of, @known_at. out: LineStringZ, EPSG:4490.
SELECT b.river_id, b.bank, b.geom FROM hetu.bank_line_version b
WHERE b.kind = 'bank' AND b.river_id = ANY (@rivers::bigint[])
    AND b.geom && ST_MakeEnvelope(@west::float8, @south::float8, @east::float8, @north::float8, 4490)
    AND b.valid @> @as_of::date AND b.recorded @> @known_at::timestamptz
ORDER BY b.id
