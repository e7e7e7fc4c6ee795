-- edit_first_day: from which day on all that a project's lines rest on is on record without a break: its route and river, the division that leads, those
-- that its lines lie in, and all above them. in: @project, @route, @river, @division, @day (on which they are looked at). out: first_day, NULL where all has
-- always been there.
WITH RECURSIVE lines AS (SELECT b.geom FROM hetu.boundary_version b WHERE b.project_id = @project::bigint AND upper_inf(b.recorded)),
d AS (SELECT v.id, v.parent_id, v.level, v.geom FROM hetu.division_version v WHERE v.valid @> @day::date AND upper_inf(v.recorded)),
needed AS (
    SELECT d.id, d.parent_id FROM d WHERE d.id = @division::bigint
        OR d.level BETWEEN 3 AND 5 AND EXISTS (SELECT FROM lines l WHERE d.geom && l.geom AND ST_Intersects(d.geom, l.geom))
    UNION SELECT d.id, d.parent_id FROM d JOIN needed n ON d.id = n.parent_id),
kept AS (
    SELECT range_agg(v.valid) AS days FROM hetu.route_version v WHERE v.id = @route::bigint AND upper_inf(v.recorded)
    UNION ALL SELECT range_agg(v.valid) FROM hetu.river_version v WHERE v.id = @river::bigint AND upper_inf(v.recorded)
    UNION ALL SELECT range_agg(v.valid) FROM hetu.division_version v WHERE v.id IN (SELECT id FROM needed) AND upper_inf(v.recorded) GROUP BY v.id)
SELECT max(lower(r)) AS first_day FROM kept CROSS JOIN LATERAL unnest(kept.days) r WHERE r @> @day
