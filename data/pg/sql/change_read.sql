-- change_read: changes after a position, whole transactions of them, oldest first. Those of a transaction that may still be
-- followed by an older one are not settled: a reader must not go past them. A position is (xid, seq): by seq alone a late commit
-- would be skipped. in: @xid, @seq (0, 0 is the beginning), @limit (more when the last transaction has more).
SELECT c.xid, c.seq, c.at, c.kind, c.op, c.feature_id, c.version, c.box, c.audit_id, c.xid < pg_snapshot_xmin(pg_current_snapshot()) AS settled
FROM hetu.change c
WHERE (c.xid, c.seq) > (@xid::xid8, @seq::bigint)
ORDER BY c.xid FETCH FIRST (@limit::int) ROWS WITH TIES
