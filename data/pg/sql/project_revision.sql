-- project_revision: a revision of a project: when it was recorded, its status and the day its lines are read on. in: @project, @revision.
SELECT lower(p.recorded) AS at, p.status, coalesce(p.effective_from, lower(p.valid)) AS day, p.from_m, p.to_m
FROM hetu.project_version p WHERE p.id = @project::bigint AND p.revision = @revision::int
