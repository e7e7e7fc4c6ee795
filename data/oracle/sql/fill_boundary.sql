-- fill_boundary: announced boundaries, flat. in: @as_of. into hetu_oracle.boundary(id, rank smallint, geom LineString
-- EPSG:3857, then the fields of the tile layer).
INSERT INTO hetu_oracle.boundary
SELECT b.id, 11::smallint AS rank, st_transform(st_setsrid(st_force2d(b.geom), 4326), 3857) AS geom,
    b.name, v.name AS river, b.bank, b.basis_kind AS basis, b.status, b.version,
    CASE WHEN lower_inf(b.valid) THEN NULL ELSE to_char(lower(b.valid), 'YYYY-MM-DD') END AS effective
FROM hetu.boundary_version b
LEFT JOIN hetu.river_version v ON v.id = b.river_id AND v.valid @> @as_of::date AND v.recorded @> 'infinity'::timestamptz
WHERE b.status = 'announced' AND b.valid @> @as_of::date AND b.recorded @> 'infinity'::timestamptz
