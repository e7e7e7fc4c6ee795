-- project_log: revisions of a project after one, the oldest first. in: @project, @after, @limit.
SELECT c.revision, c.base, c.kind, c.status, c.account_id, c.account_name, c.at, c.ranges, c.content_sha256, c.note, c.overrode
FROM hetu.project_commit c WHERE c.project_id = @project::bigint AND c.revision > @after::int ORDER BY c.revision LIMIT @limit::int
