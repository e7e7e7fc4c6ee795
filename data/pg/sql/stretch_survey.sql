-- stretch_survey: what was surveyed of a river within a box. in: @river, the box in degrees, @as_of, @known_at. out: LineStringZ, EPSG:4490.
SELECT b.id, b.kind, b.bank, b.levee_class, b.toe_side, b.flood_kind, b.source, b.geom FROM hetu.bank_line_version b
WHERE b.river_id = @river::bigint AND b.geom && ST_MakeEnvelope(@west::float8, @south::float8, @east::float8, @north::float8, 4490)
    AND b.valid @> @as_of::date AND b.recorded @> @known_at::timestamptz
ORDER BY b.id
