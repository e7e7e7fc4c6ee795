-- quality_sections: the water-quality sections of a river. in: @river, @routes (of it), @as_of, @known_at. out: measures in metres.
SELECT s.id, s.code, s.name, s.kind, coalesce(s.target_class, 0) AS target, s.route_id, s.measure_m
FROM hetu.section_version s
WHERE (s.river_id = @river::bigint OR s.route_id = ANY (@routes::bigint[])) AND s.valid @> @as_of::date AND s.recorded @> @known_at::timestamptz
ORDER BY s.id
