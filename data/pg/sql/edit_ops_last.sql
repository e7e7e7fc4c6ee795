-- edit_ops_last: the last operation of a session, and whose it is. in: @project, @session.
SELECT o.seq, o.account_id FROM hetu.draft_op o WHERE o.project_id = @project::bigint AND o.session = @session::text ORDER BY o.seq DESC LIMIT 1
