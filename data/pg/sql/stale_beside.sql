-- stale_beside: the reaches of any level that come within a metre of the places of boards, over time; which of them hold the place is for
-- duty.Reach.Has to say. in: @boards with their @routes, @measures (metres) and @banks (NULL: either), one of each a board, @known_at.
SELECT b.id AS board_id, r.id, r.from_m, r.to_m, lower(r.valid) AS valid_from, upper(r.valid) AS valid_to
FROM unnest(@boards::bigint[], @routes::bigint[], @measures::float8[], @banks::text[]) AS b (id, route_id, m, bank)
JOIN hetu.reach_version r ON r.route_id = b.route_id AND r.from_m <= b.m + 1 AND r.to_m >= b.m - 1
WHERE (b.bank IS NULL OR r.bank_scope IN ('both', b.bank)) AND r.recorded @> @known_at::timestamptz
ORDER BY b.id, r.id, lower(r.valid) NULLS FIRST
