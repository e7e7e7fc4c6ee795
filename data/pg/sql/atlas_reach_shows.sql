-- atlas_reach_shows: what reaches show of others, over the days it is true. in: @ids of the reaches; without the lines marked
-- "of ids", of all. out: what, id, valid, name, code, number, from_m, to_m, of. what is 1 a river (number: its Strahler order), 2 a
-- division, 3 a chief in office (id of the reach), 4 a board (id of the reach), 5 an announced boundary (id of the route; name:
-- its bank), 6 a plan of a reach, 7 a plan of a river. Of all, 8 a chief's post (of: the reach) and 9 an appointment (id of the post)
-- stand for 3: to join a million of each here takes three times as long as to read both.
SELECT 1::smallint AS what, v.id, v.valid, v.name, NULL::text AS code, v.stream_order AS number, NULL::float8 AS from_m, NULL::float8 AS to_m, NULL::bigint AS of
FROM river_version v
WHERE upper_inf(v.recorded)
    AND v.id IN (SELECT r.river_id FROM reach_version r WHERE r.id = ANY (@ids::bigint[]) AND upper_inf(r.recorded)) -- of ids
UNION ALL
SELECT 2::smallint, d.id, d.valid, d.name, d.code, NULL, NULL, NULL, NULL
FROM division_version d
WHERE upper_inf(d.recorded)
    AND d.id IN (SELECT r.division_id FROM reach_version r WHERE r.id = ANY (@ids::bigint[]) AND upper_inf(r.recorded)) -- of ids
UNION ALL
SELECT 4::smallint, r.id, b.valid, NULL, NULL, NULL, NULL, NULL, NULL
FROM board_version b
CROSS JOIN LATERAL unnest(b.reach_ids) AS r (id)
-- Not upper_inf: beside the index of reach_ids the whole of a partial one would be read.
WHERE b.recorded @> 'infinity'::timestamptz
    AND b.reach_ids && @ids::bigint[] -- of ids
UNION ALL
SELECT 5::smallint, b.route_id, b.valid, b.bank, NULL, NULL, b.from_m, b.to_m, NULL
FROM boundary_version b
WHERE upper_inf(b.recorded) AND b.status = 'announced' AND b.route_id IS NOT NULL
    AND b.route_id IN (SELECT r.route_id FROM reach_version r WHERE r.id = ANY (@ids::bigint[]) AND upper_inf(r.recorded)) -- of ids
UNION ALL
SELECT 6::smallint, p.reach_id, p.valid, NULL, NULL, NULL, NULL, NULL, NULL
FROM plan_version p
WHERE upper_inf(p.recorded) AND p.reach_id IS NOT NULL AND p.status IN ('approved', 'in_force')
    AND p.reach_id = ANY (@ids::bigint[]) -- of ids
UNION ALL
SELECT 7::smallint, p.river_id, p.valid, NULL, NULL, NULL, NULL, NULL, NULL
FROM plan_version p
WHERE upper_inf(p.recorded) AND p.river_id IS NOT NULL AND p.status IN ('approved', 'in_force')
    AND p.river_id IN (SELECT r.river_id FROM reach_version r WHERE r.id = ANY (@ids::bigint[]) AND upper_inf(r.recorded)) -- of ids
UNION ALL -- of ids
SELECT 3::smallint, p.reach_id, p.valid * a.valid, NULL, NULL, NULL, NULL, NULL, NULL -- of ids
FROM post_version p -- of ids
JOIN appointment_version a ON a.post_id = p.id AND upper_inf(a.recorded) -- of ids
WHERE upper_inf(p.recorded) AND p.reach_id IS NOT NULL AND p.role IN ('chief', 'lake_chief', 'reservoir_chief') -- of ids
    AND p.reach_id = ANY (@ids::bigint[]) -- of ids
UNION ALL -- of all
SELECT 8::smallint, p.id, p.valid, NULL, NULL, NULL, NULL, NULL, p.reach_id -- of all
FROM post_version p -- of all
WHERE upper_inf(p.recorded) AND p.reach_id IS NOT NULL AND p.role IN ('chief', 'lake_chief', 'reservoir_chief') -- of all
UNION ALL -- of all
SELECT 9::smallint, a.post_id, a.valid, NULL, NULL, NULL, NULL, NULL, NULL -- of all
FROM appointment_version a -- of all
WHERE upper_inf(a.recorded) -- of all
