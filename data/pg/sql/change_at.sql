-- change_at: whether there is a change at a position, of that time. in: @xid, @seq, @at. out: yes or no.
SELECT EXISTS (SELECT FROM hetu.change WHERE xid = @xid::xid8 AND seq = @seq::bigint AND at = @at::timestamptz)
