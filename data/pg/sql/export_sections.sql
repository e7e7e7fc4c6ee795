-- export_sections: the layer as of a moment. in: @as_of, @known_at. out: natural key, attributes, Point, EPSG:4490.
SELECT k.key, (SELECT to_jsonb(p) FROM (SELECT
        v.code,
        v.name,
        v.kind,
        river.key AS river,
        v.measure_m,
        v.target_class,
        division.key AS division,
        lower(v.valid) AS valid_from,
        upper(v.valid) AS valid_to,
        v.source
    ) p) AS properties, v.geom AS geom
FROM hetu.section_version v JOIN hetu.section k ON k.id = v.id
LEFT JOIN hetu.river river ON river.id = v.river_id
LEFT JOIN hetu.division division ON division.id = v.assess_division_id
WHERE v.valid @> @as_of::date AND v.recorded @> @known_at::timestamptz
ORDER BY v.id
