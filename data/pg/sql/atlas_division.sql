-- atlas_division: divisions for the atlas, each row with the days it is true. in: @ids; without the lines marked "of ids", all.
-- out: id (in its order), valid, geom MultiPolygon EPSG:4490, then code, name, name_en, level, kind.
SELECT d.id, d.valid, d.geom, d.code, d.name, d.name_en, d.level, d.kind
FROM division_version d
WHERE upper_inf(d.recorded) AND d.geom IS NOT NULL
    AND d.id = ANY (@ids::bigint[]) -- of ids
ORDER BY d.id -- in order
