-- network_edges: the edges of the river network as known at a time, with the days each is there. in: @known_at.
-- out: id, valid, route_id, from_m, to_m, from_node_id, to_node_id, main.
SELECT e.id, e.valid, e.route_id, e.from_m, e.to_m, e.from_node_id, e.to_node_id, e.main
FROM hetu.edge_version e
WHERE e.recorded @> @known_at::timestamptz
ORDER BY e.id
