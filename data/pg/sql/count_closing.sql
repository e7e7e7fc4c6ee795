-- count_closing: the outfalls that are closing, of a division and everything below it. in: @division (empty: all), @limit, @as_of, @known_at.
WITH RECURSIVE d AS (SELECT v.id, v.code, v.parent_id FROM hetu.division_version v WHERE v.valid @> @as_of::date AND v.recorded @> @known_at::timestamptz),
down AS (SELECT * FROM d WHERE d.code = @division::text OR @division = '' UNION SELECT d.* FROM d JOIN down ON d.parent_id = down.id)
SELECT o.id, o.name, NULL::text AS name_en, o.code
FROM hetu.outfall_version o
LEFT JOIN hetu.river_version v ON o.division_id IS NULL AND v.id = o.river_id AND v.valid @> @as_of::date AND v.recorded @> @known_at::timestamptz
WHERE (@division = '' OR coalesce(o.division_id, v.division_id) IN (SELECT id FROM down)) AND o.approval = 'closing'
    AND o.valid @> @as_of::date AND o.recorded @> @known_at::timestamptz
ORDER BY o.id LIMIT @limit::int
