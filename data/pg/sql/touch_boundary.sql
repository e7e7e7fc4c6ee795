-- touch_boundary: features that show boundaries which were written: themselves in the layer of their status, and the reaches of a route if
-- announced ones run along other stretches of it, or on other days, than before. in: @ids, @since (time of the first of the
-- writes). out: layer, id.
WITH written AS (
    SELECT upper(b.recorded) AS at, b.route_id, b.bank, b.from_m, b.to_m, b.valid, true AS closed FROM boundary_version b
        WHERE b.id = ANY (@ids::bigint[]) AND b.status = 'announced' AND b.route_id IS NOT NULL AND upper(b.recorded) >= @since::timestamptz
    UNION ALL
    SELECT lower(b.recorded), b.route_id, b.bank, b.from_m, b.to_m, b.valid, false FROM boundary_version b
        WHERE b.id = ANY (@ids::bigint[]) AND b.status = 'announced' AND b.route_id IS NOT NULL AND lower(b.recorded) >= @since::timestamptz
), moved AS MATERIALIZED (
    SELECT DISTINCT w.route_id, w.bank, w.from_m, w.to_m FROM (SELECT route_id, bank, from_m, to_m FROM written GROUP BY at, route_id, bank, from_m, to_m
        HAVING range_agg(valid) FILTER (WHERE closed) IS DISTINCT FROM range_agg(valid) FILTER (WHERE NOT closed)) w
)
SELECT DISTINCT CASE WHEN b.status = 'announced' THEN 'boundary' ELSE 'draft' END AS layer, b.id FROM boundary_version b
    WHERE b.id = ANY (@ids::bigint[]) AND b.status IN ('announced', 'draft', 'checked', 'consulted', 'approved')
UNION SELECT 'reach', r.id FROM moved w JOIN reach_version r ON r.route_id = w.route_id
    WHERE (r.bank_scope = 'both' OR r.bank_scope = w.bank) AND coalesce(w.from_m, '-infinity') < r.to_m AND coalesce(w.to_m, 'infinity') > r.from_m
