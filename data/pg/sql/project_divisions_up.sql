-- project_divisions_up: divisions and all above them. in: @ids, @day. out: without geometry.
WITH RECURSIVE up AS (
    SELECT v.id, v.code, v.name, v.level, v.parent_id FROM hetu.division_version v WHERE v.id = ANY (@ids::bigint[]) AND upper_inf(v.recorded) AND v.valid @> @day::date
    UNION
    SELECT v.id, v.code, v.name, v.level, v.parent_id FROM up JOIN hetu.division_version v ON v.id = up.parent_id AND upper_inf(v.recorded) AND v.valid @> @day
)
SELECT up.id, coalesce(up.code, '') AS code, up.name, up.level, up.parent_id FROM up ORDER BY up.level, up.id
