-- fill_river: routes as rivers, flat; one that belongs to no river has no name, one whose river is not in force is left out.
-- in: @as_of. into hetu_oracle.river(id of the route, rank smallint: by basin area, Strahler order or the highest level
-- that manages it, whichever says most; geom LineString EPSG:3857, then the fields of the tile layer).
INSERT INTO hetu_oracle.river
SELECT o.id, k.rank, st_transform(st_setsrid(st_force2d(o.geom), 4326), 3857) AS geom, v.code, v.name, v.name_en, o.river_id, v.river_kind,
    (SELECT string_agg(l::text, ',' ORDER BY l) FROM unnest(v.managing_levels) AS l) AS levels,
    v.perennial, s.strahler AS "order", d.name AS flows_into
FROM hetu.route_version o
LEFT JOIN hetu.river_version v ON v.id = o.river_id AND v.valid @> @as_of::date AND v.recorded @> 'infinity'::timestamptz
LEFT JOIN hetu.river_version d ON d.id = v.flows_into_id AND d.valid @> @as_of::date AND d.recorded @> 'infinity'::timestamptz
CROSS JOIN LATERAL (SELECT greatest(v.stream_order, o.stream_order) AS strahler) s
CROSS JOIN LATERAL (SELECT least(
    CASE WHEN v.basin_area_km2 >= 200000 THEN 4 WHEN v.basin_area_km2 >= 50000 THEN 5 WHEN v.basin_area_km2 >= 10000 THEN 6
        WHEN v.basin_area_km2 >= 3000 THEN 7 WHEN v.basin_area_km2 >= 1000 THEN 8 WHEN v.basin_area_km2 >= 200 THEN 9
        WHEN v.basin_area_km2 >= 50 THEN 10 WHEN v.basin_area_km2 >= 10 THEN 11 END,
    CASE WHEN s.strahler >= 8 THEN 4 WHEN s.strahler = 7 THEN 5 WHEN s.strahler = 6 THEN 6 WHEN s.strahler = 5 THEN 7
        WHEN s.strahler = 4 THEN 8 WHEN s.strahler = 3 THEN 9 WHEN s.strahler = 2 THEN 10 END,
    CASE WHEN 1 = ANY (v.managing_levels) THEN 7 WHEN 2 = ANY (v.managing_levels) THEN 8 WHEN 3 = ANY (v.managing_levels) THEN 9
        WHEN 4 = ANY (v.managing_levels) THEN 10 END,
    CASE WHEN o.river_id IS NULL THEN 12 ELSE 10 END)::smallint AS rank) k
WHERE o.valid @> @as_of::date AND o.recorded @> 'infinity'::timestamptz AND (o.river_id IS NULL OR v.id IS NOT NULL)
