-- tile_reach: reaches to draw. in: @west, @south, @east, @north (degrees, EPSG:4490), @zoom, @as_of. out: id, rank (the first
-- zoom it is drawn at: by its level, and never before the rivers of its order), geom LineString EPSG:4490, then the fields of
-- the tile layer in the catalogue's order. The flags are asked only of what is drawn.
SELECT r.id, k.rank, r.geom, r.code, r.name, v.name AS river, r.river_id, r.level, d.name AS division, d.code AS division_code, r.bank_scope,
    EXISTS (SELECT FROM post_version p JOIN appointment_version a ON a.post_id = p.id AND a.valid @> @as_of::date AND a.recorded @> 'infinity'::timestamptz
        WHERE p.reach_id = r.id AND p.role IN ('chief', 'lake_chief', 'reservoir_chief') AND p.valid @> @as_of::date AND p.recorded @> 'infinity'::timestamptz) AS has_chief,
    EXISTS (SELECT FROM board_version b WHERE b.reach_ids @> ARRAY[r.id] AND b.valid @> @as_of::date AND b.recorded @> 'infinity'::timestamptz) AS has_board,
    EXISTS (SELECT FROM boundary_version b WHERE b.route_id = r.route_id AND b.status = 'announced' AND (r.bank_scope = 'both' OR r.bank_scope = b.bank)
        AND coalesce(b.from_m, '-infinity') < r.to_m AND coalesce(b.to_m, 'infinity') > r.from_m
        AND b.valid @> @as_of::date AND b.recorded @> 'infinity'::timestamptz) AS has_boundary,
    EXISTS (SELECT FROM plan_version p WHERE (p.reach_id = r.id OR p.river_id = r.river_id) AND p.status IN ('approved', 'in_force')
        AND p.valid @> @as_of::date AND p.recorded @> 'infinity'::timestamptz) AS has_plan
FROM reach_version r
LEFT JOIN river_version v ON v.id = r.river_id AND v.valid @> @as_of::date AND v.recorded @> 'infinity'::timestamptz
LEFT JOIN division_version d ON d.id = r.division_id AND d.valid @> @as_of::date AND d.recorded @> 'infinity'::timestamptz
CROSS JOIN LATERAL (SELECT greatest(
    CASE r.level WHEN 1 THEN 9 WHEN 2 THEN 9 WHEN 3 THEN 10 WHEN 4 THEN 11 ELSE 12 END,
    CASE v.stream_order WHEN 1 THEN 12 WHEN 2 THEN 10 ELSE 9 END) AS rank) k
WHERE r.geom && st_makeenvelope(@west::float8, @south::float8, @east::float8, @north::float8, 4490)
    AND r.valid @> @as_of::date AND r.recorded @> 'infinity'::timestamptz AND k.rank <= @zoom::int
ORDER BY k.rank, r.id
