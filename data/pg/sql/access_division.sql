-- access_division: a division by its id, its code or its name, today. in: @id, @word. out: a row each that fits, two at most.
SELECT d.id, d.code, d.name FROM hetu.division_version d
WHERE upper_inf(d.recorded) AND d.valid @> hetu.today() AND (d.id = @id::bigint OR d.code = @word::text OR d.name = @word) ORDER BY d.id LIMIT 2
