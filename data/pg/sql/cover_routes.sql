-- cover_routes: the routes of rivers with the measures of their ends. in: @rivers, @as_of, @known_at. out: metres, from_m below to_m.
SELECT rt.river_id, rt.id AS route_id, least(e.a, e.b) AS from_m, greatest(e.a, e.b) AS to_m
FROM hetu.route_version rt
CROSS JOIN LATERAL (SELECT ST_M(ST_StartPoint(rt.geom)) AS a, ST_M(ST_EndPoint(rt.geom)) AS b OFFSET 0) e
WHERE rt.river_id = ANY (@rivers::bigint[]) AND rt.valid @> @as_of::date AND rt.recorded @> @known_at::timestamptz
ORDER BY rt.river_id, rt.id
