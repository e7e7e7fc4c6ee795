-- access_key: the key of a system, by its id. in: @id, @now. out: at most one row: a key in force, of an account that is let in.
SELECT k.id, k.hash, k.account_id, a.name, k.used_at, g.roles, g.divisions
FROM hetu.api_key k JOIN hetu.account a ON a.id = k.account_id AND NOT a.disabled
CROSS JOIN LATERAL (SELECT coalesce(array_agg(role ORDER BY role, division_id), '{}') AS roles, coalesce(array_agg(coalesce(division_id, 0) ORDER BY role, division_id), '{}') AS divisions
    FROM hetu.grants_of(a.id, k.id)) g
WHERE k.id = @id::text AND k.ended_at IS NULL AND k.ends_at > @now::timestamptz
