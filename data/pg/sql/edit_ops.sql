-- edit_ops: operations of a session's draft. in: @project, @session, who, @at, @seqs, @bases, @ops (as many).
INSERT INTO hetu.draft_op (project_id, session, seq, account_id, account_name, at, base, op)
SELECT @project::bigint, @session::text, o.seq, @account::bigint, @name::text, @at::timestamptz, o.base, o.op FROM unnest(@seqs::int[], @bases::int[], @ops::text[]) o (seq, base, op)
