-- access_draft_ends: the first end of a draft that does not follow from what stands beside it. out: at most one row: when, and what of it.
WITH e AS (
    SELECT e.id, e.project_id, e.account_id, e.how, e.revision, e.at, e.after_n, e.to_n, coalesce(lag(e.to_n) OVER (PARTITION BY e.project_id, e.account_id ORDER BY e.to_n), 0) AS was
    FROM hetu.draft_end e
)
SELECT f.at, f.what FROM (
    SELECT 1 AS n, e.at, format('the end %s of a draft is of revision %s of project %s, which there is not', e.id, e.revision, e.project_id) AS what FROM e
    WHERE e.how = 'committed' AND NOT EXISTS (SELECT FROM hetu.project_version v WHERE v.id = e.project_id AND v.revision = e.revision)
    UNION ALL
    SELECT 2, e.at, format('the end %s of a draft does not begin where the one before it ended', e.id) FROM e WHERE e.after_n <> e.was
    UNION ALL
    SELECT 3, d.day::timestamptz, format('the draft of account %s in project %s is said to have ended where it did not', d.account_id, d.project_id)
    FROM hetu.draft d WHERE d.ended_n <> (SELECT coalesce(max(e.to_n), 0) FROM e WHERE e.project_id = d.project_id AND e.account_id = d.account_id)
) f ORDER BY f.n, f.at LIMIT 1
