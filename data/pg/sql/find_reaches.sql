-- find_reaches: reaches in force by code or name. in: @words, @as_of.
SELECT k.key, coalesce(v.code, '') AS code, coalesce(v.name, '') AS name, v.level FROM hetu.reach_version v JOIN hetu.reach k ON k.id = v.id
WHERE (v.code = ANY (@words::text[]) OR v.name = ANY (@words)) AND v.valid @> @as_of::date AND upper_inf(v.recorded) ORDER BY v.id
