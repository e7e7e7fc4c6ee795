-- network_routes: the routes of the river network as known at a time, with the days each is there. in: @known_at.
-- out: id, valid, river_id, stream_order, upstream (its measures grow against the flow).
SELECT o.id, o.valid, o.river_id, o.stream_order,
    CASE o.measure_origin WHEN 'mouth' THEN true WHEN 'source' THEN false ELSE st_m(st_startpoint(o.geom)) > st_m(st_endpoint(o.geom)) END AS upstream
FROM hetu.route_version o
WHERE o.recorded @> @known_at::timestamptz
ORDER BY o.id
