-- project_others: announced boundary lines of other rivers in a box, with their routes. in: @river, the box in degrees, @day. out: pieces by project,
-- river, bank and measure; geometry LineString, EPSG:4490, and the route's, with M.
SELECT b.id, k.key, b.bank, b.from_m, b.to_m, b.basis_kind, b.width_m, b.source, b.reason, b.status, b.geom_sha256, b.legal_doc_id, b.geom,
    coalesce(r.name, '') AS owner, b.project_id, b.river_id, t.geom AS route
FROM hetu.boundary_version b
JOIN hetu.boundary k ON k.id = b.id
JOIN hetu.route_version t ON t.id = b.route_id AND upper_inf(t.recorded) AND t.valid @> @day::date
LEFT JOIN hetu.river_version r ON r.id = b.river_id AND upper_inf(r.recorded) AND r.valid @> @day
WHERE b.river_id <> @river::bigint AND b.project_id IS NOT NULL AND b.status = 'announced' AND upper_inf(b.recorded) AND b.valid @> @day AND b.from_m IS NOT NULL AND b.to_m IS NOT NULL
    AND b.geom && ST_MakeEnvelope(@west::float8, @south::float8, @east::float8, @north::float8, 4490)
ORDER BY b.project_id, b.bank, b.from_m, b.id
