-- export_rivers: the layer as of a moment. in: @as_of, @known_at. out: natural key, attributes, no geometry, EPSG:4490.
SELECT k.key, (SELECT to_jsonb(p) FROM (SELECT
        v.code_scheme,
        v.code,
        v.name,
        v.name_en,
        v.aliases,
        v.river_kind,
        v.basin_area_km2,
        v.length_km,
        v.perennial,
        v.source_place,
        v.mouth_place,
        v.stream_order,
        v.managing_levels,
        v.cross_type,
        flows_into.key AS flows_into,
        division.key AS division,
        lower(v.valid) AS valid_from,
        upper(v.valid) AS valid_to,
        v.source
    ) p) AS properties, NULL::geometry AS geom
FROM hetu.river_version v JOIN hetu.river k ON k.id = v.id
LEFT JOIN hetu.river flows_into ON flows_into.id = v.flows_into_id
LEFT JOIN hetu.division division ON division.id = v.division_id
WHERE v.valid @> @as_of::date AND v.recorded @> @known_at::timestamptz
ORDER BY v.id
