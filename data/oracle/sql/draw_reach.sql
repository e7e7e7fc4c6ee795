-- draw_reach: the layer reach, simplified at one tile unit up to zoom 12, then cut: a part of tile.sql, which says what @zoom
-- and b are. out: the layer's bytes, none if it is empty.
SELECT coalesce(st_asmvt(f, 'reach', 4096, 'geom', 'id'), '')
FROM (SELECT t.id,
    st_asmvtgeom(st_clipbybox2d(CASE WHEN @zoom <= 12 THEN st_simplify(t.geom, b.unit) ELSE t.geom END, b.edge), b.square, 4096, 64, false) AS geom,
    CASE WHEN @zoom >= 12 THEN t.code END AS code, CASE WHEN @zoom >= 10 THEN t.name END AS name,
        CASE WHEN @zoom >= 10 THEN t.river END AS river, t.river_id, t.level,
        CASE WHEN @zoom >= 12 THEN t.division END AS division,
        CASE WHEN @zoom >= 12 THEN t.division_code END AS division_code, t.bank_scope, t.has_chief, t.has_board,
        t.has_boundary, t.has_plan
    FROM b JOIN hetu_oracle.reach t ON t.rank <= @zoom AND t.geom && b.around
    ORDER BY t.rank, t.id) f
