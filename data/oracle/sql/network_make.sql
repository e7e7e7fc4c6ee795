-- network_make: the river network of a day, flat, in the order of its nodes, with an index for each way to walk. in: @as_of.
DROP SCHEMA IF EXISTS hetu_oracle CASCADE;
CREATE SCHEMA hetu_oracle;
CREATE TABLE hetu_oracle.way AS
    SELECT e.id, e.from_node_id AS upper, e.to_node_id AS lower FROM hetu.edge_version e
    WHERE e.valid @> '@as_of'::date AND upper_inf(e.recorded) ORDER BY e.to_node_id, e.id;
CREATE UNIQUE INDEX way_id ON hetu_oracle.way (id);
CREATE INDEX way_lower ON hetu_oracle.way (lower) INCLUDE (id, upper);
VACUUM (ANALYZE, FREEZE) hetu_oracle.way
