-- draft_seen: the boundaries not announced yet that those may see who see the drafts of a tree of divisions. in: @divisions (their roots).
SELECT b.id FROM hetu.boundary_version b CROSS JOIN (SELECT hetu.division_tree(@divisions::bigint[]) AS ids OFFSET 0) tree
WHERE upper_inf(b.recorded) AND b.status IN ('draft', 'checked', 'consulted', 'approved') AND hetu.sees(tree.ids, b.id, NULL, b.river_id, b.geom)
ORDER BY b.id
