-- export_notice-boards: the layer as of a moment. in: @as_of, @known_at. out: natural key, attributes, Point, EPSG:4490.
SELECT k.key, (SELECT to_jsonb(p) FROM (SELECT
        v.code,
        v.level,
        (SELECT jsonb_agg(r.key ORDER BY r.id) FROM hetu.reach r WHERE r.id = ANY (v.reach_ids)) AS reaches,
        v.bank,
        division.key AS division,
        v.site_text,
        v.installed_on,
        v.content_date,
        v.content_snapshot,
        v.state,
        lower(v.valid) AS valid_from,
        upper(v.valid) AS valid_to,
        v.source
    ) p) AS properties, v.geom AS geom
FROM hetu.board_version v JOIN hetu.board k ON k.id = v.id
LEFT JOIN hetu.division division ON division.id = v.division_id
WHERE v.valid @> @as_of::date AND v.recorded @> @known_at::timestamptz
ORDER BY v.id
