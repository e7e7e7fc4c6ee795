-- export_reaches: the layer as of a moment. in: @as_of, @known_at. out: natural key, attributes, LineString, downstream, EPSG:4490.
SELECT k.key, (SELECT to_jsonb(p) FROM (SELECT
        v.code_scheme,
        v.code,
        v.name,
        river.key AS river,
        route.key AS route,
        v.from_m,
        v.to_m,
        v.bank_scope,
        v.level,
        division.key AS division,
        v.start_place,
        v.end_place,
        lower(v.valid) AS valid_from,
        upper(v.valid) AS valid_to,
        v.source
    ) p) AS properties, v.geom AS geom
FROM hetu.reach_version v JOIN hetu.reach k ON k.id = v.id
LEFT JOIN hetu.river river ON river.id = v.river_id
LEFT JOIN hetu.route route ON route.id = v.route_id
LEFT JOIN hetu.division division ON division.id = v.division_id
WHERE v.valid @> @as_of::date AND v.recorded @> @known_at::timestamptz
ORDER BY v.id
