-- edit_models: the elevation models of a project, the oldest first. in: @project. out: none or more rows.
SELECT m.sha256, m.bytes, m.name, m.crs, m.datum, m.source, m.cols, m.rows, m.cell_m, m.account_name AS by, m.at FROM hetu.project_model m
WHERE m.project_id = @project::bigint ORDER BY m.at, m.sha256
