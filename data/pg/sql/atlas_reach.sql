-- atlas_reach: reaches for the atlas, each row with the days it is true. in: @ids; without the lines marked "of ids", all.
-- out: id (in its order), valid, geom LineString EPSG:4490, then code, name, river_id, level, division_id, bank_scope, route_id,
-- from_m, to_m.
SELECT r.id, r.valid, r.geom, r.code, r.name, r.river_id, r.level, r.division_id, r.bank_scope, r.route_id, r.from_m, r.to_m
FROM reach_version r
WHERE upper_inf(r.recorded)
    AND r.id = ANY (@ids::bigint[]) -- of ids
ORDER BY r.id -- in order
