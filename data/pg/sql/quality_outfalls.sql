-- quality_outfalls: the outfalls of a river. in: @river, @routes (of it), @as_of, @known_at. out: measures in metres.
SELECT o.id, o.code, o.name, o.kind, o.approval, o.monitored, o.route_id, o.measure_m, o.bank
FROM hetu.outfall_version o
WHERE (o.river_id = @river::bigint OR o.route_id = ANY (@routes::bigint[])) AND o.valid @> @as_of::date AND o.recorded @> @known_at::timestamptz
ORDER BY o.id
