-- overlay_versions: a management area or boundary on a day, or in one of its versions. in: @kind (area, boundary), @id, @version (0: that of
-- @as_of), @drafts (also what is not announced yet, of the tree of divisions @seen, NULL: of all, and by number what was struck from the record), @as_of, @known_at. out: at most one row,
-- the newest; geometry EPSG:4490. A superseded version is told only if it or one before it was announced: a draft can be superseded too.
WITH f AS (
    SELECT 'area' AS kind, v.id, v.version, v.name, NULL::text AS bank, v.status, v.river_id, NULL::bigint AS route_id, v.legal_doc_id, v.valid, v.recorded, v.geom,
        @drafts::boolean AND hetu.sees(@seen::bigint[], NULL, v.division_id, v.river_id, v.geom) AS seen FROM hetu.area_version v
    WHERE @kind::text = 'area' AND v.id = @id::bigint
    UNION ALL
    SELECT 'boundary', v.id, v.version, v.name, v.bank, v.status, v.river_id, v.route_id, v.legal_doc_id, v.valid, v.recorded, v.geom,
        @drafts AND hetu.sees(@seen, v.id, NULL, v.river_id, v.geom) FROM hetu.boundary_version v
    WHERE @kind = 'boundary' AND v.id = @id
)
SELECT f.kind, f.id, f.version, f.name, f.bank, f.status, lower(f.valid) AS valid_from, upper(f.valid) AS valid_to,
    r.id AS river_id, r.name AS river_name, r.name_en AS river_name_en, r.code AS river_code, f.route_id,
    l.kind AS doc_kind, l.number AS doc_number, l.title AS doc_title, l.issuer AS doc_issuer, l.dated AS doc_dated, f.geom
FROM f
LEFT JOIN LATERAL (SELECT r.* FROM hetu.river_version r WHERE r.id = f.river_id AND r.recorded @> @known_at::timestamptz ORDER BY r.valid @> @as_of::date DESC, r.version DESC LIMIT 1) r ON true
LEFT JOIN LATERAL (SELECT l.* FROM hetu.legal_doc_version l WHERE l.id = f.legal_doc_id AND l.recorded @> @known_at ORDER BY l.valid && f.valid DESC, l.version DESC LIMIT 1) l ON true
WHERE (@version::int = 0 AND f.valid @> @as_of AND f.recorded @> @known_at
        OR f.version = @version AND (f.recorded @> @known_at OR f.seen AND lower(f.recorded) <= @known_at))
    AND (f.seen OR f.status = 'announced' OR f.status = 'superseded' AND EXISTS (SELECT FROM f earlier
        WHERE earlier.version < f.version AND earlier.status = 'announced' AND lower(earlier.recorded) <= @known_at))
ORDER BY f.version DESC LIMIT 1
