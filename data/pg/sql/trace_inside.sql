-- trace_inside: the parts of routes that lie in the outlines of divisions of a level. in: @routes, @level, @as_of, @known_at.
-- out: a row for each part, with the ends of it in degrees, EPSG:4490.
SELECT rt.id AS route_id, d.id, d.code, d.name, d.name_en, d.level, d.kind, d.parent_id,
    ST_X(ST_StartPoint(p.geom)) AS from_lon, ST_Y(ST_StartPoint(p.geom)) AS from_lat, ST_X(ST_EndPoint(p.geom)) AS to_lon, ST_Y(ST_EndPoint(p.geom)) AS to_lat
FROM hetu.route_version rt
JOIN hetu.division_version d ON d.geom && rt.geom AND ST_Intersects(d.geom, rt.geom) AND d.level = @level::smallint
    AND d.valid @> @as_of::date AND d.recorded @> @known_at::timestamptz
CROSS JOIN LATERAL ST_Dump(ST_LineMerge(ST_CollectionExtract(ST_Intersection(ST_Force2D(rt.geom), d.geom), 2))) p
WHERE rt.id = ANY (@routes::bigint[]) AND rt.valid @> @as_of::date AND rt.recorded @> @known_at::timestamptz
ORDER BY rt.id, d.id, p.path
