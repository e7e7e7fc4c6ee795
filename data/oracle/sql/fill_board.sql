-- fill_board: notice boards as PostGIS draws them best: flat, projected, all attributes worked out for one day. in: @as_of.
-- into hetu_oracle.board(id, rank smallint, geom Point EPSG:3857, then the fields of the tile layer). Lon and lat of
-- EPSG:4490 are taken as they are.
INSERT INTO hetu_oracle.board
SELECT b.id, (CASE WHEN b.level <= 3 THEN 10 WHEN b.level = 4 THEN 11 ELSE 12 END)::smallint AS rank,
    st_transform(st_setsrid(st_force2d(b.geom), 4326), 3857) AS geom,
    b.code, b.level, b.state, b.bank, b.site_text AS site, d.name AS division,
    to_char(b.installed_on, 'YYYY-MM-DD') AS installed_on, to_char(b.content_date, 'YYYY-MM-DD') AS content_date
FROM hetu.board_version b
LEFT JOIN hetu.division_version d ON d.id = b.division_id AND d.valid @> @as_of::date AND d.recorded @> 'infinity'::timestamptz
WHERE b.valid @> @as_of::date AND b.recorded @> 'infinity'::timestamptz
