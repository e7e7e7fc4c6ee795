-- count_rivers: the rivers of a division and everything below it. in: @division (empty: all), @as_of, @known_at.
WITH RECURSIVE d AS (SELECT v.id, v.code, v.parent_id FROM hetu.division_version v WHERE v.valid @> @as_of::date AND v.recorded @> @known_at::timestamptz),
down AS (SELECT * FROM d WHERE d.code = @division::text OR @division = '' UNION SELECT d.* FROM d JOIN down ON d.parent_id = down.id)
SELECT r.managing_levels AS levels, r.basin_area_km2 >= 50 AS basin50, r.perennial,
    (SELECT p.status FROM hetu.plan_version p WHERE p.river_id = r.id AND p.valid @> @as_of::date AND p.recorded @> @known_at::timestamptz
        ORDER BY p.edition DESC, p.id LIMIT 1) AS plan, r.source
FROM hetu.river_version r
WHERE (@division = '' OR r.division_id IN (SELECT id FROM down)) AND r.valid @> @as_of::date AND r.recorded @> @known_at::timestamptz
