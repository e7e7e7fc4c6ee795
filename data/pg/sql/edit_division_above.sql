-- edit_division_above: whether a division is another or one above it, by the parents of today. in: @division, @of. out: one row.
SELECT @of::bigint = ANY (hetu.division_path(@division::bigint))
