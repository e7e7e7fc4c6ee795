-- project_written: when the newest of a project's particulars and lines was recorded, the code of its river and its document. in: @project, @day.
SELECT greatest(lower(p.recorded), (SELECT max(lower(b.recorded)) FROM hetu.boundary_version b WHERE b.project_id = p.id AND upper_inf(b.recorded))) AS written_at,
    coalesce(r.code, '') AS river_code
FROM hetu.project_version p
LEFT JOIN hetu.river_version r ON r.id = p.river_id AND upper_inf(r.recorded) AND r.valid @> @day::date
WHERE p.id = @project::bigint AND upper_inf(p.recorded)
