-- edit_files_loose: how many bytes of files an account sent that no document and no stake names. in: @account. out: one row.
SELECT coalesce(sum(f.bytes), 0)::bigint FROM hetu.file f
WHERE f.account_id = @account::bigint AND NOT EXISTS (SELECT FROM hetu.legal_doc_version l WHERE l.file_sha256 = f.sha256)
    AND NOT EXISTS (SELECT FROM hetu.stake_version v WHERE v.photo_sha256 = f.sha256)
