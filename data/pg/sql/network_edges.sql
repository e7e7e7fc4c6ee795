-- network_edges: the edges of the river network as known at a time, with the days each is there. in: @known_at.
-- out: id, valid, route_id, from_m, to_m, length_m (0: to_m less from_m; a calibrated route's measures are no lengths), from_node_id,
-- to_node_id, main.
SELECT e.id, e.valid, e.route_id, e.from_m, e.to_m,
    coalesce((SELECT st_length(st_locatebetween(o.geom, e.from_m, e.to_m)::geography) FROM hetu.route_version o
        WHERE o.id = e.route_id AND o.calibrated AND o.recorded @> @known_at::timestamptz AND o.valid && e.valid LIMIT 1), 0) AS length_m,
    e.from_node_id, e.to_node_id, e.main
FROM hetu.edge_version e
WHERE e.recorded @> @known_at::timestamptz
ORDER BY e.id
