-- edit_division_level: the level of a division today, 0 where there is none. in: @division, @day. out: one row.
SELECT coalesce((SELECT d.level FROM hetu.division_version d WHERE d.id = @division::bigint AND upper_inf(d.recorded) AND d.valid @> @day::date), 0)::int
