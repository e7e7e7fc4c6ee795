-- count_outfalls: the outfalls of a division and everything below it; one without a division belongs where its river does. in: @division
-- (empty: all), @as_of, @known_at.
WITH RECURSIVE d AS (SELECT v.id, v.code, v.parent_id FROM hetu.division_version v WHERE v.valid @> @as_of::date AND v.recorded @> @known_at::timestamptz),
down AS (SELECT * FROM d WHERE d.code = @division::text OR @division = '' UNION SELECT d.* FROM d JOIN down ON d.parent_id = down.id)
SELECT o.approval, coalesce(o.monitored, false) AS monitored, count(*)::int AS count
FROM hetu.outfall_version o
LEFT JOIN hetu.river_version v ON @division <> '' AND o.division_id IS NULL AND v.id = o.river_id AND v.valid @> @as_of::date AND v.recorded @> @known_at::timestamptz
WHERE (@division = '' OR coalesce(o.division_id, v.division_id) IN (SELECT id FROM down)) AND o.valid @> @as_of::date AND o.recorded @> @known_at::timestamptz
GROUP BY o.approval, coalesce(o.monitored, false) ORDER BY o.approval, monitored
