-- edit_comments: the comments on a project, the oldest first. in: @project, @after (an id), @limit.
SELECT c.id, c.revision, c.bank, c.from_m, c.to_m, c.lon, c.lat, c.reply_to, c.blocking, c.text, c.account_id, c.account_name, c.at, c.resolved_name, c.resolved_at, c.resolution
FROM hetu.comment c WHERE c.project_id = @project::bigint AND c.id > @after::bigint ORDER BY c.id LIMIT @limit::int
