-- atlas_boundary: announced boundaries for the atlas, each row with the days it is true. in: @ids; without the lines marked "of ids", all.
-- out: id (in its order), valid, geom LineString EPSG:4490, then name, river_id, bank, basis_kind, status, version.
SELECT b.id, b.valid, b.geom, b.name, b.river_id, b.bank, b.basis_kind, b.status, b.version
FROM boundary_version b
WHERE upper_inf(b.recorded)
    AND b.status = 'announced' -- of ids
    -- So that no index of announced lines is gone by, which are most: the table as it stands is read sooner.
    AND (b.status = 'announced') IS TRUE -- of all
    AND b.id = ANY (@ids::bigint[]) -- of ids
ORDER BY b.id -- in order
