-- edit_check_lock: one run at a time is kept of a project, until the transaction ends. in: @project.
SELECT pg_advisory_xact_lock(hashtextextended('check ' || @project::bigint, 0))
