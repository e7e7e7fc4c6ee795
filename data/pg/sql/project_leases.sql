-- project_leases: who is at work on what. in: @project, @at. out: leases that have not ended.
SELECT l.session, l.account_id, l.account_name, l.bank, l.from_m, l.to_m, l.until
FROM hetu.lease l WHERE l.project_id = @project::bigint AND l.until > @at::timestamptz ORDER BY l.account_name, l.session
