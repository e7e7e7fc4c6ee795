-- count_rivers: the rivers of a division and everything below it, counted by what they are. in: @division (empty: all), @as_of, @known_at.
-- out: plan: the state of the newest edition that is approved or later; NULL: there is none. An edition that is not approved yet is nobody's
-- to know, and hides none before it.
WITH RECURSIVE d AS (SELECT v.id, v.code, v.parent_id FROM hetu.division_version v WHERE v.valid @> @as_of::date AND v.recorded @> @known_at::timestamptz),
down AS (SELECT * FROM d WHERE d.code = @division::text OR @division = '' UNION SELECT d.* FROM d JOIN down ON d.parent_id = down.id),
plans AS MATERIALIZED (
    SELECT DISTINCT ON (p.river_id) p.river_id, p.status FROM hetu.plan_version p
    WHERE p.river_id IS NOT NULL AND p.valid @> @as_of::date AND p.recorded @> @known_at::timestamptz
        AND p.status IN ('approved', 'in_force', 'closed')
    ORDER BY p.river_id, p.edition DESC, p.id
)
SELECT r.managing_levels AS levels, r.basin_area_km2 >= 50 AS basin50, r.perennial, p.status AS plan, r.source, count(*)::int AS count
FROM hetu.river_version r
LEFT JOIN plans p ON p.river_id = r.id
WHERE (@division = '' OR r.division_id IN (SELECT id FROM down)) AND r.valid @> @as_of::date AND r.recorded @> @known_at::timestamptz
GROUP BY r.managing_levels, r.basin_area_km2 >= 50, r.perennial, p.status, r.source
ORDER BY r.managing_levels, basin50, r.perennial, p.status, r.source
