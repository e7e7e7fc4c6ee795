-- touch_appointment: features that show appointments which were written: the reaches of their posts, if the post is held on other
-- days than before. in: @ids, @since (time of the first of the writes). out: layer, id.
WITH written AS (
    SELECT a.id, upper(a.recorded) AS at, a.post_id, a.valid, true AS closed FROM appointment_version a WHERE a.id = ANY (@ids::bigint[]) AND upper(a.recorded) >= @since::timestamptz
    UNION ALL
    SELECT a.id, lower(a.recorded), a.post_id, a.valid, false FROM appointment_version a WHERE a.id = ANY (@ids::bigint[]) AND lower(a.recorded) >= @since::timestamptz
), moved AS MATERIALIZED (
    SELECT DISTINCT w.post_id FROM (SELECT post_id FROM written GROUP BY at, post_id
        HAVING range_agg(valid) FILTER (WHERE closed) IS DISTINCT FROM range_agg(valid) FILTER (WHERE NOT closed)) w
)
SELECT DISTINCT 'reach' AS layer, p.reach_id AS id
FROM moved w
JOIN post_version p ON p.id = w.post_id
WHERE p.reach_id IS NOT NULL AND p.role IN ('chief', 'lake_chief', 'reservoir_chief')
