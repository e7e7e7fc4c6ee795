-- site_reach: reaches by id, or of routes. in: @ids, @routes, @as_of, @known_at. out: LineString, EPSG:4490, downstream.
SELECT s.id, s.code, s.name, 'reach' AS kind, NULL::text AS state, s.level, s.from_m AS measure_m, s.to_m, s.bank_scope AS bank, s.geom, ARRAY[s.route_id] AS routes
FROM hetu.reach_version s
WHERE (s.id = ANY (@ids::bigint[]) OR s.route_id = ANY (@routes::bigint[])) AND s.valid @> @as_of::date AND s.recorded @> @known_at::timestamptz
ORDER BY s.id
