-- project_zones_at: the shoreline zones of a project as they were known, from upstream down per bank. in: @project, @on, @known_at. out: MultiPolygon, EPSG:4490.
SELECT v.id, k.key, v.type, v.regionid, v.side, v.basis, v.restraints, v.from_m, v.to_m, v.len_km, v.area_m2, v.start_lon, v.start_lat, v.end_lon, v.end_lat,
    lower(v.valid) AS valid_from, lower(v.recorded) AS written_at, v.geom
FROM hetu.zone_version v
JOIN hetu.zone k ON k.id = v.id
WHERE v.project_id = @project::bigint AND v.recorded @> @known_at::timestamptz AND v.valid @> @on::date
ORDER BY v.side, v.regionid
