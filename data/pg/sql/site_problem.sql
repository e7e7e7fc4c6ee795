-- site_problem: problems 四乱 with a place, by id, or of routes. in: @ids, @routes, @as_of, @known_at.
-- out: routes is that of its reach, else all of the river; geom is a point on it, EPSG:4490.
SELECT s.id, s.spot_no AS code, s.subtype AS name, s.type AS kind, s.status AS state, NULL::smallint AS level, NULL::float8 AS measure_m, NULL::float8 AS to_m,
    NULL::text AS bank, ST_PointOnSurface(s.geom) AS geom,
    ARRAY(SELECT rt.id FROM hetu.route_version rt WHERE rt.valid @> @as_of::date AND rt.recorded @> @known_at::timestamptz
        AND (s.reach_id IS NULL AND rt.river_id = s.river_id OR rt.id IN (SELECT r.route_id FROM hetu.reach_version r
            WHERE r.id = s.reach_id AND r.valid @> @as_of::date AND r.recorded @> @known_at::timestamptz)) ORDER BY rt.id) AS routes
FROM hetu.problem_version s
WHERE s.geom IS NOT NULL AND (s.id = ANY (@ids::bigint[])
        OR s.reach_id = ANY (ARRAY(SELECT r.id FROM hetu.reach_version r
            WHERE r.route_id = ANY (@routes::bigint[]) AND r.valid @> @as_of::date AND r.recorded @> @known_at::timestamptz))
        OR s.reach_id IS NULL AND s.river_id = ANY (ARRAY(SELECT DISTINCT o.river_id FROM hetu.route_version o
            WHERE o.id = ANY (@routes) AND o.valid @> @as_of::date AND o.recorded @> @known_at::timestamptz)))
    AND s.valid @> @as_of::date AND s.recorded @> @known_at::timestamptz
ORDER BY s.id
