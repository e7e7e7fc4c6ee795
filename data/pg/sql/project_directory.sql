-- project_directory: the rivers of the county that a division lies in, or of the division and all below it where that is a county or above one: by their own
-- division, or by a reach in it; and the one that is asked for. in: @division, @river, @day. out: name, and the code with its scheme ('': none).
WITH RECURSIVE d AS (SELECT v.id, v.level, v.parent_id FROM hetu.division_version v WHERE v.valid @> @day::date AND upper_inf(v.recorded)),
up AS (SELECT * FROM d WHERE id = @division::bigint UNION SELECT d.* FROM d JOIN up ON d.id = up.parent_id WHERE up.level > 3),
county AS (SELECT id FROM up ORDER BY level LIMIT 1),
down AS (SELECT id FROM county UNION SELECT d.id FROM d JOIN down ON d.parent_id = down.id)
SELECT r.name, coalesce(r.code_scheme || ':' || r.code, '') AS code
FROM hetu.river_version r
WHERE upper_inf(r.recorded) AND r.valid @> @day::date AND (r.id = @river::bigint OR r.division_id IN (SELECT id FROM down) OR r.id IN (
    SELECT e.river_id FROM hetu.reach_version e WHERE e.division_id IN (SELECT id FROM down) AND upper_inf(e.recorded) AND e.valid @> @day::date))
ORDER BY r.name, r.id
