-- duty_divisions: divisions and all above them. in: @ids, @as_of, @known_at.
WITH RECURSIVE up AS (
    SELECT v.id, v.code, v.name, v.name_en, v.level, v.kind, v.parent_id FROM hetu.division_version v
    WHERE v.id = ANY (@ids::bigint[]) AND v.valid @> @as_of::date AND v.recorded @> @known_at::timestamptz
    UNION
    SELECT v.id, v.code, v.name, v.name_en, v.level, v.kind, v.parent_id FROM hetu.division_version v JOIN up ON v.id = up.parent_id
    WHERE v.valid @> @as_of::date AND v.recorded @> @known_at::timestamptz
)
SELECT id, code, name, name_en, level, kind, parent_id FROM up ORDER BY level, id
