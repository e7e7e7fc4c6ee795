-- change_holds: whether there is a change at a position and a write of a number. in: @xid, @seq, @version. out: yes or no.
SELECT EXISTS (SELECT FROM hetu.change WHERE xid = @xid::xid8 AND seq = @seq::bigint) AND EXISTS (SELECT FROM hetu.audit WHERE id = @version::bigint)
