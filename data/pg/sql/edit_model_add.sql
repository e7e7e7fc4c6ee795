-- edit_model_add: an elevation model of a project; what is said of the same file later takes the place of what was said before.
-- in: @project, @sha256, @bytes, @model_name, @crs, @datum, @source, @cols, @rows, @cell_m, @account, @name, @at.
INSERT INTO hetu.project_model (project_id, sha256, bytes, name, crs, datum, source, cols, rows, cell_m, account_id, account_name, at)
VALUES (@project::bigint, @sha256::text, @bytes::bigint, @model_name::text, @crs::text, @datum::text, @source::text, @cols::integer, @rows::integer, @cell_m::float8,
    @account::bigint, @name::text, @at::timestamptz)
ON CONFLICT (project_id, sha256) DO UPDATE SET name = excluded.name, crs = excluded.crs, datum = excluded.datum, source = excluded.source, cols = excluded.cols, rows = excluded.rows,
    cell_m = excluded.cell_m, account_id = excluded.account_id, account_name = excluded.account_name, at = excluded.at
