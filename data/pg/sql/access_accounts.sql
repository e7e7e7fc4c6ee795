-- access_accounts: the accounts that an actor keeps: those of the divisions below its own. in: @account (0: all, for the command line),
-- @key, @after (an id), @limit. out: as access_account.
WITH own AS MATERIALIZED (
    SELECT @account::bigint = 0 OR coalesce(bool_or(g.division_id IS NULL), false) AS everywhere, hetu.division_tree(array_agg(g.division_id) FILTER (WHERE g.division_id IS NOT NULL)) AS tree
    FROM hetu.grants_of(@account, @key::text) g WHERE g.role = 'admin'
)
SELECT a.id, a.name, a.display_name, coalesce(a.division_id, 0) AS division, NULL::text AS password, a.issuer, a.subject, a.disabled, a.made_at, g.ids, g.roles, g.divisions
FROM hetu.account a CROSS JOIN own CROSS JOIN LATERAL (
    SELECT coalesce(array_agg(id ORDER BY id), '{}') AS ids, coalesce(array_agg(role ORDER BY id), '{}') AS roles, coalesce(array_agg(coalesce(division_id, 0) ORDER BY id), '{}') AS divisions
    FROM hetu.account_grant WHERE account_id = a.id AND ended_at IS NULL
) g
WHERE (own.everywhere OR a.division_id = ANY (own.tree)) AND a.id > @after::bigint ORDER BY a.id LIMIT @limit::int
