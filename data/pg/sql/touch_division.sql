-- touch_division: features that show divisions which were written. A write touches those that show its name or code only if it
-- changed these: what each write closed is compared with what it opened. in: @ids, @since (time of the first of the writes). out:
-- layer, id.
WITH written AS (
    SELECT d.id, upper(d.recorded) AS at, d.name, d.code, d.valid, true AS closed FROM division_version d WHERE d.id = ANY (@ids::bigint[]) AND upper(d.recorded) >= @since::timestamptz
    UNION ALL
    SELECT d.id, lower(d.recorded), d.name, d.code, d.valid, false FROM division_version d WHERE d.id = ANY (@ids::bigint[]) AND lower(d.recorded) >= @since::timestamptz
), renamed AS MATERIALIZED (
    SELECT DISTINCT w.id FROM (SELECT id FROM written GROUP BY id, at, name, code
        HAVING range_agg(valid) FILTER (WHERE closed) IS DISTINCT FROM range_agg(valid) FILTER (WHERE NOT closed)) w
)
SELECT 'reach' AS layer, r.id FROM renamed w JOIN reach_version r ON r.division_id = w.id
UNION SELECT 'board', b.id FROM renamed w JOIN board_version b ON b.division_id = w.id
UNION SELECT 'section', s.id FROM renamed w JOIN section_version s ON s.assess_division_id = w.id
