-- export_boundaries: what is announced, as of a moment: drafts are not written to files. in: @as_of, @known_at. out: natural key, attributes, LineString, downstream, EPSG:4490.
SELECT k.key, (SELECT to_jsonb(p) FROM (SELECT
        v.name,
        river.key AS river,
        v.bank,
        v.basis_kind,
        v.rule_profile,
        v.width_m,
        v.from_m,
        v.to_m,
        v.status,
        v.lead_level,
        lower(v.valid) AS valid_from,
        upper(v.valid) AS valid_to,
        v.source
    ) p) AS properties, v.geom AS geom
FROM hetu.boundary_version v JOIN hetu.boundary k ON k.id = v.id
LEFT JOIN hetu.river river ON river.id = v.river_id
WHERE v.status = 'announced' AND v.valid @> @as_of::date AND v.recorded @> @known_at::timestamptz
ORDER BY v.id
