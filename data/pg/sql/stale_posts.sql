-- stale_posts: posts of reaches, rivers and divisions over time, a row for each appointment ever known of (at @known_at), or one without.
-- The person's name is the one of the appointment's time, else the latest known. in: @reaches, @rivers, @divisions, @known_at.
SELECT p.row_id, p.id, p.level, p.role, p.dual_role, p.title, p.phone_public, p.reach_id, p.river_id, p.division_id,
    lower(p.valid) AS post_from, upper(p.valid) AS post_to,
    a.person_id, pv.name AS person, a.position, a.acting, lower(a.valid) AS valid_from, upper(a.valid) AS valid_to
FROM hetu.post_version p
LEFT JOIN hetu.appointment_version a ON a.post_id = p.id AND a.recorded @> @known_at::timestamptz
LEFT JOIN LATERAL (
    SELECT v.name FROM hetu.person_version v
    WHERE v.id = a.person_id AND lower(v.recorded) <= @known_at::timestamptz
    ORDER BY v.recorded @> @known_at::timestamptz DESC, v.valid && a.valid DESC, lower(v.valid) DESC NULLS LAST, v.row_id DESC LIMIT 1
) pv ON true
WHERE (p.reach_id = ANY (@reaches::bigint[]) OR p.river_id = ANY (@rivers::bigint[]) OR p.division_id = ANY (@divisions::bigint[]))
    AND p.recorded @> @known_at::timestamptz
ORDER BY p.id, lower(p.valid) NULLS FIRST, lower(a.valid) NULLS FIRST
