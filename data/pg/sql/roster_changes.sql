-- roster_changes: changes after a position, as far as the snapshot sees them. settled: no transaction that still runs can come
-- before it, so a reader may go on from there. in: @xid, @seq (0, 0 is the beginning), @limit.
SELECT c.xid::text::bigint AS xid, c.seq, c.kind, c.feature_id, c.xid < pg_snapshot_xmin(pg_current_snapshot()) AS settled
FROM hetu.change c
WHERE (c.xid, c.seq) > (@xid::bigint::text::xid8, @seq::bigint)
ORDER BY c.xid, c.seq LIMIT @limit::int
