-- atlas_outfall: outfalls for the atlas, each row with the days it is true. in: @ids; without the lines marked "of ids", all.
-- out: id (in its order), valid, geom Point EPSG:4490, then code, name, kind, approval, monitored, bank, river_id.
SELECT o.id, o.valid, o.geom, o.code, o.name, o.kind, o.approval, o.monitored, o.bank, o.river_id
FROM outfall_version o
WHERE upper_inf(o.recorded)
    AND o.id = ANY (@ids::bigint[]) -- of ids
ORDER BY o.id -- in order
