-- export_divisions: the layer as of a moment. in: @as_of, @known_at. out: natural key, attributes, MultiPolygon or none, EPSG:4490.
SELECT k.key, (SELECT to_jsonb(p) FROM (SELECT
        v.code_scheme,
        v.code,
        v.name,
        v.name_en,
        v.level,
        v.kind,
        parent.key AS parent,
        lower(v.valid) AS valid_from,
        upper(v.valid) AS valid_to,
        v.source
    ) p) AS properties, v.geom AS geom
FROM hetu.division_version v JOIN hetu.division k ON k.id = v.id
LEFT JOIN hetu.division parent ON parent.id = v.parent_id
WHERE v.valid @> @as_of::date AND v.recorded @> @known_at::timestamptz
ORDER BY v.id
