-- access_chain_access: the chain of logins, grants and refusals, in its order. out: said is what the row says now, body what was hashed.
SELECT a.id, a.at, a.body, a.prev, a.hash, hetu.access_body(a) AS said FROM hetu.access_audit a ORDER BY a.id
