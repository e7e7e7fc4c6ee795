-- access_chain_write: the chain of writes, in its order. out: said is what the row says now, body what was hashed.
SELECT a.id, a.at, a.body, a.prev, a.hash, hetu.audit_body(a) AS said FROM hetu.audit a ORDER BY a.id
