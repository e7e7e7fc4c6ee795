-- cover_plans: the plans of rivers and of reaches that are approved or later; one that is not yet is nobody's to know, so that its
-- river lacks a plan as if there were none. in: @rivers, @reaches, @as_of, @known_at.
SELECT p.river_id, p.reach_id, p.status = 'closed' AS closed
FROM hetu.plan_version p
WHERE (p.river_id = ANY (@rivers::bigint[]) OR p.reach_id = ANY (@reaches::bigint[])) AND p.valid @> @as_of::date AND p.recorded @> @known_at::timestamptz
    AND p.status IN ('approved', 'in_force', 'closed')
ORDER BY p.id
