-- site_outfall: outfalls by id, or that lie on routes. in: @ids, @routes, @as_of, @known_at.
-- out: routes is the stored one, else all of the river; EPSG:4490.
SELECT s.id, s.code, s.name, s.kind, s.approval AS state, NULL::smallint AS level, s.measure_m, NULL::float8 AS to_m, s.bank, s.geom,
    CASE WHEN s.route_id IS NOT NULL THEN ARRAY[s.route_id] ELSE ARRAY(SELECT rt.id FROM hetu.route_version rt
        WHERE rt.river_id = s.river_id AND rt.valid @> @as_of::date AND rt.recorded @> @known_at::timestamptz ORDER BY rt.id) END AS routes
FROM hetu.outfall_version s
WHERE (s.id = ANY (@ids::bigint[]) OR s.route_id = ANY (@routes::bigint[])
        OR s.route_id IS NULL AND s.river_id = ANY (ARRAY(SELECT DISTINCT o.river_id FROM hetu.route_version o
            WHERE o.id = ANY (@routes) AND o.valid @> @as_of::date AND o.recorded @> @known_at::timestamptz)))
    AND s.valid @> @as_of::date AND s.recorded @> @known_at::timestamptz
ORDER BY s.id
