-- edit_draft_note: operations are added to the draft of an account, whose row is held until the transaction ends. in: @project, @account, @day, @ops, @bytes (how
-- many). out: what is open then, and what was added on the day.
INSERT INTO hetu.draft AS d (project_id, account_id, ops, bytes, day, day_ops, day_bytes)
VALUES (@project::bigint, @account::bigint, @ops::int, @bytes::bigint, @day::date, @ops, @bytes)
ON CONFLICT (project_id, account_id) DO UPDATE SET ops = d.ops + excluded.ops, bytes = d.bytes + excluded.bytes, day = excluded.day,
    day_ops = CASE WHEN d.day = excluded.day THEN d.day_ops ELSE 0 END + excluded.day_ops, day_bytes = CASE WHEN d.day = excluded.day THEN d.day_bytes ELSE 0 END + excluded.day_bytes
RETURNING ops, bytes, day_ops, day_bytes
