-- atlas_section: water quality sections for the atlas, each row with the days it is true. in: @ids; without the lines marked
-- "of ids", all. out: id (in its order), valid, geom Point EPSG:4490, then code, name, kind, target_class, river_id, assess_division_id.
SELECT s.id, s.valid, s.geom, s.code, s.name, s.kind, s.target_class, s.river_id, s.assess_division_id
FROM section_version s
WHERE upper_inf(s.recorded)
    AND s.id = ANY (@ids::bigint[]) -- of ids
ORDER BY s.id -- in order
