-- profile_alongside: the sections and outfalls of a river, and the lower ends of rivers that flow into it. in: @id, @as_of, @known_at.
-- out: lon and lat of the place; of a mouth also of a place some metres above it, where the water comes from. EPSG:4490.
WITH mouth AS (
    SELECT r.id, r.code, r.name, ST_EndPoint(rt.geom) AS at, ST_LineInterpolatePoint(ST_Force2D(rt.geom), greatest(0, 1 - 5 / rt.length_m)) AS before
    FROM hetu.river_version r
    JOIN hetu.route_version rt ON rt.river_id = r.id AND rt.valid @> @as_of::date AND rt.recorded @> @known_at::timestamptz
    WHERE r.flows_into_id = @id::bigint AND r.valid @> @as_of::date AND r.recorded @> @known_at::timestamptz
)
SELECT 'section' AS kind, s.id, s.code, s.name, s.kind AS type, NULL::text AS state, s.target_class::int AS target_class, NULL::text AS bank,
    s.route_id, s.measure_m, ST_X(s.geom) AS lon, ST_Y(s.geom) AS lat, ST_X(s.geom) AS from_lon, ST_Y(s.geom) AS from_lat
FROM hetu.section_version s
WHERE s.river_id = @id AND s.valid @> @as_of::date AND s.recorded @> @known_at::timestamptz
UNION ALL
SELECT 'outfall', o.id, o.code, o.name, o.kind, o.approval, NULL, o.bank, o.route_id, o.measure_m, ST_X(o.geom), ST_Y(o.geom), ST_X(o.geom), ST_Y(o.geom)
FROM hetu.outfall_version o
WHERE o.river_id = @id AND o.valid @> @as_of::date AND o.recorded @> @known_at::timestamptz
UNION ALL
SELECT 'tributary', m.id, m.code, m.name, NULL, NULL, NULL, NULL, NULL, NULL, ST_X(m.at), ST_Y(m.at), ST_X(m.before), ST_Y(m.before)
FROM mouth m
ORDER BY 1, 2, 11, 12
