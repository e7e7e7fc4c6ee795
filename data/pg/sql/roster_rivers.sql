-- roster_rivers: the present record of rivers. in: @ids; without the lines marked "of ids", all. out: days [valid_from, valid_to), NULL an open end.
SELECT v.id, lower(v.valid) AS valid_from, upper(v.valid) AS valid_to, v.code_scheme, v.code, v.name, v.name_en, v.river_kind, v.managing_levels, v.perennial
FROM hetu.river_version v
WHERE upper_inf(v.recorded)
    AND v.id = ANY (@ids::bigint[]) -- of ids
