-- tile_division: divisions to draw. in: @west, @south, @east, @north (degrees, EPSG:4490), @zoom, @as_of. out: id, rank (the
-- first zoom it is drawn at), geom MultiPolygon EPSG:4490, then the fields of the tile layer in the catalogue's order.
SELECT d.id, k.rank, d.geom, d.code, d.name, d.name_en, d.level, d.kind
FROM division_version d
CROSS JOIN LATERAL (SELECT CASE d.level WHEN 1 THEN 0 WHEN 2 THEN 4 WHEN 3 THEN 6 WHEN 4 THEN 9 WHEN 5 THEN 11 ELSE 12 END AS rank) k
WHERE d.geom && st_makeenvelope(@west::float8, @south::float8, @east::float8, @north::float8, 4490)
    AND d.valid @> @as_of::date AND d.recorded @> 'infinity'::timestamptz AND k.rank <= @zoom::int
ORDER BY k.rank, d.id
