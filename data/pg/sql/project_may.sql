-- project_may: whether somebody has one of some roles over a project's division, or with @partners over one of its partners'.
-- in: @account, @key, @roles, @id, @partners. out: a truth value.
SELECT hetu.project_may(@account::bigint, @key::text, @roles::text[], @id::bigint, @partners::boolean) AS may
