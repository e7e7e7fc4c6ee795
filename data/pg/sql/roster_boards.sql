-- roster_boards: the present record of boards. in: @ids; without the lines marked "of ids", all. out: position in degrees, EPSG:4490.
SELECT v.id, v.reach_ids, lower(v.valid) AS valid_from, upper(v.valid) AS valid_to, v.level, v.code, v.site_text, v.state, v.installed_on, v.content_date,
    ST_X(v.geom) AS lon, ST_Y(v.geom) AS lat, v.content_snapshot::text AS content
FROM hetu.board_version v
WHERE upper_inf(v.recorded)
    AND v.id = ANY (@ids::bigint[]) -- of ids
