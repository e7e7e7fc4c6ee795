-- roster_bank_lines: the present record of the banks of rivers. in: @ids; without the lines marked "of ids", all. out: LineStringZ, EPSG:4490.
SELECT v.id, v.river_id, lower(v.valid) AS valid_from, upper(v.valid) AS valid_to, v.bank, v.geom
FROM hetu.bank_line_version v
WHERE v.kind = 'bank' AND v.river_id IS NOT NULL AND upper_inf(v.recorded)
    AND v.id = ANY (@ids::bigint[]) -- of ids
