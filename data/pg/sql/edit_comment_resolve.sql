-- edit_comment_resolve: a comment is dealt with, once. in: @project, @id, who, when, how. out: its id; none when it was before or is not there.
UPDATE hetu.comment SET resolved_by = @account::bigint, resolved_name = @name::text, resolved_at = @at::timestamptz, resolution = @resolution::text
WHERE id = @id::bigint AND project_id = @project::bigint AND resolved_at IS NULL RETURNING id
