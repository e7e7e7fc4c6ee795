-- edit_ops_of: the operations of a session's draft after one, in their order, as many as hold four megabytes, and one at least. in: @project,
-- @session ('': of all), @after, @limit.
SELECT o.session, o.seq, o.base, o.account_id, o.account_name, o.at, o.op
FROM (SELECT o.*, sum(length(o.op)) OVER (ORDER BY o.session, o.seq) - length(o.op) AS before FROM hetu.draft_op o
    WHERE o.project_id = @project::bigint AND (@session::text = '' OR o.session = @session) AND o.seq > @after::int
    ORDER BY o.session, o.seq LIMIT @limit::int) o
WHERE o.before < 4194304
ORDER BY o.session, o.seq
