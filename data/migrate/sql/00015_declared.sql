-- +goose Up
-- What a boundary project declares for the quality rules to hold it against: {"enclaves": [[lon, lat], …], "text_lengths": [{"of", "metres", "where"}, …]},
-- positions within holes of its area that are meant, and the lengths that its texts tell. NULL is nothing. And findings of what a rule could not look at.
SET LOCAL lock_timeout = '10s';

ALTER TABLE hetu.project_version ADD COLUMN declared jsonb;
ALTER TABLE staging.project ADD COLUMN declared jsonb;
GRANT INSERT (declared) ON staging.project TO hetu_rw;
SELECT hetu.write_merge('project');

ALTER TABLE hetu.finding_version DROP CONSTRAINT finding_version_severity_check,
    ADD CONSTRAINT finding_version_severity_check CHECK (severity IN ('blocker', 'warning', 'info'));
