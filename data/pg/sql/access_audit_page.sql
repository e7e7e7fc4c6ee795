-- access_audit_page: rows of the chain of logins, grants and refusals that an actor may read: all for an administrator of the installation, else
-- those of accounts that he keeps. in: @account (0: the command line), @key, @before, @limit.
WITH own AS MATERIALIZED (
    SELECT @account::bigint = 0 OR coalesce(bool_or(g.division_id IS NULL), false) AS everywhere, hetu.division_tree(array_agg(g.division_id) FILTER (WHERE g.division_id IS NOT NULL)) AS tree
    FROM hetu.grants_of(@account, @key::text) g WHERE g.role = 'admin'
)
SELECT e.id, e.at, e.actor, coalesce(e.account_id, 0) AS account, coalesce(e.key_id, '') AS key, coalesce(e.ip, '') AS ip, coalesce(e.request_id, '') AS request,
    e.action, CASE WHEN p.hidden THEN 'of another division' ELSE coalesce(e.object, '') END AS object, e.result, CASE WHEN p.hidden THEN '' ELSE coalesce(e.detail, '') END AS detail, encode(e.hash, 'hex') AS hash
FROM hetu.access_audit e CROSS JOIN own LEFT JOIN hetu.account a ON a.id = e.account_id
-- What an account did to a project elsewhere is for those who know of that project.
CROSS JOIN LATERAL (SELECT NOT own.everywhere AND e.object ~ 'project [0-9]' AND NOT EXISTS (
    SELECT FROM hetu.project_version v WHERE v.id = substring(e.object FROM 'project ([0-9]{1,18})')::bigint AND upper_inf(v.recorded)
        AND (v.division_id || v.partner_division_ids) && own.tree
) AS hidden) p
WHERE (@before::bigint = 0 OR e.id < @before) AND (own.everywhere OR a.division_id = ANY (own.tree))
ORDER BY e.id DESC LIMIT @limit::int
