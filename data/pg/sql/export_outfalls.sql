-- export_outfalls: the layer as of a moment. in: @as_of, @known_at. out: natural key, attributes, Point, EPSG:4490.
SELECT k.key, (SELECT to_jsonb(p) FROM (SELECT
        v.code,
        v.name,
        v.kind,
        v.approval,
        v.monitored,
        river.key AS river,
        v.measure_m,
        v.bank,
        division.key AS division,
        lower(v.valid) AS valid_from,
        upper(v.valid) AS valid_to,
        v.source
    ) p) AS properties, v.geom AS geom
FROM hetu.outfall_version v JOIN hetu.outfall k ON k.id = v.id
LEFT JOIN hetu.river river ON river.id = v.river_id
LEFT JOIN hetu.division division ON division.id = v.division_id
WHERE v.valid @> @as_of::date AND v.recorded @> @known_at::timestamptz
ORDER BY v.id
