-- stake_numbers: every number that was ever given to a stake or a sign of rivers given by natural key, also of those removed. in: @rivers.
-- out: river, bank (of a sign NULL), number.
SELECT DISTINCT r.key AS river, CASE WHEN v.kind <> 'sign' THEN v.bank END AS bank, v.number
FROM hetu.river r JOIN hetu.boundary_version b ON b.river_id = r.id JOIN hetu.stake_version v ON v.boundary_id = b.id
WHERE r.key = ANY (@rivers::text[]) AND v.number IS NOT NULL
ORDER BY 1, 2 NULLS LAST, 3
