-- roster_end: the last settled position of the feed, how many changes after it the snapshot sees, and the newest write's number.
SELECT coalesce(e.xid::text::bigint, 0) AS xid, coalesce(e.seq, 0) AS seq, coalesce((SELECT max(id) FROM hetu.audit), 0) AS version,
    (SELECT count(*) FROM hetu.change c WHERE c.xid >= pg_snapshot_xmin(pg_current_snapshot())) AS held
FROM (SELECT pg_snapshot_xmin(pg_current_snapshot()) AS xmin) s
LEFT JOIN LATERAL (SELECT c.xid, c.seq FROM hetu.change c WHERE c.xid < s.xmin ORDER BY c.xid DESC, c.seq DESC LIMIT 1) e ON true
