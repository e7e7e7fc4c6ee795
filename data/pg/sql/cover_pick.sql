-- cover_pick: the rivers whose coverage is asked for: those of some divisions, and those of which a reach is theirs. in: @river
-- (NULL: any), @divisions (ids; NULL: any), @as_of, @known_at. out: whole: the river itself is of these divisions.
SELECT r.id, (@divisions::bigint[] IS NULL OR coalesce(r.division_id = ANY (@divisions), false)) AS whole
FROM hetu.river_version r
WHERE (@river::bigint IS NULL OR r.id = @river)
    AND (@divisions IS NULL OR r.division_id = ANY (@divisions) OR r.id IN (
        SELECT x.river_id FROM hetu.reach_version x WHERE x.division_id = ANY (@divisions) AND x.valid @> @as_of::date AND x.recorded @> @known_at::timestamptz))
    AND r.valid @> @as_of::date AND r.recorded @> @known_at::timestamptz
ORDER BY r.id
