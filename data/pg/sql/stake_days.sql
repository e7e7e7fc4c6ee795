-- stake_days: on which boundary a stake is to stand from a day on. in: @id, @from (the day). out: each with the days of the row.
SELECT v.boundary_id, lower(v.valid) AS valid_from, upper(v.valid) AS valid_to
FROM hetu.stake_version v
WHERE v.id = @id::bigint AND upper_inf(v.recorded) AND lower(v.valid) >= @from::date
ORDER BY lower(v.valid)
