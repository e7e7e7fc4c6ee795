-- change_end: the last settled change. out: xid, seq, when, number of the write; no row for an empty feed.
SELECT c.xid, c.seq, c.at, c.audit_id
FROM hetu.change c
WHERE c.xid < pg_snapshot_xmin(pg_current_snapshot())
ORDER BY c.xid DESC, c.seq DESC LIMIT 1
