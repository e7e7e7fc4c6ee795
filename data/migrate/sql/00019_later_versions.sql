-- +goose Up
-- The map is read from the tables as they stand, but for what has several versions, which is read once more by its ids. Those are few: to find them the index of all ids
-- was counted.
SET LOCAL lock_timeout = '10s';
CREATE INDEX reach_version_later ON hetu.reach_version (id) WHERE version > 1;
CREATE INDEX route_version_later ON hetu.route_version (id) WHERE version > 1;
CREATE INDEX boundary_version_later ON hetu.boundary_version (id) WHERE version > 1;
CREATE INDEX board_version_later ON hetu.board_version (id) WHERE version > 1;
