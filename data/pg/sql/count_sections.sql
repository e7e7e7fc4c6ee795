-- count_sections: the water-quality sections of a division and everything below it; one that nobody assesses belongs where its river does.
-- in: @division (empty: all), @as_of, @known_at.
WITH RECURSIVE d AS (SELECT v.id, v.code, v.parent_id FROM hetu.division_version v WHERE v.valid @> @as_of::date AND v.recorded @> @known_at::timestamptz),
down AS (SELECT * FROM d WHERE d.code = @division::text OR @division = '' UNION SELECT d.* FROM d JOIN down ON d.parent_id = down.id)
SELECT s.id, s.code, s.name, s.kind, coalesce(s.target_class, 0) AS target, s.route_id, s.measure_m
FROM hetu.section_version s
LEFT JOIN hetu.river_version v ON @division <> '' AND s.assess_division_id IS NULL AND v.id = s.river_id AND v.valid @> @as_of::date AND v.recorded @> @known_at::timestamptz
WHERE (@division = '' OR coalesce(s.assess_division_id, v.division_id) IN (SELECT id FROM down)) AND s.valid @> @as_of::date AND s.recorded @> @known_at::timestamptz
ORDER BY s.id
