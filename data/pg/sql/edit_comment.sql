-- edit_comment: a comment. in: what it is. out: its id; none when it answers one that is not of this project.
INSERT INTO hetu.comment (project_id, revision, bank, from_m, to_m, lon, lat, reply_to, blocking, text, account_id, account_name, at)
SELECT @project::bigint, @revision::int, @bank::text, @from_m::float8, @to_m::float8, @lon::float8, @lat::float8, @reply_to::bigint, @blocking::boolean, @text::text,
    @account::bigint, @name::text, @at::timestamptz
WHERE @reply_to IS NULL OR EXISTS (SELECT FROM hetu.comment c WHERE c.id = @reply_to AND c.project_id = @project)
RETURNING id
