-- overlay_plans: plans of rivers. in: @rivers, @drafts (also those that are not approved yet, of the tree of divisions @seen; NULL: of all), @as_of, @known_at. out: one row a plan, by id.
SELECT p.id, p.version, p.name, p.edition, p.status, lower(p.period) AS period_from, upper(p.period) AS period_to,
    r.id AS river_id, r.name AS river_name, r.name_en AS river_name_en, r.code AS river_code
FROM hetu.plan_version p JOIN hetu.river_version r ON r.id = p.river_id AND r.valid @> @as_of::date AND r.recorded @> @known_at::timestamptz
WHERE p.river_id = ANY (@rivers::bigint[]) AND p.valid @> @as_of AND p.recorded @> @known_at
    AND (p.status IN ('approved', 'in_force', 'closed') OR @drafts::boolean AND hetu.sees(@seen::bigint[], NULL, NULL, p.river_id, NULL))
ORDER BY p.id
