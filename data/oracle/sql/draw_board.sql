-- draw_board: the layer board: a part of tile.sql, which says what @zoom
-- and b are. out: the layer's bytes, none if it is empty.
SELECT coalesce(st_asmvt(f, 'board', 4096, 'geom', 'id'), '')
FROM (SELECT t.id, st_asmvtgeom(t.geom, b.square, 4096, 64) AS geom,
    CASE WHEN @zoom >= 12 THEN t.code END AS code, t.level, t.state, CASE WHEN @zoom >= 12 THEN t.bank END AS bank,
        CASE WHEN @zoom >= 12 THEN t.site END AS site, CASE WHEN @zoom >= 12 THEN t.division END AS division,
        CASE WHEN @zoom >= 13 THEN t.installed_on END AS installed_on,
        CASE WHEN @zoom >= 13 THEN t.content_date END AS content_date
    FROM b JOIN hetu_oracle.board t ON t.rank <= @zoom AND t.geom && b.around
    ORDER BY t.rank, t.id) f
