-- count_reaches: reaches of a division and everything below it by level and source, those without any chief or acting chief, and those that a
-- board of their level names. in: @division (empty: all), @as_of, @known_at.
WITH RECURSIVE d AS (SELECT v.id, v.code, v.parent_id FROM hetu.division_version v WHERE v.valid @> @as_of::date AND v.recorded @> @known_at::timestamptz),
down AS (SELECT * FROM d WHERE d.code = @division::text OR @division = '' UNION SELECT d.* FROM d JOIN down ON d.parent_id = down.id),
mine AS MATERIALIZED (
    SELECT r.id, r.level, r.source FROM hetu.reach_version r
    WHERE (@division = '' OR r.division_id IN (SELECT id FROM down)) AND r.valid @> @as_of::date AND r.recorded @> @known_at::timestamptz
),
served AS MATERIALIZED (
    SELECT DISTINCT p.reach_id FROM hetu.post_version p
    JOIN hetu.appointment_version a ON a.post_id = p.id AND a.valid @> @as_of::date AND a.recorded @> @known_at::timestamptz
    WHERE p.reach_id IS NOT NULL AND (@division = '' OR p.reach_id IN (SELECT id FROM mine)) AND p.role IN ('chief', 'lake_chief', 'reservoir_chief')
        AND p.valid @> @as_of::date AND p.recorded @> @known_at::timestamptz
),
boarded AS MATERIALIZED (
    SELECT DISTINCT n.id, b.level FROM hetu.board_version b CROSS JOIN LATERAL unnest(b.reach_ids) AS n (id)
    WHERE (@division = '' OR b.reach_ids && (SELECT array_agg(id) FROM mine)) AND b.valid @> @as_of::date AND b.recorded @> @known_at::timestamptz
)
SELECT m.level, m.source, count(*)::int AS count, (count(*) - count(s.reach_id))::int AS uncovered, count(b.id)::int AS boarded
FROM mine m
LEFT JOIN served s ON s.reach_id = m.id
LEFT JOIN boarded b ON b.id = m.id AND b.level = m.level
GROUP BY m.level, m.source ORDER BY m.level, m.source
