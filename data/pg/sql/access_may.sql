-- access_may: whether an account has one of the roles in a division. in: @account, @key (NULL: a person), @roles, @division (NULL: the whole
-- installation).
SELECT hetu.may(@account::bigint, @key::text, @roles::text[], @division::bigint)
