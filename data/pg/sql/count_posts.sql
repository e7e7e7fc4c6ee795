-- count_posts: posts, and the persons that hold them, by level and role. A post belongs where its reach, river or division does.
-- in: @division (empty: all), @as_of, @known_at.
WITH RECURSIVE d AS (SELECT v.id, v.code, v.parent_id FROM hetu.division_version v WHERE v.valid @> @as_of::date AND v.recorded @> @known_at::timestamptz),
down AS (SELECT * FROM d WHERE d.code = @division::text OR @division = '' UNION SELECT d.* FROM d JOIN down ON d.parent_id = down.id)
SELECT p.level, p.role AS kind, count(DISTINCT p.id)::int AS posts, count(DISTINCT a.person_id)::int AS persons, array_agg(DISTINCT p.source ORDER BY p.source) AS sources
FROM hetu.post_version p
LEFT JOIN hetu.appointment_version a ON a.post_id = p.id AND a.valid @> @as_of::date AND a.recorded @> @known_at::timestamptz
LEFT JOIN hetu.reach_version r ON r.id = p.reach_id AND r.valid @> @as_of::date AND r.recorded @> @known_at::timestamptz
LEFT JOIN hetu.river_version v ON v.id = p.river_id AND v.valid @> @as_of::date AND v.recorded @> @known_at::timestamptz
WHERE (@division = '' OR coalesce(p.division_id, r.division_id, v.division_id) IN (SELECT id FROM down)) AND p.valid @> @as_of::date AND p.recorded @> @known_at::timestamptz
GROUP BY p.level, p.role ORDER BY p.level, p.role
