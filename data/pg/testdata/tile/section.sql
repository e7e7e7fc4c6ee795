-- tile_section: water quality sections to draw. in: @west, @south, @east, @north (degrees, EPSG:4490), @zoom, @as_of. out: id,
-- rank (the first zoom it is drawn at), geom Point EPSG:4490, then the fields of the tile layer in the catalogue's order.
SELECT s.id, k.rank, s.geom, s.code, s.name, s.kind, s.target_class AS target, v.name AS river, d.name AS division
FROM section_version s
LEFT JOIN river_version v ON v.id = s.river_id AND v.valid @> @as_of::date AND v.recorded @> 'infinity'::timestamptz
LEFT JOIN division_version d ON d.id = s.assess_division_id AND d.valid @> @as_of::date AND d.recorded @> 'infinity'::timestamptz
CROSS JOIN LATERAL (SELECT CASE s.kind WHEN 'national' THEN 8 WHEN 'provincial' THEN 9 WHEN 'city' THEN 10 ELSE 11 END AS rank) k
WHERE s.geom && st_makeenvelope(@west::float8, @south::float8, @east::float8, @north::float8, 4490)
    AND s.valid @> @as_of::date AND s.recorded @> 'infinity'::timestamptz AND k.rank <= @zoom::int
ORDER BY k.rank, s.id
