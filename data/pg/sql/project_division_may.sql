-- project_division_may: whether somebody has one of some roles over a division. in: @account, @key, @roles, @division. out: a truth value.
SELECT hetu.division_may(@account::bigint, @key::text, @roles::text[], @division::bigint) AS may
