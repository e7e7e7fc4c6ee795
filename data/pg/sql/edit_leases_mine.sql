-- edit_leases_mine: how many leases an account holds in a project, one session's aside. in: @project, @session, @account, @at. out: one row.
SELECT count(*) FROM hetu.lease l WHERE l.project_id = @project::bigint AND l.account_id = @account::bigint AND l.session <> @session::text AND l.until > @at::timestamptz
