-- +goose Up
-- Management areas follow from the lines that are announced: a row of one tells beside which range of which route it lies, and which project's
-- announcement it goes back to. What a project makes besides its lines, its zones, is in force from the day of the announcement on.
SET LOCAL lock_timeout = '10s';

ALTER TABLE hetu.area_version ADD COLUMN project_id bigint REFERENCES hetu.project (id), ADD COLUMN route_id bigint REFERENCES hetu.route (id),
    ADD COLUMN from_m double precision, ADD COLUMN to_m double precision,
    ADD CONSTRAINT area_version_range_check CHECK (from_m < to_m AND hetu.finite(from_m) AND hetu.finite(to_m));
ALTER TABLE staging.area ADD COLUMN project_id bigint, ADD COLUMN route_id bigint, ADD COLUMN from_m double precision, ADD COLUMN to_m double precision;
CREATE INDEX area_version_of_route ON hetu.area_version (route_id) WHERE upper_inf(recorded);
CREATE INDEX area_version_of_project ON hetu.area_version (project_id) WHERE project_id IS NOT NULL;
GRANT INSERT (project_id, route_id, from_m, to_m) ON staging.area TO hetu_rw;
SELECT hetu.write_merge('area');

-- announced_project is that of 00010, by the project's own day: a zone stays in force where another project takes the lines beside it and makes no zones
-- there, and it ends by its own row.
CREATE OR REPLACE FUNCTION hetu.announced_project(p_project bigint, p_as_of date, p_known_at timestamptz) RETURNS boolean
LANGUAGE sql STABLE SET search_path = hetu, public, pg_temp AS $$
    SELECT p_project IS NULL OR EXISTS (SELECT FROM hetu.project_version p WHERE p.id = p_project AND p.recorded @> p_known_at
        AND p.status IN ('announced', 'superseded', 'withdrawn') AND p.effective_from <= p_as_of)
$$;
-- project_seen is that of 00010; what was drafted and given up is no draft any more.
CREATE OR REPLACE FUNCTION hetu.project_seen(p_tree bigint[], p_project bigint) RETURNS boolean
LANGUAGE sql STABLE SET search_path = hetu, public, pg_temp AS $$
    SELECT EXISTS (SELECT FROM hetu.project_version p WHERE p.id = p_project AND upper_inf(p.recorded) AND p.status <> 'withdrawn'
        AND (p_tree IS NULL OR (p.division_id || p.partner_division_ids) && p_tree))
$$;
