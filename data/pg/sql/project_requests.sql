-- project_requests: the change requests of a project. in: @project.
SELECT c.id, k.key, c.project_id, c.boundary_id, c.cause, c.reason, c.status, c.asked_by, c.decided_by, lower(c.valid) AS asked_on
FROM hetu.change_request_version c
JOIN hetu.change_request k ON k.id = c.id
WHERE c.project_id = @project::bigint AND upper_inf(c.recorded) ORDER BY c.id
