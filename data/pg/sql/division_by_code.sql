-- division_by_code: a division by its code, whatever the scheme. in: @division, @as_of, @known_at.
SELECT v.id, v.name, v.name_en, v.code FROM hetu.division_version v
WHERE v.code = @division::text AND v.valid @> @as_of::date AND v.recorded @> @known_at::timestamptz ORDER BY v.id
