-- roster_divisions: the present record of divisions. in: @ids; without the lines marked "of ids", all.
SELECT v.id, v.parent_id, lower(v.valid) AS valid_from, upper(v.valid) AS valid_to, v.level, v.code, v.name, v.name_en, v.kind
FROM hetu.division_version v
WHERE upper_inf(v.recorded)
    AND v.id = ANY (@ids::bigint[]) -- of ids
