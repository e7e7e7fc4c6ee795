-- trace_inside: the divisions of a level whose outlines routes meet. in: @routes, @level, @as_of, @known_at.
-- out: a row for each division with the routes, MultiPolygon, EPSG:4490.
SELECT d.id, d.code, d.name, d.name_en, d.level, d.kind, d.parent_id, d.geom,
    ARRAY(SELECT rt.id FROM hetu.route_version rt WHERE rt.id = ANY (@routes::bigint[]) AND rt.geom && d.geom AND ST_Intersects(rt.geom, d.geom)
        AND rt.valid @> @as_of::date AND rt.recorded @> @known_at::timestamptz ORDER BY rt.id) AS routes
FROM hetu.division_version d
WHERE d.level = @level::smallint AND d.valid @> @as_of::date AND d.recorded @> @known_at::timestamptz
    AND EXISTS (SELECT FROM hetu.route_version rt WHERE rt.id = ANY (@routes) AND rt.geom && d.geom
        AND rt.valid @> @as_of::date AND rt.recorded @> @known_at::timestamptz)
ORDER BY d.id
