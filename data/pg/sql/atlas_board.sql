-- atlas_board: notice boards for the atlas, each row with the days it is true. in: @ids; without the lines marked "of ids", all.
-- out: id (in its order), valid, geom Point EPSG:4490, then code, level, state, bank, site_text, division_id, installed_on, content_date.
SELECT b.id, b.valid, b.geom, b.code, b.level, b.state, b.bank, b.site_text, b.division_id, b.installed_on, b.content_date
FROM board_version b
WHERE upper_inf(b.recorded)
    AND b.id = ANY (@ids::bigint[]) -- of ids
ORDER BY b.id -- in order
