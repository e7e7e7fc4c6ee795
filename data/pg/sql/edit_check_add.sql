-- edit_check_add: a run of the quality rules; the five newest of a project are kept. in: @project, @revision, @account, @name, @at, @body.
WITH n AS (SELECT coalesce(max(c.n), 0) + 1 AS n FROM hetu.project_check c WHERE c.project_id = @project::bigint),
old AS (DELETE FROM hetu.project_check c USING n WHERE c.project_id = @project AND c.n < n.n - 4)
INSERT INTO hetu.project_check (project_id, n, revision, account_id, account_name, at, body)
SELECT @project, n.n, @revision::integer, @account::bigint, @name::text, @at::timestamptz, @body::text FROM n
