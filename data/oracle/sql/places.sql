-- places: a place for every reach, so that tiles are asked for where the data are. out: lon, lat (degrees, EPSG:4490) of its
-- middle vertex, by id.
SELECT st_x(p.geom) AS lon, st_y(p.geom) AS lat
FROM hetu_oracle.reach r
CROSS JOIN LATERAL (SELECT st_transform(st_pointn(r.geom, (st_npoints(r.geom) + 1) / 2), 4326) AS geom) p
ORDER BY r.id
