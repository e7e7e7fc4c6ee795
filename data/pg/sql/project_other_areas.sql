-- project_other_areas: announced management areas of other rivers in a box that are not derived from lines, which are looked at themselves. in: @river, the box in degrees, @day. out: MultiPolygon, EPSG:4490.
SELECT a.id, a.river_id, coalesce(r.name, a.name, '') AS owner, a.geom
FROM hetu.area_version a
LEFT JOIN hetu.river_version r ON r.id = a.river_id AND upper_inf(r.recorded) AND r.valid @> @day::date
WHERE a.river_id <> @river::bigint AND a.project_id IS NULL AND a.status = 'announced' AND upper_inf(a.recorded) AND a.valid @> @day
    AND a.geom && ST_MakeEnvelope(@west::float8, @south::float8, @east::float8, @north::float8, 4490)
ORDER BY a.id
