-- duty_routes: routes whose line enters a box, and all routes of the rivers of which a bank line enters a wider one or whose
-- announced management area holds the position. in: @lon, @lat, @west, @south, @east, @north and for bank lines @bank_west,
-- @bank_south, @bank_east, @bank_north in degrees, @as_of, @known_at.
-- out: one row a route, geometry LineStringM, EPSG:4490, downstream.
WITH rivers AS (
    SELECT b.river_id FROM hetu.bank_line_version b
    WHERE b.kind = 'bank' AND b.geom && ST_MakeEnvelope(@bank_west::float8, @bank_south::float8, @bank_east::float8, @bank_north::float8, 4490)
        AND b.valid @> @as_of::date AND b.recorded @> @known_at::timestamptz
    UNION
    SELECT a.river_id FROM hetu.area_version a
    WHERE a.status = 'announced' AND ST_Intersects(a.geom, ST_SetSRID(ST_MakePoint(@lon::float8, @lat::float8), 4490))
        AND a.valid @> @as_of::date AND a.recorded @> @known_at::timestamptz
), near AS (
    SELECT rt.row_id FROM hetu.route_version rt
    WHERE rt.geom && ST_MakeEnvelope(@west::float8, @south::float8, @east::float8, @north::float8, 4490)
    UNION
    SELECT rt.row_id FROM hetu.route_version rt JOIN rivers USING (river_id)
)
SELECT rt.id, rt.geom, rv.id AS river_id, rv.code_scheme, rv.code, rv.name, rv.name_en, rv.river_kind AS kind, rv.managing_levels AS levels, rv.perennial
FROM hetu.route_version rt
JOIN hetu.river_version rv ON rv.id = rt.river_id AND rv.valid @> @as_of::date AND rv.recorded @> @known_at::timestamptz
WHERE rt.row_id IN (SELECT row_id FROM near) AND rt.valid @> @as_of::date AND rt.recorded @> @known_at::timestamptz
ORDER BY rt.id
