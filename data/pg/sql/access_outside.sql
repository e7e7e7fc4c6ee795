-- access_outside: the part of a geometry that lies outside where an account has one of the roles. in: @account, @key (NULL: a person),
-- @roles, @geom. out: NULL when all lies inside.
SELECT hetu.outside_grants(@account::bigint, @key::text, @roles::text[], @geom::geometry)
