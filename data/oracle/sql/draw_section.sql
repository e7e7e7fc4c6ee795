-- draw_section: the layer section: a part of tile.sql, which says what @zoom
-- and b are. out: the layer's bytes, none if it is empty.
SELECT coalesce(st_asmvt(f, 'section', 4096, 'geom', 'id'), '')
FROM (SELECT t.id, st_asmvtgeom(t.geom, b.square, 4096, 64) AS geom,
    CASE WHEN @zoom >= 10 THEN t.code END AS code, t.name, t.kind, t.target,
        CASE WHEN @zoom >= 10 THEN t.river END AS river, CASE WHEN @zoom >= 10 THEN t.division END AS division
    FROM b JOIN hetu_oracle.section t ON t.rank <= @zoom AND t.geom && b.around
    ORDER BY t.rank, t.id) f
