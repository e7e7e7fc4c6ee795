-- project_document: documents by id or by the hash of their file, for who asks: those that bind something announced or public are everybody's, the
-- others for those with a role over their division. in: @id (0: by hash), @sha256 ('': by id), @account, @key, @roles.
SELECT l.id, l.kind, l.number, l.title, l.issuer, l.dated, l.file_sha256, l.division_id
FROM hetu.legal_doc_version l
WHERE upper_inf(l.recorded) AND (l.id = @id::bigint OR @id = 0 AND l.file_sha256 = @sha256::text)
    AND (l.division_id IS NULL
        OR EXISTS (SELECT FROM hetu.boundary_version b WHERE b.legal_doc_id = l.id AND b.status = 'announced')
        OR hetu.division_may(@account::bigint, @key::text, @roles::text[], l.division_id))
ORDER BY l.id LIMIT 1
