-- draw_boundary: the layer boundary, simplified at one tile unit up to zoom 12, then cut: a part of tile.sql, which says what @zoom
-- and b are. out: the layer's bytes, none if it is empty.
SELECT coalesce(st_asmvt(f, 'boundary', 4096, 'geom', 'id'), '')
FROM (SELECT t.id,
    st_asmvtgeom(st_clipbybox2d(CASE WHEN @zoom <= 12 THEN st_simplify(t.geom, b.unit) ELSE t.geom END, b.edge), b.square, 4096, 64, false) AS geom,
    CASE WHEN @zoom >= 12 THEN t.name END AS name, CASE WHEN @zoom >= 12 THEN t.river END AS river, t.bank, t.basis,
        t.status, CASE WHEN @zoom >= 12 THEN t.version END AS version,
        CASE WHEN @zoom >= 12 THEN t.effective END AS effective
    FROM b JOIN hetu_oracle.boundary t ON t.rank <= @zoom AND t.geom && b.around
    ORDER BY t.rank, t.id) f
