-- project_lines_left: how many announced lines a project has that are in force for good, but for some. in: @project, @but.
SELECT count(*) FROM hetu.boundary_version b
WHERE b.project_id = @project::bigint AND upper_inf(b.recorded) AND b.status = 'announced' AND upper_inf(b.valid) AND NOT b.id = ANY (@but::bigint[])
