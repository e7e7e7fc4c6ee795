-- edit_draft_end: the draft of an account ends: what is open went into a revision, which the batch that this transaction opened makes, or with @discard is
-- discarded. in: @project, @account, @revision, @at. out: one row; ops is 0 where nothing is open.
SELECT coalesce(e.ended, 0) AS id, e.ops, e.bytes, coalesce(encode(e.digest, 'hex'), '') AS digest
FROM hetu.end_draft(CASE WHEN NOT @discard::boolean THEN currval('staging.batch_id_seq') END, @project::bigint, @account::bigint, @revision::int, @at::timestamptz) e
