-- place_find: divisions and board sites by name, best match first. in: @q, @limit, @as_of, @known_at. out: positions in EPSG:4490;
-- a division without a geometry is found at that of the first division above it that has one.
WITH RECURSIVE found AS (
    SELECT 'division' AS kind, v.id, v.name, v.name_en, v.level, v.parent_id, v.geom, v.id AS at_id, v.parent_id AS up
    FROM hetu.division_version v
    WHERE v.valid @> @as_of::date AND v.recorded @> @known_at::timestamptz
        AND (strpos(lower(v.name), lower(@q::text)) > 0 OR strpos(lower(coalesce(v.name_en, '')), lower(@q)) > 0)
    UNION ALL
    SELECT f.kind, f.id, f.name, f.name_en, f.level, f.parent_id, v.geom, v.id, CASE WHEN v.parent_id <> ALL (ARRAY[f.id, f.at_id]) THEN v.parent_id END
    FROM found f JOIN hetu.division_version v ON v.id = f.up AND v.valid @> @as_of::date AND v.recorded @> @known_at::timestamptz
    WHERE f.geom IS NULL
), places AS (
    SELECT f.kind, f.id, NULL AS code, f.name, f.name_en, p.name AS division, ST_X(ST_PointOnSurface(f.geom)) AS lon, ST_Y(ST_PointOnSurface(f.geom)) AS lat,
        ST_XMin(f.geom) AS west, ST_YMin(f.geom) AS south, ST_XMax(f.geom) AS east, ST_YMax(f.geom) AS north, f.level AS rank
    FROM found f LEFT JOIN hetu.division_version p ON p.id = f.parent_id AND p.valid @> @as_of::date AND p.recorded @> @known_at::timestamptz
    WHERE f.geom IS NOT NULL
    UNION ALL
    SELECT 'board', b.id, b.code, b.site_text, NULL, d.name, ST_X(b.geom), ST_Y(b.geom), NULL, NULL, NULL, NULL, 10 + b.level
    FROM hetu.board_version b LEFT JOIN hetu.division_version d ON d.id = b.division_id AND d.valid @> @as_of::date AND d.recorded @> @known_at::timestamptz
    WHERE b.site_text IS NOT NULL AND (strpos(lower(b.site_text), lower(@q)) > 0 OR strpos(lower(coalesce(b.code, '')), lower(@q)) > 0)
        AND b.valid @> @as_of::date AND b.recorded @> @known_at::timestamptz
)
SELECT kind, id, code, name, name_en, division, lon, lat, west, south, east, north FROM places
ORDER BY lower(name) <> lower(@q), rank, length(name), name, id LIMIT @limit::int
