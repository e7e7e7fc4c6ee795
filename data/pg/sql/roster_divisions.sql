-- roster_divisions: the present record of divisions. in: @ids (NULL: all).
SELECT v.id, v.parent_id, lower(v.valid) AS valid_from, upper(v.valid) AS valid_to, v.level, v.code, v.name, v.name_en, v.kind
FROM hetu.division_version v
WHERE upper_inf(v.recorded) AND (@ids::bigint[] IS NULL OR v.id = ANY (@ids::bigint[]))
