-- tile_outfall: outfalls to draw, for the office. in: @west, @south, @east, @north (degrees, EPSG:4490), @zoom, @as_of. out: id,
-- rank (the first zoom it is drawn at), geom Point EPSG:4490, then the fields of the tile layer in the catalogue's order.
SELECT o.id, k.rank, o.geom, o.code, o.name, o.kind, o.approval, o.monitored, o.bank, v.name AS river
FROM outfall_version o
LEFT JOIN river_version v ON v.id = o.river_id AND v.valid @> @as_of::date AND v.recorded @> 'infinity'::timestamptz
CROSS JOIN LATERAL (SELECT 10 AS rank) k
WHERE o.geom && st_makeenvelope(@west::float8, @south::float8, @east::float8, @north::float8, 4490)
    AND o.valid @> @as_of::date AND o.recorded @> 'infinity'::timestamptz AND k.rank <= @zoom::int
ORDER BY k.rank, o.id
