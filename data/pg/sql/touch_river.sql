-- touch_river: features that show rivers which were written. A write touches those that show its name or order only if it changed
-- these: what each write closed is compared with what it opened. in: @ids, @since (time of the first of the writes). out: layer, id.
WITH written AS (
    SELECT v.id, upper(v.recorded) AS at, v.name, v.stream_order, v.valid, true AS closed FROM river_version v WHERE v.id = ANY (@ids::bigint[]) AND upper(v.recorded) >= @since::timestamptz
    UNION ALL
    SELECT v.id, lower(v.recorded), v.name, v.stream_order, v.valid, false FROM river_version v WHERE v.id = ANY (@ids::bigint[]) AND lower(v.recorded) >= @since::timestamptz
), renamed AS MATERIALIZED (
    SELECT DISTINCT w.id FROM (SELECT id FROM written GROUP BY id, at, name, stream_order
        HAVING range_agg(valid) FILTER (WHERE closed) IS DISTINCT FROM range_agg(valid) FILTER (WHERE NOT closed)) w
)
SELECT 'river' AS layer, o.id FROM route_version o WHERE o.river_id = ANY (@ids::bigint[])
UNION SELECT 'river', o.id FROM renamed w JOIN river_version v ON v.flows_into_id = w.id JOIN route_version o ON o.river_id = v.id
UNION SELECT 'reach', r.id FROM renamed w JOIN reach_version r ON r.river_id = w.id
UNION SELECT CASE WHEN b.status = 'announced' THEN 'boundary' ELSE 'draft' END, b.id FROM renamed w JOIN boundary_version b ON b.river_id = w.id
    WHERE b.status IN ('announced', 'draft', 'checked', 'consulted', 'approved')
UNION SELECT 'section', s.id FROM renamed w JOIN section_version s ON s.river_id = w.id
UNION SELECT 'outfall', o.id FROM renamed w JOIN outfall_version o ON o.river_id = w.id
