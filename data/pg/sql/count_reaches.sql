-- count_reaches: reaches of a division and everything below it by level, and those without any chief or acting chief.
-- in: @division (empty: all), @as_of, @known_at.
WITH RECURSIVE d AS (SELECT v.id, v.code, v.parent_id FROM hetu.division_version v WHERE v.valid @> @as_of::date AND v.recorded @> @known_at::timestamptz),
down AS (SELECT * FROM d WHERE d.code = @division::text OR @division = '' UNION SELECT d.* FROM d JOIN down ON d.parent_id = down.id)
SELECT r.level, count(*)::int AS count, count(*) FILTER (WHERE NOT EXISTS (
        SELECT FROM hetu.post_version p JOIN hetu.appointment_version a ON a.post_id = p.id AND a.valid @> @as_of::date AND a.recorded @> @known_at::timestamptz
        WHERE p.reach_id = r.id AND p.role IN ('chief', 'lake_chief', 'reservoir_chief') AND p.valid @> @as_of::date AND p.recorded @> @known_at::timestamptz))::int AS uncovered,
    array_agg(DISTINCT r.source ORDER BY r.source) AS sources
FROM hetu.reach_version r
WHERE (@division = '' OR r.division_id IN (SELECT id FROM down)) AND r.valid @> @as_of::date AND r.recorded @> @known_at::timestamptz
GROUP BY r.level ORDER BY r.level
