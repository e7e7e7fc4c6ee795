-- river_find: rivers by id, by name or by alias, best match first. in: @ids (null: all), @q (empty: all), @limit, @as_of, @known_at.
-- out: lengths in metres and the point and box of the river's routes in EPSG:4490; the point lies on its longest route.
WITH found AS (
    SELECT r.*, CASE WHEN @q::text = '' THEN 0 WHEN lower(r.name) = lower(@q) OR lower(r.name_en) = lower(@q) OR @q = ANY (r.aliases) THEN 0
            WHEN starts_with(lower(r.name), lower(@q)) OR starts_with(lower(r.name_en), lower(@q)) THEN 1 ELSE 2 END AS rank
    FROM hetu.river_version r
    WHERE r.valid @> @as_of::date AND r.recorded @> @known_at::timestamptz AND (@ids::bigint[] IS NULL OR r.id = ANY (@ids))
        AND (@q = '' OR strpos(lower(r.name), lower(@q)) > 0 OR strpos(lower(coalesce(r.name_en, '')), lower(@q)) > 0
            OR EXISTS (SELECT FROM unnest(r.aliases) a WHERE strpos(lower(a), lower(@q)) > 0))
    ORDER BY rank, r.managing_levels = '{}', (SELECT min(l) FROM unnest(r.managing_levels) l), length(r.name), r.name, r.id
    LIMIT @limit::int
)
SELECT f.id, f.code_scheme, f.code, f.name, f.name_en, f.river_kind AS kind, f.managing_levels AS levels, f.perennial, f.aliases, f.basin_area_km2,
    f.stream_order, f.source_place, f.mouth_place, f.source,
    d.id AS division_id, d.name AS division_name, d.name_en AS division_name_en, d.code AS division_code,
    i.id AS into_id, i.name AS into_name, i.name_en AS into_name_en, i.code AS into_code,
    g.length_m, g.lon, g.lat, g.west, g.south, g.east, g.north
FROM found f
LEFT JOIN hetu.division_version d ON d.id = f.division_id AND d.valid @> @as_of::date AND d.recorded @> @known_at::timestamptz
LEFT JOIN hetu.river_version i ON i.id = f.flows_into_id AND i.valid @> @as_of::date AND i.recorded @> @known_at::timestamptz
LEFT JOIN LATERAL (
    SELECT sum(rt.length_m) AS length_m, min(ST_XMin(rt.geom)) AS west, min(ST_YMin(rt.geom)) AS south, max(ST_XMax(rt.geom)) AS east, max(ST_YMax(rt.geom)) AS north,
        (array_agg(ST_X(ST_LineInterpolatePoint(ST_Force2D(rt.geom), 0.5)) ORDER BY rt.length_m DESC, rt.id))[1] AS lon,
        (array_agg(ST_Y(ST_LineInterpolatePoint(ST_Force2D(rt.geom), 0.5)) ORDER BY rt.length_m DESC, rt.id))[1] AS lat
    FROM hetu.route_version rt WHERE rt.river_id = f.id AND rt.valid @> @as_of::date AND rt.recorded @> @known_at::timestamptz
) g ON true
ORDER BY f.rank, f.managing_levels = '{}', (SELECT min(l) FROM unnest(f.managing_levels) l), length(f.name), f.name, f.id
