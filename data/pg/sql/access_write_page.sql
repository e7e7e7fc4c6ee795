-- access_write_page: rows of the chain of writes, as access_audit_page.
WITH own AS MATERIALIZED (
    SELECT @account::bigint = 0 OR coalesce(bool_or(g.division_id IS NULL), false) AS everywhere, hetu.division_tree(array_agg(g.division_id) FILTER (WHERE g.division_id IS NOT NULL)) AS tree
    FROM hetu.grants_of(@account, @key::text) g WHERE g.role = 'admin'
)
SELECT e.id, e.at, e.actor, coalesce(e.account_id, 0) AS account, coalesce(e.key_id, '') AS key, coalesce(e.ip, '') AS ip, coalesce(e.request_id, '') AS request,
    'write' AS action, CASE WHEN p.hidden THEN 'a write of another division' ELSE e.what END AS object, 'done' AS result, CASE WHEN p.hidden THEN '' ELSE e.counts::text END AS detail, encode(e.hash, 'hex') AS hash
FROM hetu.audit e CROSS JOIN own LEFT JOIN hetu.account a ON a.id = e.account_id
-- What an account did to a project elsewhere is for those who know of that project.
CROSS JOIN LATERAL (SELECT NOT own.everywhere AND (e.what IN ('begin a project', 'file a document') OR e.what ~ 'project [0-9]') AND NOT EXISTS (
    SELECT FROM hetu.project_version v WHERE v.id = substring(e.what FROM 'project ([0-9]{1,18})')::bigint AND upper_inf(v.recorded)
        AND (v.division_id || v.partner_division_ids) && own.tree
) AS hidden) p
WHERE (@before::bigint = 0 OR e.id < @before) AND (own.everywhere OR a.division_id = ANY (own.tree))
ORDER BY e.id DESC LIMIT @limit::int
