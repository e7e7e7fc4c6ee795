-- tile_river: routes to draw as rivers; one that belongs to no river is drawn without a name, one whose river is not in force
-- is not drawn. in: @west, @south, @east, @north (degrees, EPSG:4490), @zoom, @as_of. out: id of the route, rank (the first
-- zoom it is drawn at: by basin area, Strahler order or the highest level that manages it, whichever says most), geom
-- LineStringM EPSG:4490, then the fields of the tile layer in the catalogue's order.
SELECT o.id, k.rank, o.geom, v.code, v.name, v.name_en, o.river_id, v.river_kind,
    (SELECT string_agg(l::text, ',' ORDER BY l) FROM unnest(v.managing_levels) AS l) AS levels,
    v.perennial, s.strahler AS "order", d.name AS flows_into
FROM route_version o
LEFT JOIN river_version v ON v.id = o.river_id AND v.valid @> @as_of::date AND v.recorded @> 'infinity'::timestamptz
LEFT JOIN river_version d ON d.id = v.flows_into_id AND d.valid @> @as_of::date AND d.recorded @> 'infinity'::timestamptz
CROSS JOIN LATERAL (SELECT greatest(v.stream_order, o.stream_order) AS strahler) s
CROSS JOIN LATERAL (SELECT least(
    CASE WHEN v.basin_area_km2 >= 200000 THEN 4 WHEN v.basin_area_km2 >= 50000 THEN 5 WHEN v.basin_area_km2 >= 10000 THEN 6
        WHEN v.basin_area_km2 >= 3000 THEN 7 WHEN v.basin_area_km2 >= 1000 THEN 8 WHEN v.basin_area_km2 >= 200 THEN 9 WHEN v.basin_area_km2 >= 50 THEN 10 WHEN v.basin_area_km2 >= 10 THEN 11 END,
    CASE WHEN s.strahler >= 8 THEN 4 WHEN s.strahler = 7 THEN 5 WHEN s.strahler = 6 THEN 6 WHEN s.strahler = 5 THEN 7
        WHEN s.strahler = 4 THEN 8 WHEN s.strahler = 3 THEN 9 WHEN s.strahler = 2 THEN 10 END,
    CASE WHEN 1 = ANY (v.managing_levels) THEN 7 WHEN 2 = ANY (v.managing_levels) THEN 8 WHEN 3 = ANY (v.managing_levels) THEN 9
        WHEN 4 = ANY (v.managing_levels) THEN 10 END,
    CASE WHEN o.river_id IS NULL THEN 12 ELSE 10 END) AS rank) k
WHERE o.geom && st_makeenvelope(@west::float8, @south::float8, @east::float8, @north::float8, 4490)
    AND o.valid @> @as_of::date AND o.recorded @> 'infinity'::timestamptz AND (o.river_id IS NULL OR v.id IS NOT NULL) AND k.rank <= @zoom::int
ORDER BY k.rank, o.id
