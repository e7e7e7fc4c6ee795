-- count_boards: boards that stand in a division or below it, by level and source, and those in order. in: @division (empty: all), @as_of, @known_at.
WITH RECURSIVE d AS (SELECT v.id, v.code, v.parent_id FROM hetu.division_version v WHERE v.valid @> @as_of::date AND v.recorded @> @known_at::timestamptz),
down AS (SELECT * FROM d WHERE d.code = @division::text OR @division = '' UNION SELECT d.* FROM d JOIN down ON d.parent_id = down.id)
SELECT b.level, b.source, count(*)::int AS count, count(*) FILTER (WHERE b.state = 'ok')::int AS in_order
FROM hetu.board_version b
WHERE (@division = '' OR b.division_id IN (SELECT id FROM down)) AND b.valid @> @as_of::date AND b.recorded @> @known_at::timestamptz
GROUP BY b.level, b.source ORDER BY b.level, b.source
