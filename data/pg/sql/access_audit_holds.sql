-- access_audit_holds: whether a row of a chain has a hash. in: @chain (write, access), @id, @hash (hexadecimal).
SELECT EXISTS (SELECT FROM hetu.audit WHERE @chain::text = 'write' AND id = @id::bigint AND hash = decode(@hash::text, 'hex'))
    OR EXISTS (SELECT FROM hetu.access_audit WHERE @chain = 'access' AND id = @id AND hash = decode(@hash, 'hex'))
