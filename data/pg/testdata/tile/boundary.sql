-- tile_boundary: announced boundaries to draw; drafts never enter a tile. in: @west, @south, @east, @north (degrees,
-- EPSG:4490), @zoom, @as_of. out: id, rank (the first zoom it is drawn at), geom LineString EPSG:4490, then the fields of the
-- tile layer in the catalogue's order.
SELECT b.id, k.rank, b.geom, b.name, v.name AS river, b.bank, b.basis_kind AS basis, b.status, b.version,
    CASE WHEN lower_inf(b.valid) THEN NULL ELSE to_char(lower(b.valid), 'YYYY-MM-DD') END AS effective
FROM boundary_version b
LEFT JOIN river_version v ON v.id = b.river_id AND v.valid @> @as_of::date AND v.recorded @> 'infinity'::timestamptz
CROSS JOIN LATERAL (SELECT 11 AS rank) k
WHERE b.geom && st_makeenvelope(@west::float8, @south::float8, @east::float8, @north::float8, 4490)
    AND b.status = 'announced' AND b.valid @> @as_of::date AND b.recorded @> 'infinity'::timestamptz AND k.rank <= @zoom::int
ORDER BY k.rank, b.id
