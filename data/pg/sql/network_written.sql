-- network_written: when the river network was last written; NULL: never. Record times rise from write to write (see merge), so what is
-- known at that time or later is what is known now.
SELECT (SELECT a.at FROM hetu.audit a WHERE a.counts ?| ARRAY['edge', 'node', 'route'] ORDER BY a.at DESC LIMIT 1)
