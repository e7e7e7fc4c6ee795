-- stakes_of: the stakes and signs of a river's boundaries, by bank and number. in: @river (id), @as_of, @known_at. out: position in degrees.
SELECT v.id, v.boundary_id, b.status, v.name, v.number, v.kind, v.tier, v.bank, v.measure_m, v.h_1985, v.division_id, v.place, v.map_sheet,
    v.offset_from_line_m, v.why, v.installed_on, v.checked_on, v.photo_sha256, v.state, ST_X(v.geom) AS lon, ST_Y(v.geom) AS lat
FROM hetu.stake_version v
JOIN hetu.boundary_version b ON b.id = v.boundary_id AND b.river_id = @river::bigint AND b.valid @> @as_of::date AND b.recorded @> @known_at::timestamptz
WHERE v.valid @> @as_of::date AND v.recorded @> @known_at::timestamptz
ORDER BY v.bank, v.number NULLS LAST, v.id
