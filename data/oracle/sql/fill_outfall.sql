-- fill_outfall: outfalls, flat. in: @as_of. into hetu_oracle.outfall(id, rank smallint, geom Point EPSG:3857, then the
-- fields of the tile layer).
INSERT INTO hetu_oracle.outfall
SELECT o.id, 10::smallint AS rank, st_transform(st_setsrid(st_force2d(o.geom), 4326), 3857) AS geom,
    o.code, o.name, o.kind, o.approval, o.monitored, o.bank, v.name AS river
FROM hetu.outfall_version o
LEFT JOIN hetu.river_version v ON v.id = o.river_id AND v.valid @> @as_of::date AND v.recorded @> 'infinity'::timestamptz
WHERE o.valid @> @as_of::date AND o.recorded @> 'infinity'::timestamptz
