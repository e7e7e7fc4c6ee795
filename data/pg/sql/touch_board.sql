-- touch_board: features that show boards which were written: the reaches they name, if they name them on other days than before. in: @ids, @since (time of the first of the writes). out: layer, id.
WITH written AS (
    SELECT upper(b.recorded) AS at, b.reach_ids, b.valid, true AS closed FROM board_version b WHERE b.id = ANY (@ids::bigint[]) AND upper(b.recorded) >= @since::timestamptz
    UNION ALL
    SELECT lower(b.recorded), b.reach_ids, b.valid, false FROM board_version b WHERE b.id = ANY (@ids::bigint[]) AND lower(b.recorded) >= @since::timestamptz
)
SELECT 'reach' AS layer, w.id FROM (SELECT r.id FROM written w CROSS JOIN LATERAL unnest(w.reach_ids) AS r (id) GROUP BY w.at, r.id
    HAVING range_agg(w.valid) FILTER (WHERE w.closed) IS DISTINCT FROM range_agg(w.valid) FILTER (WHERE NOT w.closed)) w
