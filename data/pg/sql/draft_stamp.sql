-- draft_stamp: what the drafts that somebody sees depend on. out: one row.
SELECT coalesce((SELECT a.id FROM hetu.audit a ORDER BY a.id DESC LIMIT 1), 0) AS written, hetu.today()::timestamptz AS day
