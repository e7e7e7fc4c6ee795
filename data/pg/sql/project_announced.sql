-- project_announced: announced boundaries beside a route that are in force on a day or from a later one. in: @route, @river (a boundary may name no
-- route), @from (the day), @ids (of these only; NULL: of all). out: each with the days of the row; geometry LineString, EPSG:4490.
SELECT b.id, k.key, b.name, b.river_id, b.route_id, b.project_id, b.bank, b.from_m, b.to_m, b.basis_kind, b.rule_profile, b.width_m, b.source, b.reason, b.legal_doc_id,
    b.geom_sha256, b.lead_level, lower(b.valid) AS valid_from, upper(b.valid) AS valid_to, b.geom
FROM hetu.boundary_version b
JOIN hetu.boundary k ON k.id = b.id
WHERE upper_inf(b.recorded) AND b.status = 'announced' AND b.valid && daterange(@from::date, NULL)
    AND (b.route_id = @route::bigint OR b.route_id IS NULL AND b.river_id = @river::bigint) AND (@ids::bigint[] IS NULL OR b.id = ANY (@ids))
ORDER BY b.id, lower(b.valid)
