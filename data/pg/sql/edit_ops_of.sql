-- edit_ops_of: the operations of a session's draft after one, in their order, as many as hold four megabytes, and one at least, with what became of them. in: @project,
-- @session ('': of all), @after, @limit.
WITH page AS (
    SELECT o.* FROM hetu.draft_op o WHERE o.project_id = @project::bigint AND (@session::text = '' OR o.session = @session) AND o.seq > @after::int
    ORDER BY o.session, o.seq LIMIT @limit::int
), sized AS (
    SELECT p.*, sum(octet_length(p.op)) OVER (ORDER BY p.session, p.seq) - octet_length(p.op) AS before FROM page p
)
SELECT s.session, s.seq, s.base, s.account_id, s.account_name, s.at, s.op, e.how AS ended FROM sized s
LEFT JOIN LATERAL (SELECT e.how FROM hetu.draft_end e WHERE e.project_id = s.project_id AND e.account_id = s.account_id AND e.to_n >= s.n ORDER BY e.to_n LIMIT 1) e ON true
WHERE s.before < 4194304 ORDER BY s.session, s.seq
