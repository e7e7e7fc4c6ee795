-- overlay_minus: what of a polygon is not in another. in: @polygon, @other (EPSG:4490). out: geometry, EPSG:4490.
SELECT ST_Difference(@polygon::geometry, @other::geometry)
