-- atlas_river: routes for the atlas, which draws them as rivers, each row with the days it is true. in: @ids; without the lines
-- marked "of ids", all. out: id (in its order), valid, geom LineStringM EPSG:4490, then river_id, stream_order.
SELECT o.id, o.valid, o.geom, o.river_id, o.stream_order
FROM route_version o
WHERE upper_inf(o.recorded)
    AND o.id = ANY (@ids::bigint[]) -- of ids
ORDER BY o.id -- in order
