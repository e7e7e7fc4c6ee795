-- draw_outfall: the layer outfall: a part of tile.sql, which says what @zoom
-- and b are. out: the layer's bytes, none if it is empty.
SELECT coalesce(st_asmvt(f, 'outfall', 4096, 'geom', 'id'), '')
FROM (SELECT t.id, st_asmvtgeom(t.geom, b.square, 4096, 64) AS geom,
    t.code, t.name, t.kind, t.approval, t.monitored, t.bank, t.river
    FROM b JOIN hetu_oracle.outfall t ON t.rank <= @zoom AND t.geom && b.around
    ORDER BY t.rank, t.id) f
