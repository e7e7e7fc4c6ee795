-- overlay_land: management areas, zones or protection areas with the other land that lies on them. in: @kinds, @theme (empty: all),
-- @division (code; empty: all; what lies in its polygon, or is named as of it where it has none), @river (0: all), @drafts (of the tree of divisions @seen; NULL: of all), @limit, @as_of,
-- @known_at. out: a row for each pair and town (level 4) that the overlap lies in, and one without a town for the overlap as a whole,
-- by item, land and town; geometry EPSG:4490.
WITH RECURSIVE d AS MATERIALIZED (
    SELECT v.id, v.code, v.parent_id, v.geom FROM hetu.division_version v WHERE v.valid @> @as_of::date AND v.recorded @> @known_at::timestamptz AND @division::text <> ''
), down AS (
    SELECT d.id FROM d WHERE d.code = @division UNION SELECT d.id FROM d JOIN down ON d.parent_id = down.id
), within AS (
    SELECT d.geom FROM d WHERE d.code = @division ORDER BY d.id LIMIT 1
), item AS (
    SELECT 'area' AS kind, v.id, v.version, v.name, NULL::text AS type, NULL::text AS bank, v.status, v.river_id, v.division_id, v.legal_doc_id, v.valid, v.geom FROM hetu.area_version v
    WHERE 'area' = ANY (@kinds::text[]) AND v.valid @> @as_of AND v.recorded @> @known_at
        AND (v.status = 'announced' OR @drafts::boolean AND v.status IN ('draft', 'checked', 'consulted', 'approved') AND hetu.sees(@seen::bigint[], NULL, v.division_id, v.river_id, v.geom))
    UNION ALL
    SELECT 'protection', v.id, v.version, v.name, NULL, NULL, v.status, v.river_id, v.division_id, v.legal_doc_id, v.valid, v.geom FROM hetu.protection_version v
    WHERE 'protection' = ANY (@kinds) AND v.valid @> @as_of AND v.recorded @> @known_at
        AND (v.status = 'announced' OR @drafts AND v.status IN ('draft', 'checked', 'consulted', 'approved') AND hetu.sees(@seen, NULL, v.division_id, v.river_id, v.geom))
    UNION ALL
    SELECT 'zone', v.id, v.version, v.regionid, v.type::text, v.side, NULL, v.river_id, NULL, NULL, v.valid, v.geom FROM hetu.zone_version v
    WHERE 'zone' = ANY (@kinds) AND v.valid @> @as_of AND v.recorded @> @known_at
        AND (hetu.announced_project(v.project_id, @as_of, @known_at) OR @drafts AND hetu.project_seen(@seen, v.project_id))
), pair AS MATERIALIZED (
    SELECT i.kind, i.id, i.version, i.name, i.type, i.bank, i.status, i.river_id, i.division_id, i.legal_doc_id, i.valid, i.geom,
        l.id AS land_id, l.version AS land_version, l.theme, l.name AS land_name, l.authority, l.surveyed_on, lower(l.valid) AS land_from, l.geom AS land_geom,
        CASE WHEN (SELECT w.geom FROM within w) IS NULL THEN ST_Intersection(i.geom, l.geom)
            ELSE ST_Intersection(ST_Intersection(i.geom, l.geom), (SELECT w.geom FROM within w)) END AS part
    FROM item i JOIN hetu.land_version l ON ST_Intersects(i.geom, l.geom)
    WHERE l.valid @> @as_of AND l.recorded @> @known_at AND (@theme::text = '' OR l.theme = @theme) AND (@river::bigint = 0 OR i.river_id = @river)
        AND (@division = '' OR CASE WHEN (SELECT w.geom FROM within w) IS NULL THEN i.division_id IN (SELECT id FROM down)
            ELSE ST_Intersects(i.geom, (SELECT w.geom FROM within w)) END)
    ORDER BY i.kind, i.id, l.id LIMIT @limit::int
)
SELECT p.kind, p.id, p.version, p.name, p.type, p.status, p.bank, NULL::smallint AS level, NULL::float8 AS measure_m, p.authority, NULL::date AS dated,
    lower(p.valid) AS valid_from, upper(p.valid) AS valid_to,
    r.id AS river_id, r.name AS river_name, r.name_en AS river_name_en, r.code AS river_code,
    c.kind AS doc_kind, c.number AS doc_number, c.title AS doc_title, c.issuer AS doc_issuer, c.dated AS doc_dated,
    p.land_id, p.land_version, p.theme, p.land_name, p.surveyed_on, p.land_from,
    t.id AS division_id, t.name AS division_name, t.name_en AS division_name_en, t.code AS division_code,
    CASE WHEN t.id IS NULL THEN p.geom END AS geom, CASE WHEN t.id IS NULL THEN p.land_geom END AS land_geom, coalesce(t.part, p.part) AS part
FROM pair p
CROSS JOIN LATERAL (
    SELECT NULL::bigint AS id, NULL::text AS name, NULL::text AS name_en, NULL::text AS code, NULL::geometry AS part
    UNION ALL
    SELECT v.id, v.name, v.name_en, v.code, ST_Intersection(p.part, v.geom) FROM hetu.division_version v
    WHERE v.level = 4 AND v.valid @> @as_of AND v.recorded @> @known_at AND ST_Intersects(v.geom, p.part)
) t
LEFT JOIN hetu.river_version r ON r.id = p.river_id AND r.valid @> @as_of AND r.recorded @> @known_at
LEFT JOIN hetu.legal_doc_version c ON c.id = p.legal_doc_id AND c.valid @> @as_of AND c.recorded @> @known_at
ORDER BY p.kind, p.id, p.land_id, t.id NULLS FIRST
