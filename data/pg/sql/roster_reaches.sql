-- roster_reaches: the present record of reaches. in: @ids; without the lines marked "of ids", all. out: measures in metres.
SELECT v.id, v.route_id, v.division_id, lower(v.valid) AS valid_from, upper(v.valid) AS valid_to, v.level, v.from_m, v.to_m, v.bank_scope,
    v.code, v.name, v.start_place, v.end_place
FROM hetu.reach_version v
WHERE upper_inf(v.recorded)
    AND v.id = ANY (@ids::bigint[]) -- of ids
