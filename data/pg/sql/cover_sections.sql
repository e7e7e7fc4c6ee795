-- cover_sections: where water-quality sections lie on routes. in: @routes, @as_of, @known_at. out: metres.
SELECT s.route_id, s.measure_m
FROM hetu.section_version s
WHERE s.route_id = ANY (@routes::bigint[]) AND s.measure_m IS NOT NULL AND s.valid @> @as_of::date AND s.recorded @> @known_at::timestamptz
ORDER BY s.id
