-- export_routes: the layer as of a moment. in: @as_of, @known_at. out: natural key, attributes, LineStringM, downstream, EPSG:4490.
SELECT k.key, (SELECT to_jsonb(p) FROM (SELECT
        river.key AS river,
        v.measure_origin,
        v.calibrated,
        v.flow_dir,
        v.length_m,
        v.stream_order,
        lower(v.valid) AS valid_from,
        upper(v.valid) AS valid_to,
        v.source
    ) p) AS properties, v.geom AS geom
FROM hetu.route_version v JOIN hetu.route k ON k.id = v.id
LEFT JOIN hetu.river river ON river.id = v.river_id
WHERE v.valid @> @as_of::date AND v.recorded @> @known_at::timestamptz
ORDER BY v.id
