-- review_parents: every division with the one above it (0: none). in: @as_of, @known_at.
SELECT v.id, coalesce(v.parent_id, 0) AS parent_id FROM hetu.division_version v
WHERE v.valid @> @as_of::date AND v.recorded @> @known_at::timestamptz
ORDER BY v.id
