-- access_digests_ops: the digest of the operations that each commit ended, by the time of its write.
SELECT lower(v.recorded) AS at, coalesce(encode(hetu.draft_digest(e.project_id, e.account_id, e.after_n, e.to_n), 'hex'), '') AS digest
FROM hetu.draft_end e JOIN hetu.project_version v ON v.id = e.project_id AND v.revision = e.revision WHERE e.how = 'committed' ORDER BY lower(v.recorded)
