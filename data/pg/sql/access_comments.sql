-- access_comments: what stands for each comment and its resolution: said and how are what the program told of it, made and done what the database did.
SELECT c.id, c.at, c.account_id, 'sha256 ' || encode(sha256(convert_to(format('revision %s, blocking %s: %s', c.revision, CASE WHEN c.blocking THEN 'true' ELSE 'false' END, c.text), 'UTF8')), 'hex') AS said,
    hetu.comment_digest(c, false) AS made, c.resolved_at IS NOT NULL AS resolved, coalesce(c.resolved_by, 0) AS resolved_by,
    coalesce('sha256 ' || encode(sha256(convert_to(c.resolution, 'UTF8')), 'hex'), '') AS how, hetu.comment_digest(c, true) AS done
FROM hetu.comment c ORDER BY c.id
