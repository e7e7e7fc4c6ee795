-- roster_posts: the present record of posts; one of the three owners is not NULL. in: @ids; without the lines marked "of ids", all.
SELECT v.id, v.reach_id, v.river_id, v.division_id, lower(v.valid) AS valid_from, upper(v.valid) AS valid_to, v.level, v.role, v.dual_role, v.title,
    v.responsible_unit, v.phone_public
FROM hetu.post_version v
WHERE upper_inf(v.recorded)
    AND v.id = ANY (@ids::bigint[]) -- of ids
