-- stretch_divisions: the divisions from county to village whose polygons enter a box. in: the box in degrees, @as_of, @known_at. out: MultiPolygon, EPSG:4490.
SELECT v.id, v.code, v.name, v.level, v.parent_id, v.geom FROM hetu.division_version v
WHERE v.level BETWEEN 3 AND 5 AND v.geom && ST_MakeEnvelope(@west::float8, @south::float8, @east::float8, @north::float8, 4490)
    AND v.valid @> @as_of::date AND v.recorded @> @known_at::timestamptz
ORDER BY v.level, v.id
