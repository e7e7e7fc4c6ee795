-- +goose Up
-- The map reads announced lines and drafts each by themselves, and what reaches and boundaries show of each other: nine of ten rows, or one of ten, of a table whose rows
-- are long with geometry. These indexes have what is shown in them, so that it is not read whole for each.
SET LOCAL lock_timeout = '10s';
CREATE INDEX boundary_version_announced ON hetu.boundary_version (route_id) INCLUDE (river_id, bank, from_m, to_m, valid) WHERE upper_inf(recorded) AND status = 'announced';
CREATE INDEX boundary_version_drafted ON hetu.boundary_version (id) INCLUDE (river_id) WHERE upper_inf(recorded) AND status IN ('draft', 'checked', 'consulted', 'approved');
