-- draw_division: the layer division, on a grid of two tile units below zoom 12: a part of tile.sql, which says what @zoom
-- and b are. out: the layer's bytes, none if it is empty.
SELECT coalesce(st_asmvt(f, 'division', 4096, 'geom', 'id'), '')
FROM (SELECT t.id,
    st_asmvtgeom(CASE WHEN @zoom < 12 THEN st_snaptogrid(t.geom, b.west, b.north, 2 * b.unit, 2 * b.unit) ELSE st_clipbybox2d(t.geom, b.edge) END, b.square, 4096, 64, @zoom < 12) AS geom,
    t.code, t.name, t.name_en, t.level, CASE WHEN @zoom >= 6 THEN t.kind END AS kind
    FROM b JOIN hetu_oracle.division t ON t.rank <= @zoom AND t.geom && b.around
    ORDER BY t.rank, t.id) f
