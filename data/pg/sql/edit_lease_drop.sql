-- edit_lease_drop: somebody's work on a range has ended. in: @project, @session, @account.
DELETE FROM hetu.lease WHERE project_id = @project::bigint AND session = @session::text AND account_id = @account::bigint
