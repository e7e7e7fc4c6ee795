-- project_check_last: the last run of the quality rules over a project. in: @project. out: at most one row.
SELECT c.revision, c.at, c.account_name AS by, c.body FROM hetu.project_check c WHERE c.project_id = @project::bigint ORDER BY c.n DESC LIMIT 1
