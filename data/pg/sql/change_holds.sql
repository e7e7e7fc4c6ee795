-- change_holds: whether there is a change at a position, of that time, and a write of a number. in: @xid, @seq, @at, @version (0 is any). out: yes or no.
SELECT EXISTS (SELECT FROM hetu.change WHERE xid = @xid::xid8 AND seq = @seq::bigint AND at = @at::timestamptz)
    AND (@version::bigint = 0 OR EXISTS (SELECT FROM hetu.audit WHERE id = @version::bigint))
