-- find_divisions: divisions in force by code or name. in: @words, @as_of.
SELECT k.key, v.code, v.name, v.level FROM hetu.division_version v JOIN hetu.division k ON k.id = v.id
WHERE (v.code = ANY (@words::text[]) OR v.name = ANY (@words)) AND v.valid @> @as_of::date AND upper_inf(v.recorded) ORDER BY v.id
