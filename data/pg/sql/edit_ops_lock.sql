-- edit_ops_lock: one writer at a time for a session's draft, until the transaction ends. in: @project, @session.
SELECT pg_advisory_xact_lock(hashtextextended('draft ' || @project::bigint || ' ' || @session::text, 0))
