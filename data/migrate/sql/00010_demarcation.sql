-- +goose Up
-- What is made from the lines of a boundary project: zones carry the project's id, so that those of a draft are told to nobody else, and
-- the last run of the quality rules is kept.
SET LOCAL lock_timeout = '10s';

ALTER TABLE hetu.zone_version ADD COLUMN project_id bigint REFERENCES hetu.project (id);
ALTER TABLE staging.zone ADD COLUMN project_id bigint;
CREATE INDEX zone_version_of_project ON hetu.zone_version (project_id) WHERE upper_inf(recorded);
GRANT INSERT (project_id) ON staging.zone TO hetu_rw;
SELECT hetu.write_merge('zone');

-- announced_project tells whether what carries a project's id may be told to everyone of a day: it carries none, or the project's lines are in force on it.
CREATE FUNCTION hetu.announced_project(p_project bigint, p_as_of date, p_known_at timestamptz) RETURNS boolean
LANGUAGE sql STABLE SET search_path = hetu, public, pg_temp AS $$
    SELECT p_project IS NULL OR EXISTS (SELECT FROM hetu.boundary_version b
        WHERE b.project_id = p_project AND b.status = 'announced' AND b.valid @> p_as_of AND b.recorded @> p_known_at)
$$;
-- project_seen tells whether what a project made is shown to who sees the drafts of a tree of divisions; NULL is all.
CREATE FUNCTION hetu.project_seen(p_tree bigint[], p_project bigint) RETURNS boolean
LANGUAGE sql STABLE SET search_path = hetu, public, pg_temp AS $$
    SELECT p_tree IS NULL OR EXISTS (SELECT FROM hetu.project_version p WHERE p.id = p_project AND upper_inf(p.recorded) AND (p.division_id || p.partner_division_ids) && p_tree)
$$;
REVOKE EXECUTE ON FUNCTION hetu.announced_project(bigint, date, timestamptz), hetu.project_seen(bigint[], bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION hetu.announced_project(bigint, date, timestamptz), hetu.project_seen(bigint[], bigint) TO hetu_rw, hetu_ro;

-- A run of the quality rules over what a project has; body is what was answered.
CREATE TABLE hetu.project_check (
    project_id bigint NOT NULL REFERENCES hetu.project (id), n integer NOT NULL CHECK (n >= 1), revision integer NOT NULL CHECK (revision >= 1),
    account_id bigint NOT NULL, account_name text NOT NULL, at timestamptz NOT NULL, body text NOT NULL CHECK (length(body) <= 8388608),
    PRIMARY KEY (project_id, n)
);
GRANT SELECT ON hetu.project_check TO hetu_rw, hetu_backup;
GRANT INSERT, DELETE ON hetu.project_check TO hetu_rw;
