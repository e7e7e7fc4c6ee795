-- edit_lease: somebody is at work on a range, or still is; leases that have ended go. in: what it is. out: a row when it is his.
WITH gone AS (DELETE FROM hetu.lease WHERE project_id = @project::bigint AND until <= @at::timestamptz AND session <> @session::text)
INSERT INTO hetu.lease (project_id, session, account_id, account_name, bank, from_m, to_m, until)
VALUES (@project, @session, @account::bigint, @name::text, @bank::text, @from_m::float8, @to_m::float8, @until::timestamptz)
ON CONFLICT (project_id, session) DO UPDATE SET account_name = excluded.account_name, bank = excluded.bank, from_m = excluded.from_m, to_m = excluded.to_m, until = excluded.until
WHERE hetu.lease.account_id = excluded.account_id
RETURNING until
