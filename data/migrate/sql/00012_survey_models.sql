-- +goose Up
-- What a boundary project is drawn by beside its surveyed lines: how close its stakes stand, and elevation models 数字高程模型.
SET LOCAL lock_timeout = '10s';

-- The profile that the stakes of a project were placed by; NULL: its rule profile.
ALTER TABLE hetu.project_version ADD COLUMN stake_profile text CHECK (stake_profile <> '');
ALTER TABLE staging.project ADD COLUMN stake_profile text;
GRANT INSERT (stake_profile) ON staging.project TO hetu_rw;
SELECT hetu.write_merge('project');

-- An elevation model that a planner sent for a project; its file is kept by its hash. cols and rows are of what lies around the project's stretch.
CREATE TABLE hetu.project_model (
    project_id bigint NOT NULL REFERENCES hetu.project (id), sha256 text NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    bytes bigint NOT NULL CHECK (bytes > 0), name text NOT NULL CHECK (name <> ''), crs text NOT NULL, datum text NOT NULL CHECK (datum <> ''), source text NOT NULL CHECK (source <> ''),
    cols integer NOT NULL CHECK (cols > 0), rows integer NOT NULL CHECK (rows > 0), cell_m double precision NOT NULL CHECK (cell_m > 0 AND hetu.finite(cell_m)),
    account_id bigint NOT NULL, account_name text NOT NULL, at timestamptz NOT NULL,
    PRIMARY KEY (project_id, sha256)
);
CREATE INDEX ON hetu.project_model (sha256);
GRANT SELECT ON hetu.project_model TO hetu_rw, hetu_backup;
GRANT INSERT, UPDATE, DELETE ON hetu.project_model TO hetu_rw;
