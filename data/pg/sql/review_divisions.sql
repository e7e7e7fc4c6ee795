-- review_divisions: the ids of a division and of all below it. in: @division (code), @as_of, @known_at.
WITH RECURSIVE d AS (SELECT v.id, v.code, v.parent_id FROM hetu.division_version v WHERE v.valid @> @as_of::date AND v.recorded @> @known_at::timestamptz),
down AS (SELECT * FROM d WHERE d.code = @division::text UNION SELECT d.* FROM d JOIN down ON d.parent_id = down.id)
SELECT id FROM down ORDER BY id
