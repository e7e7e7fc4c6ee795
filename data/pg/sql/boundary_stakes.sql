-- boundary_stakes: the stakes and signs of boundaries that stand on a day or from a later one. in: @boundaries, @from (the day). out: each with the days of the row; position in degrees.
SELECT v.id, v.version, k.key, f.numbered_at, v.boundary_id, v.name, v.number, v.kind, v.tier, v.bank, v.measure_m, v.h_1985, v.division_id, v.place, v.map_sheet,
    v.offset_from_line_m, v.why, v.installed_on, v.checked_on, v.photo_sha256, v.state, lower(v.valid) AS valid_from, upper(v.valid) AS valid_to, lower(v.recorded) AS written_at,
    ST_X(v.geom) AS lon, ST_Y(v.geom) AS lat
FROM hetu.stake_version v
JOIN hetu.stake k ON k.id = v.id
CROSS JOIN LATERAL (SELECT lower(f.recorded) AS numbered_at FROM hetu.stake_version f WHERE f.id = v.id AND f.version = 1) f
WHERE v.boundary_id = ANY (@boundaries::bigint[]) AND upper_inf(v.recorded) AND v.valid && daterange(@from::date, NULL)
ORDER BY v.id, lower(v.valid)
