-- count_divisions: a division by code and everything below it, counted by level and kind. in: @division (empty: all), @as_of, @known_at.
WITH RECURSIVE d AS (SELECT v.id, v.code, v.name, v.name_en, v.level, v.kind, v.parent_id, v.source FROM hetu.division_version v WHERE v.valid @> @as_of::date AND v.recorded @> @known_at::timestamptz),
down AS (SELECT * FROM d WHERE d.code = @division::text OR @division = '' UNION SELECT d.* FROM d JOIN down ON d.parent_id = down.id)
SELECT level, kind, count(*)::int AS count, array_agg(DISTINCT source ORDER BY source) AS sources FROM down GROUP BY level, kind ORDER BY level, kind
