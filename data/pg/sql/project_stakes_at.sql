-- project_stakes_at: the stakes and signs on a project's lines as they were known. in: @project, @day (on which the lines are true), @on (on which the stakes
-- stand), @known_at. out: as project_stakes.
SELECT v.id, v.version, k.key, f.numbered_at, v.boundary_id, v.name, v.number, v.kind, v.tier, v.bank, v.measure_m, v.h_1985, v.division_id, v.place, v.map_sheet,
    v.offset_from_line_m, v.why, v.installed_on, v.checked_on, v.photo_sha256, v.state, lower(v.valid) AS valid_from, upper(v.valid) AS valid_to, lower(v.recorded) AS written_at, ST_X(v.geom) AS lon, ST_Y(v.geom) AS lat
FROM hetu.stake_version v
JOIN hetu.stake k ON k.id = v.id
CROSS JOIN LATERAL (SELECT lower(f.recorded) AS numbered_at FROM hetu.stake_version f WHERE f.id = v.id AND f.version = 1) f
JOIN hetu.boundary_version b ON b.id = v.boundary_id AND b.project_id = @project::bigint AND b.recorded @> @known_at::timestamptz AND b.valid @> @day::date
WHERE v.recorded @> @known_at AND v.valid @> @on::date
ORDER BY v.bank, v.kind = 'sign', v.number NULLS LAST, v.id
