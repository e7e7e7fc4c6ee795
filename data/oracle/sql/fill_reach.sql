-- fill_reach: reaches, flat. in: @as_of. into hetu_oracle.reach(id, rank smallint: by its level, and never before the
-- rivers of its order; geom LineString EPSG:3857, then the fields of the tile layer).
INSERT INTO hetu_oracle.reach
WITH chief AS MATERIALIZED (
    SELECT DISTINCT p.reach_id AS id FROM hetu.post_version p
    JOIN hetu.appointment_version a ON a.post_id = p.id AND a.valid @> @as_of::date AND a.recorded @> 'infinity'::timestamptz
    WHERE p.reach_id IS NOT NULL AND p.role IN ('chief', 'lake_chief', 'reservoir_chief') AND p.valid @> @as_of::date AND p.recorded @> 'infinity'::timestamptz
), board AS MATERIALIZED (
    SELECT DISTINCT unnest(b.reach_ids) AS id FROM hetu.board_version b WHERE b.valid @> @as_of::date AND b.recorded @> 'infinity'::timestamptz
), bounded AS MATERIALIZED (
    SELECT DISTINCT r.id FROM hetu.reach_version r JOIN hetu.boundary_version b ON b.route_id = r.route_id
    WHERE b.status = 'announced' AND (r.bank_scope = 'both' OR r.bank_scope = b.bank)
        AND coalesce(b.from_m, '-infinity') < r.to_m AND coalesce(b.to_m, 'infinity') > r.from_m
        AND b.valid @> @as_of::date AND b.recorded @> 'infinity'::timestamptz
), plan AS MATERIALIZED (
    SELECT p.reach_id, p.river_id FROM hetu.plan_version p
    WHERE p.status IN ('approved', 'in_force') AND p.valid @> @as_of::date AND p.recorded @> 'infinity'::timestamptz
)
SELECT r.id, greatest(
        CASE r.level WHEN 1 THEN 9 WHEN 2 THEN 9 WHEN 3 THEN 10 WHEN 4 THEN 11 ELSE 12 END,
        CASE v.stream_order WHEN 1 THEN 12 WHEN 2 THEN 10 ELSE 9 END)::smallint AS rank,
    st_transform(st_setsrid(st_force2d(r.geom), 4326), 3857) AS geom,
    r.code, r.name, v.name AS river, r.river_id, r.level, d.name AS division, d.code AS division_code, r.bank_scope,
    chief.id IS NOT NULL AS has_chief, board.id IS NOT NULL AS has_board,
    bounded.id IS NOT NULL AS has_boundary,
    (r.id IN (SELECT p.reach_id FROM plan p WHERE p.reach_id IS NOT NULL)
        OR r.river_id IN (SELECT p.river_id FROM plan p WHERE p.river_id IS NOT NULL)) AS has_plan
FROM hetu.reach_version r
LEFT JOIN hetu.river_version v ON v.id = r.river_id AND v.valid @> @as_of::date AND v.recorded @> 'infinity'::timestamptz
LEFT JOIN hetu.division_version d ON d.id = r.division_id AND d.valid @> @as_of::date AND d.recorded @> 'infinity'::timestamptz
LEFT JOIN chief ON chief.id = r.id
LEFT JOIN board ON board.id = r.id
LEFT JOIN bounded ON bounded.id = r.id
WHERE r.valid @> @as_of::date AND r.recorded @> 'infinity'::timestamptz
