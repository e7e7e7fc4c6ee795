-- project_pieces: the lines of a project as they stand. in: @project, @day (on which they are true). out: pieces by bank and measure; geometry
-- LineString, EPSG:4490.
SELECT b.id, k.key, b.bank, b.from_m, b.to_m, b.basis_kind, b.width_m, b.source, b.reason, b.status, b.geom_sha256, b.legal_doc_id, b.geom
FROM hetu.boundary_version b
JOIN hetu.boundary k ON k.id = b.id
WHERE b.project_id = @project::bigint AND upper_inf(b.recorded) AND b.valid @> @day::date
ORDER BY b.bank, b.from_m, b.id
