-- overlay_problem: one problem. in: @id, @as_of, @known_at. out: at most one row, as overlay_features; geometry of any kind or NULL, EPSG:4490.
SELECT 'problem' AS kind, v.id, v.version, v.spot_no AS name, v.type, v.status, NULL::text AS bank, NULL::smallint AS level, NULL::float8 AS measure_m,
    NULL::text AS authority, v.found_on AS dated, lower(v.valid) AS valid_from, upper(v.valid) AS valid_to,
    r.id AS river_id, r.name AS river_name, r.name_en AS river_name_en, r.code AS river_code,
    NULL::bigint AS division_id, NULL::text AS division_name, NULL::text AS division_name_en, NULL::text AS division_code,
    NULL::text AS doc_kind, NULL::text AS doc_number, NULL::text AS doc_title, NULL::text AS doc_issuer, NULL::date AS doc_dated,
    v.geom, NULL::geometry AS part
FROM hetu.problem_version v
LEFT JOIN hetu.river_version r ON r.id = v.river_id AND r.valid @> @as_of::date AND r.recorded @> @known_at::timestamptz
WHERE v.id = @id::bigint AND v.valid @> @as_of AND v.recorded @> @known_at
