-- atlas_board_shows: what boards show of others, over the days it is true. in: @ids of the boards; without the lines marked
-- "of ids", of all. out: what (1 a division), id, valid, name.
SELECT 1::smallint AS what, d.id, d.valid, d.name
FROM division_version d
WHERE upper_inf(d.recorded)
    AND d.id IN (SELECT b.division_id FROM board_version b WHERE b.id = ANY (@ids::bigint[]) AND upper_inf(b.recorded)) -- of ids
