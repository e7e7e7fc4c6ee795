-- touch_route: features that show routes which were written: the other routes of their rivers, one of which carries the name. in:
-- @ids. out: layer, id.
SELECT DISTINCT 'river' AS layer, s.id
FROM route_version o
JOIN route_version s ON s.river_id = o.river_id
WHERE o.id = ANY (@ids::bigint[])
