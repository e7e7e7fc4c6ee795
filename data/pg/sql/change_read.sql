-- change_read: changes after a position, none of a transaction that may still be followed by an older one. A position is
-- (xid, seq): by seq alone a late commit would be skipped. in: @xid, @seq (0, 0 is the beginning), @limit.
SELECT c.xid::text AS xid, c.seq, c.at, c.kind, c.op, c.feature_id, c.version, c.box
FROM hetu.change c
WHERE (c.xid, c.seq) > (@xid::text::xid8, @seq::bigint) AND c.xid < pg_snapshot_xmin(pg_current_snapshot())
ORDER BY c.xid, c.seq LIMIT @limit::int
