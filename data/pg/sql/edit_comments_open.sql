-- edit_comments_open: how many comments on a project stop its approval. in: @project.
SELECT count(*) FROM hetu.comment c WHERE c.project_id = @project::bigint AND c.blocking AND c.resolved_at IS NULL
