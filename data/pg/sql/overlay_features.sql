-- overlay_features: what of some kinds meets a polygon's box (ST_Intersects would find every crossing first, and does not look at the
-- time). in: @kinds, @polygon (EPSG:4490), @cut (whether the part in it is wanted),
-- @drafts (also what is not announced yet, of the tree of divisions @seen; NULL: of all), @level (of divisions), @limit, @as_of, @known_at. out: one row a feature, by kind and id;
-- whether it is told exactly, which of a stake depends on @seen; geometry of any dimension, EPSG:4490, and for polygons the part in the
-- polygon, which may be empty.
WITH f AS (
    SELECT 'area' AS kind, v.id, v.version, v.name, NULL::text AS type, v.status, NULL::text AS bank, NULL::smallint AS level, NULL::float8 AS measure_m,
        NULL::text AS authority, NULL::date AS dated, v.river_id, v.division_id, v.legal_doc_id, v.valid, true AS exact, v.geom
    FROM hetu.area_version v
    WHERE 'area' = ANY (@kinds::text[]) AND v.geom && @polygon::geometry AND v.valid @> @as_of::date AND v.recorded @> @known_at::timestamptz
        AND (v.status = 'announced' OR @drafts::boolean AND v.status IN ('draft', 'checked', 'consulted', 'approved') AND hetu.sees(@seen::bigint[], NULL, v.division_id, v.river_id, v.geom))
    UNION ALL
    SELECT 'protection', v.id, v.version, v.name, NULL, v.status, NULL, NULL, NULL, NULL, NULL, v.river_id, v.division_id, v.legal_doc_id, v.valid, true, v.geom
    FROM hetu.protection_version v
    WHERE 'protection' = ANY (@kinds) AND v.geom && @polygon AND v.valid @> @as_of AND v.recorded @> @known_at
        AND (v.status = 'announced' OR @drafts AND v.status IN ('draft', 'checked', 'consulted', 'approved') AND hetu.sees(@seen, NULL, v.division_id, v.river_id, v.geom))
    UNION ALL
    SELECT 'zone', v.id, v.version, v.regionid, v.type::text, NULL, v.side, NULL, NULL, NULL, NULL, v.river_id, NULL, NULL, v.valid, true, v.geom
    FROM hetu.zone_version v
    WHERE 'zone' = ANY (@kinds) AND v.geom && @polygon AND v.valid @> @as_of AND v.recorded @> @known_at
        AND (hetu.announced_project(v.project_id, @as_of, @known_at) OR @drafts AND hetu.project_seen(@seen, v.project_id))
    UNION ALL
    SELECT 'boundary', v.id, v.version, v.name, v.basis_kind, v.status, v.bank, NULL, NULL, NULL, NULL, v.river_id, NULL, v.legal_doc_id, v.valid, true, v.geom
    FROM hetu.boundary_version v
    WHERE 'boundary' = ANY (@kinds) AND v.geom && @polygon AND v.valid @> @as_of AND v.recorded @> @known_at
        AND (v.status = 'announced' OR @drafts AND v.status IN ('draft', 'checked', 'consulted', 'approved') AND hetu.sees(@seen, v.id, NULL, v.river_id, v.geom))
    UNION ALL
    SELECT 'bank_line', v.id, v.version, v.name, v.kind, NULL, v.bank, NULL, NULL, NULL, v.surveyed_on, v.river_id, NULL, NULL, v.valid, true, ST_Force2D(v.geom)
    FROM hetu.bank_line_version v
    WHERE 'bank_line' = ANY (@kinds) AND v.kind = 'bank' AND v.geom && @polygon AND v.valid @> @as_of AND v.recorded @> @known_at
    UNION ALL
    SELECT 'stake', v.id, v.version, v.name, v.kind, v.state, v.bank, NULL, v.measure_m, NULL, v.installed_on, b.river_id, v.division_id, NULL, v.valid,
        hetu.stake_exact(@seen, v.division_id, b.id, b.river_id, v.geom), ST_Force2D(v.geom)
    FROM hetu.stake_version v JOIN hetu.boundary_version b ON b.id = v.boundary_id AND b.valid @> @as_of AND b.recorded @> @known_at
    WHERE 'stake' = ANY (@kinds) AND v.geom && @polygon AND v.valid @> @as_of AND v.recorded @> @known_at
        AND (b.status = 'announced' OR @drafts AND b.status IN ('draft', 'checked', 'consulted', 'approved') AND hetu.sees(@seen, b.id, NULL, b.river_id, b.geom))
    UNION ALL
    SELECT 'board', v.id, v.version, coalesce(v.code, v.site_text), NULL, v.state, v.bank, v.level, NULL, NULL, v.installed_on, r.river_id, v.division_id, NULL, v.valid, true, v.geom
    FROM hetu.board_version v LEFT JOIN LATERAL (SELECT r.river_id FROM hetu.reach_version r
        WHERE r.id = v.reach_ids[1] AND r.valid @> @as_of AND r.recorded @> @known_at) r ON true
    WHERE 'board' = ANY (@kinds) AND v.geom && @polygon AND v.valid @> @as_of AND v.recorded @> @known_at
    UNION ALL
    SELECT 'outfall', v.id, v.version, v.name, v.kind, v.approval, v.bank, NULL, v.measure_m, NULL, NULL, v.river_id, v.division_id, NULL, v.valid, true, v.geom
    FROM hetu.outfall_version v
    WHERE 'outfall' = ANY (@kinds) AND v.geom && @polygon AND v.valid @> @as_of AND v.recorded @> @known_at
    UNION ALL
    SELECT 'section', v.id, v.version, v.name, v.kind, NULL, NULL, NULL, v.measure_m, NULL, NULL, v.river_id, v.assess_division_id, NULL, v.valid, true, v.geom
    FROM hetu.section_version v
    WHERE 'section' = ANY (@kinds) AND v.geom && @polygon AND v.valid @> @as_of AND v.recorded @> @known_at
    UNION ALL
    SELECT 'plan_item', v.id, v.version, v.text, v.list, p.status, NULL, v.chief_level, v.from_m, v.owner_unit, NULL, coalesce(p.river_id, r.river_id), NULL, NULL, v.valid, true, v.geom
    FROM hetu.plan_item_version v JOIN hetu.plan_version p ON p.id = v.plan_id AND p.valid @> @as_of AND p.recorded @> @known_at
    LEFT JOIN hetu.reach_version r ON r.id = p.reach_id AND r.valid @> @as_of AND r.recorded @> @known_at
    WHERE 'plan_item' = ANY (@kinds) AND v.geom && @polygon AND v.valid @> @as_of AND v.recorded @> @known_at
        AND (p.status IN ('approved', 'in_force', 'closed') OR @drafts AND hetu.sees(@seen, NULL, r.division_id, coalesce(p.river_id, r.river_id), NULL))
    UNION ALL
    SELECT 'problem', v.id, v.version, v.spot_no, v.type, v.status, NULL, NULL, NULL, NULL, v.found_on, v.river_id, NULL, NULL, v.valid, true, v.geom
    FROM hetu.problem_version v
    WHERE 'problem' = ANY (@kinds) AND v.geom && @polygon AND v.valid @> @as_of AND v.recorded @> @known_at
    UNION ALL
    SELECT 'land', v.id, v.version, v.name, v.theme, NULL, NULL, NULL, NULL, v.authority, v.surveyed_on, NULL, NULL, NULL, v.valid, true, v.geom
    FROM hetu.land_version v
    WHERE 'land' = ANY (@kinds) AND v.geom && @polygon AND v.valid @> @as_of AND v.recorded @> @known_at
    UNION ALL
    SELECT 'division', v.id, v.version, v.name, v.kind, NULL, NULL, v.level, NULL, NULL, NULL, NULL, v.id, NULL, v.valid, true, v.geom
    FROM hetu.division_version v
    WHERE 'division' = ANY (@kinds) AND v.level = @level::smallint AND v.geom && @polygon AND v.valid @> @as_of AND v.recorded @> @known_at
)
SELECT f.kind, f.id, f.version, f.name, f.type, f.status, f.bank, f.level, f.measure_m, f.authority, f.dated, f.exact, lower(f.valid) AS valid_from, upper(f.valid) AS valid_to,
    r.id AS river_id, r.name AS river_name, r.name_en AS river_name_en, r.code AS river_code,
    d.id AS division_id, d.name AS division_name, d.name_en AS division_name_en, d.code AS division_code,
    l.kind AS doc_kind, l.number AS doc_number, l.title AS doc_title, l.issuer AS doc_issuer, l.dated AS doc_dated,
    f.geom, CASE WHEN @cut::boolean AND ST_Dimension(f.geom) = 2 THEN ST_Intersection(f.geom, @polygon) END AS part
FROM f
LEFT JOIN hetu.river_version r ON r.id = f.river_id AND r.valid @> @as_of AND r.recorded @> @known_at
LEFT JOIN hetu.division_version d ON d.id = f.division_id AND d.valid @> @as_of AND d.recorded @> @known_at
LEFT JOIN hetu.legal_doc_version l ON l.id = f.legal_doc_id AND l.valid @> @as_of AND l.recorded @> @known_at
ORDER BY f.kind, f.id LIMIT @limit::int
