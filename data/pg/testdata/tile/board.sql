-- tile_board: notice boards to draw. in: @west, @south, @east, @north (degrees, EPSG:4490), @zoom, @as_of. out: id, rank (the
-- first zoom it is drawn at), geom Point EPSG:4490, then the fields of the tile layer in the catalogue's order.
SELECT b.id, k.rank, b.geom, b.code, b.level, b.state, b.bank, b.site_text AS site, d.name AS division,
    to_char(b.installed_on, 'YYYY-MM-DD') AS installed_on, to_char(b.content_date, 'YYYY-MM-DD') AS content_date
FROM board_version b
LEFT JOIN division_version d ON d.id = b.division_id AND d.valid @> @as_of::date AND d.recorded @> 'infinity'::timestamptz
CROSS JOIN LATERAL (SELECT CASE WHEN b.level <= 3 THEN 10 WHEN b.level = 4 THEN 11 ELSE 12 END AS rank) k
WHERE b.geom && st_makeenvelope(@west::float8, @south::float8, @east::float8, @north::float8, 4490)
    AND b.valid @> @as_of::date AND b.recorded @> 'infinity'::timestamptz AND k.rank <= @zoom::int
ORDER BY k.rank, b.id
