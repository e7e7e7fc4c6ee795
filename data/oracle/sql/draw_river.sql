-- draw_river: the layer river, simplified at one tile unit up to zoom 12, then cut: a part of tile.sql, which says what @zoom
-- and b are. out: the layer's bytes, none if it is empty.
SELECT coalesce(st_asmvt(f, 'river', 4096, 'geom', 'id'), '')
FROM (SELECT t.id,
    st_asmvtgeom(st_clipbybox2d(CASE WHEN @zoom <= 12 THEN st_simplify(t.geom, b.unit) ELSE t.geom END, b.edge), b.square, 4096, 64, false) AS geom,
    CASE WHEN @zoom >= 10 THEN t.code END AS code, t.name, t.name_en, t.river_id,
        CASE WHEN @zoom >= 8 THEN t.river_kind END AS river_kind, t.levels, t.perennial, t."order",
        CASE WHEN @zoom >= 10 THEN t.flows_into END AS flows_into
    FROM b JOIN hetu_oracle.river t ON t.rank <= @zoom AND t.geom && b.around
    ORDER BY t.rank, t.id) f
