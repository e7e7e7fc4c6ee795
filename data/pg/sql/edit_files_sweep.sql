-- edit_files_sweep: those of some files that nothing names, no document and no visit of a stake in any of their versions and no elevation model of a project, and that nobody sent since a time. That files that
-- nothing names were sent before is forgotten. in: @sums, @since. out: one row a file.
WITH gone AS (
    DELETE FROM hetu.file f WHERE f.at < @since::timestamptz
        AND NOT EXISTS (SELECT FROM hetu.legal_doc_version l WHERE l.file_sha256 = f.sha256) AND NOT EXISTS (SELECT FROM hetu.stake_version v WHERE v.photo_sha256 = f.sha256)
        AND NOT EXISTS (SELECT FROM hetu.project_model m WHERE m.sha256 = f.sha256)
)
SELECT s.sum FROM unnest(@sums::text[]) s (sum)
WHERE NOT EXISTS (SELECT FROM hetu.legal_doc_version l WHERE l.file_sha256 = s.sum) AND NOT EXISTS (SELECT FROM hetu.stake_version v WHERE v.photo_sha256 = s.sum)
    AND NOT EXISTS (SELECT FROM hetu.project_model m WHERE m.sha256 = s.sum)
    AND NOT EXISTS (SELECT FROM hetu.file f WHERE f.sha256 = s.sum AND f.at >= @since)
ORDER BY s.sum
