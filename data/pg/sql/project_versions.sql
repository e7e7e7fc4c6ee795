-- project_versions: the versions of a boundary, the oldest first. in: @id, and who asks: what is not announced yet is told to those who see its
-- project, and a superseded version to the others only when it or one before it was announced.
WITH f AS (SELECT v.* FROM hetu.boundary_version v WHERE v.id = @id::bigint)
SELECT f.version, f.status, lower(f.valid) AS valid_from, upper(f.valid) AS valid_to, lower(f.recorded) AS recorded, upper(f.recorded) AS closed,
    f.from_m, f.to_m, f.legal_doc_id, f.geom_sha256, f.project_id
FROM f
WHERE f.project_id IS NOT NULL AND hetu.project_may(@account::bigint, @key::text, @roles::text[], f.project_id, true)
    OR upper_inf(f.recorded) AND (f.status = 'announced' OR f.status IN ('superseded', 'withdrawn')
        AND EXISTS (SELECT FROM f earlier WHERE earlier.version < f.version AND earlier.status = 'announced'))
ORDER BY f.version
