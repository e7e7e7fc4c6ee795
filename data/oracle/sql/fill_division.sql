-- fill_division: divisions, flat. in: @as_of. into hetu_oracle.division(id, rank smallint, geom MultiPolygon EPSG:3857,
-- then the fields of the tile layer).
INSERT INTO hetu_oracle.division
SELECT d.id, (CASE d.level WHEN 1 THEN 0 WHEN 2 THEN 4 WHEN 3 THEN 6 WHEN 4 THEN 9 WHEN 5 THEN 11 ELSE 12 END)::smallint AS rank,
    st_transform(st_setsrid(st_force2d(d.geom), 4326), 3857) AS geom, d.code, d.name, d.name_en, d.level, d.kind
FROM hetu.division_version d
WHERE d.geom IS NOT NULL AND d.valid @> @as_of::date AND d.recorded @> 'infinity'::timestamptz
