-- overlay_valid: what is wrong with a polygon. in: @polygon (EPSG:4490). out: one row: reason (NULL: nothing) and place in degrees.
SELECT v.reason, ST_X(v.location) AS lon, ST_Y(v.location) AS lat FROM ST_IsValidDetail(@polygon::geometry) v
