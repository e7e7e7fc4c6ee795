-- find_rivers: rivers in force by code, name or alias. in: @words, @as_of.
SELECT k.key, coalesce(v.code, '') AS code, v.name, v.aliases, coalesce(d.key, '') AS division
FROM hetu.river_version v JOIN hetu.river k ON k.id = v.id LEFT JOIN hetu.division d ON d.id = v.division_id
WHERE (v.code = ANY (@words::text[]) OR v.name = ANY (@words) OR v.aliases && @words) AND v.valid @> @as_of::date AND upper_inf(v.recorded) ORDER BY v.id
