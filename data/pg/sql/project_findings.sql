-- project_findings: what the last check of a project found. in: @project. out: geometry of any kind or NULL, EPSG:4490.
SELECT f.id, k.key, f.boundary_id, f.run, f.rule, f.severity, f.bank, f.from_m, f.to_m, f.size, f.unit, f.detail, f.detail_en, f.waived_by, f.waiver_reason,
    lower(f.valid) AS since, f.geom
FROM hetu.finding_version f
JOIN hetu.finding k ON k.id = f.id
WHERE f.project_id = @project::bigint AND upper_inf(f.recorded) ORDER BY f.severity, f.bank, f.from_m, f.id
