-- access_account: one account. in: @id (0: by the others), @name, @issuer, @subject (NULL: not looked for). out: at most one row; password is a
-- hash, NULL where it logs in elsewhere or has not chosen one; its grants as arrays.
SELECT a.id, a.name, a.display_name, coalesce(a.division_id, 0) AS division, a.password_hash AS password, a.issuer, a.subject, a.disabled, a.made_at, g.ids, g.roles, g.divisions
FROM hetu.account a CROSS JOIN LATERAL (
    SELECT coalesce(array_agg(id ORDER BY id), '{}') AS ids, coalesce(array_agg(role ORDER BY id), '{}') AS roles, coalesce(array_agg(coalesce(division_id, 0) ORDER BY id), '{}') AS divisions
    FROM hetu.account_grant WHERE account_id = a.id AND ended_at IS NULL
) g
WHERE a.id = @id::bigint OR a.name = @name::text OR a.issuer = @issuer::text AND a.subject = @subject::text LIMIT 1
