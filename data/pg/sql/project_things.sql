-- project_things: what stands in a box: buildings, which are land of a theme that says so, and problems that are not closed. in: the box in degrees, @day.
-- out: kind, name, geometry of any kind, EPSG:4490, without Z.
SELECT v.id, 'building' AS kind, coalesce(v.name, v.theme) AS name, v.geom
FROM hetu.land_version v
WHERE v.theme ~ '房|建筑|building' AND upper_inf(v.recorded) AND v.valid @> @day::date
    AND v.geom && ST_MakeEnvelope(@west::float8, @south::float8, @east::float8, @north::float8, 4490)
UNION ALL
SELECT v.id, 'problem', concat_ws(' ', v.type, v.subtype, v.spot_no), ST_Force2D(v.geom)
FROM hetu.problem_version v
WHERE v.geom IS NOT NULL AND v.status <> 'closed' AND upper_inf(v.recorded) AND v.valid @> @day
    AND v.geom && ST_MakeEnvelope(@west, @south, @east, @north, 4490)
ORDER BY 2, 1
