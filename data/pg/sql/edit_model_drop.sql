-- edit_model_drop: an elevation model of a project is taken away. in: @project, @sha256. out: a row if it was there: whether nothing else names its file.
WITH gone AS (DELETE FROM hetu.project_model m WHERE m.project_id = @project::bigint AND m.sha256 = @sha256::text RETURNING m.sha256)
SELECT NOT EXISTS (SELECT FROM hetu.project_model o WHERE o.sha256 = @sha256 AND o.project_id <> @project)
    AND NOT EXISTS (SELECT FROM hetu.file f WHERE f.sha256 = @sha256) AND NOT EXISTS (SELECT FROM hetu.legal_doc_version l WHERE l.file_sha256 = @sha256) AS last
FROM gone
