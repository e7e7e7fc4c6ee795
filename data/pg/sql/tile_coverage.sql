-- tile_coverage: what each tile layer has on a day. in: @as_of. out: layer, count, box as text (BOX(w s,e n), degrees,
-- EPSG:4490; NULL when there is nothing). As text: hetu_ro may not call what takes a box apart.
SELECT 'board' AS layer, count(*) AS count, st_extent(geom)::text AS box FROM board_version WHERE valid @> @as_of::date AND recorded @> 'infinity'::timestamptz
UNION ALL SELECT 'boundary', count(*), st_extent(geom)::text FROM boundary_version WHERE status = 'announced' AND valid @> @as_of::date AND recorded @> 'infinity'::timestamptz
UNION ALL SELECT 'division', count(*), st_extent(geom)::text FROM division_version WHERE geom IS NOT NULL AND valid @> @as_of::date AND recorded @> 'infinity'::timestamptz
UNION ALL SELECT 'outfall', count(*), st_extent(geom)::text FROM outfall_version WHERE valid @> @as_of::date AND recorded @> 'infinity'::timestamptz
UNION ALL SELECT 'reach', count(*), st_extent(geom)::text FROM reach_version WHERE valid @> @as_of::date AND recorded @> 'infinity'::timestamptz
UNION ALL SELECT 'river', count(*), st_extent(o.geom)::text FROM route_version o WHERE o.valid @> @as_of::date AND o.recorded @> 'infinity'::timestamptz
    AND (o.river_id IS NULL OR EXISTS (SELECT FROM river_version v WHERE v.id = o.river_id AND v.valid @> @as_of::date AND v.recorded @> 'infinity'::timestamptz))
UNION ALL SELECT 'section', count(*), st_extent(geom)::text FROM section_version WHERE valid @> @as_of::date AND recorded @> 'infinity'::timestamptz
