-- overlay_union: polygons that may lie on each other as one. in: @polygons (EPSG:4490). out: geometry, EPSG:4490.
SELECT ST_UnaryUnion(@polygons::geometry)
