-- project_stakes_taken: every number that was ever given to a stake or a sign of a river, also of those removed, with the river's key. in: @river.
-- out: at least one row; bank is NULL of a sign, number of a river without any.
SELECT r.key AS river_key, n.bank, n.number
FROM hetu.river r
LEFT JOIN LATERAL (SELECT DISTINCT CASE WHEN v.kind <> 'sign' THEN v.bank END AS bank, v.number
    FROM hetu.boundary_version b JOIN hetu.stake_version v ON v.boundary_id = b.id WHERE b.river_id = r.id AND v.number IS NOT NULL) n ON true
WHERE r.id = @river::bigint
ORDER BY n.bank NULLS LAST, n.number
