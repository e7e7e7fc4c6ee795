-- count_posts: posts by level, role and source, and how many of them somebody holds, regular or acting. A post belongs where its reach, river or
-- division does. in: @division (empty: all), @as_of, @known_at.
WITH RECURSIVE d AS (SELECT v.id, v.code, v.parent_id FROM hetu.division_version v WHERE v.valid @> @as_of::date AND v.recorded @> @known_at::timestamptz),
down AS (SELECT * FROM d WHERE d.code = @division::text OR @division = '' UNION SELECT d.* FROM d JOIN down ON d.parent_id = down.id)
SELECT p.level, p.role AS kind, p.source, count(*)::int AS posts, count(a.post_id)::int AS held, count(*) FILTER (WHERE a.acting)::int AS acting
FROM hetu.post_version p
LEFT JOIN hetu.appointment_version a ON a.post_id = p.id AND a.valid @> @as_of::date AND a.recorded @> @known_at::timestamptz
WHERE (@division = '' OR p.division_id IN (SELECT id FROM down)
    OR p.reach_id IN (SELECT r.id FROM hetu.reach_version r WHERE r.division_id IN (SELECT id FROM down) AND r.valid @> @as_of::date AND r.recorded @> @known_at::timestamptz)
    OR p.river_id IN (SELECT v.id FROM hetu.river_version v WHERE v.division_id IN (SELECT id FROM down) AND v.valid @> @as_of::date AND v.recorded @> @known_at::timestamptz))
    AND p.valid @> @as_of::date AND p.recorded @> @known_at::timestamptz
GROUP BY p.level, p.role, p.source ORDER BY p.level, p.role, p.source
