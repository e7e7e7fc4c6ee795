-- cover_posts: the posts of reaches and of rivers as wholes, each with who holds it on the day. in: @reaches, @rivers, @as_of, @known_at.
-- out: held: by somebody; acting: by an acting chief.
SELECT p.id, p.level, p.role, p.reach_id, p.river_id, a.post_id IS NOT NULL AS held, coalesce(a.acting, false) AS acting
FROM hetu.post_version p
LEFT JOIN hetu.appointment_version a ON a.post_id = p.id AND a.valid @> @as_of::date AND a.recorded @> @known_at::timestamptz
WHERE (p.reach_id = ANY (@reaches::bigint[]) OR p.river_id = ANY (@rivers::bigint[])) AND p.valid @> @as_of::date AND p.recorded @> @known_at::timestamptz
ORDER BY p.id
