-- access_write_page: rows of the chain of writes, as access_audit_page.
WITH own AS MATERIALIZED (
    SELECT @account::bigint = 0 OR coalesce(bool_or(g.division_id IS NULL), false) AS everywhere, hetu.division_tree(array_agg(g.division_id) FILTER (WHERE g.division_id IS NOT NULL)) AS tree
    FROM hetu.grants_of(@account, @key::text) g WHERE g.role = 'admin'
)
SELECT e.id, e.at, e.actor, coalesce(e.account_id, 0) AS account, coalesce(e.key_id, '') AS key, coalesce(e.ip, '') AS ip, coalesce(e.request_id, '') AS request,
    'write' AS action, e.what AS object, 'done' AS result, e.counts::text AS detail, encode(e.hash, 'hex') AS hash
FROM hetu.audit e CROSS JOIN own LEFT JOIN hetu.account a ON a.id = e.account_id
WHERE (@before::bigint = 0 OR e.id < @before) AND (own.everywhere OR a.division_id = ANY (own.tree))
ORDER BY e.id DESC LIMIT @limit::int
