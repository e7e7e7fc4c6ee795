-- +goose Up
-- Boundaries that are not announced yet are few, and a layer of their own: it is read without going through all the others.
SET LOCAL lock_timeout = '10s';
CREATE INDEX boundary_version_open ON hetu.boundary_version (id)
    WHERE upper_inf(recorded) AND status IN ('draft', 'checked', 'consulted', 'approved');
