-- fill_section: water quality sections, flat. in: @as_of. into hetu_oracle.section(id, rank smallint, geom Point
-- EPSG:3857, then the fields of the tile layer).
INSERT INTO hetu_oracle.section
SELECT s.id, (CASE s.kind WHEN 'national' THEN 8 WHEN 'provincial' THEN 9 WHEN 'city' THEN 10 ELSE 11 END)::smallint AS rank,
    st_transform(st_setsrid(st_force2d(s.geom), 4326), 3857) AS geom, s.code, s.name, s.kind, s.target_class AS target, v.name AS river, d.name AS division
FROM hetu.section_version s
LEFT JOIN hetu.river_version v ON v.id = s.river_id AND v.valid @> @as_of::date AND v.recorded @> 'infinity'::timestamptz
LEFT JOIN hetu.division_version d ON d.id = s.assess_division_id AND d.valid @> @as_of::date AND d.recorded @> 'infinity'::timestamptz
WHERE s.valid @> @as_of::date AND s.recorded @> 'infinity'::timestamptz
