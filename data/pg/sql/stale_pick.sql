-- stale_pick: the boards that are asked about, by id. in: @river (NULL: any; its reaches as of the day), @divisions (that they stand in;
-- NULL: any), @as_of, @known_at.
SELECT b.id FROM hetu.board_version b
WHERE (@divisions::bigint[] IS NULL OR b.division_id = ANY (@divisions))
    AND (@river::bigint IS NULL OR b.reach_ids && ARRAY(
        SELECT r.id FROM hetu.reach_version r WHERE r.river_id = @river AND r.valid @> @as_of::date AND r.recorded @> @known_at::timestamptz))
    AND b.valid @> @as_of::date AND b.recorded @> @known_at::timestamptz
ORDER BY b.id
