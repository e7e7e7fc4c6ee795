-- access_discards: the digest of the operations that each discard ended, by its number.
SELECT e.id, e.at, coalesce(encode(hetu.draft_digest(e.project_id, e.account_id, e.after_n, e.to_n), 'hex'), '') AS digest
FROM hetu.draft_end e WHERE e.how = 'discarded' ORDER BY e.id
