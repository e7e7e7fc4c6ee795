-- touch_post: features that show posts which were written: the reaches that they are of. in: @ids. out: layer, id.
SELECT DISTINCT 'reach' AS layer, p.reach_id AS id
FROM post_version p
WHERE p.id = ANY (@ids::bigint[]) AND p.reach_id IS NOT NULL AND p.role IN ('chief', 'lake_chief', 'reservoir_chief')
