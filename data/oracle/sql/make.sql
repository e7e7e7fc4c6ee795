-- make: the scratch schema and its tables, empty: a flat one for each tile layer, with the fields of the layer in the
-- catalogue's order. geom is in EPSG:3857 and is not compressed, which costs room and spares time. No parameters.
DROP SCHEMA IF EXISTS hetu_oracle CASCADE;
CREATE SCHEMA hetu_oracle;
CREATE TABLE hetu_oracle.board (id bigint NOT NULL, rank smallint NOT NULL, geom geometry(Point, 3857) NOT NULL,
    code text, level smallint, state text, bank text, site text, division text, installed_on text, content_date text);
CREATE TABLE hetu_oracle.boundary (id bigint NOT NULL, rank smallint NOT NULL, geom geometry(LineString, 3857) NOT NULL,
    name text, river text, bank text, basis text, status text, version bigint, effective text);
CREATE TABLE hetu_oracle.division (id bigint NOT NULL, rank smallint NOT NULL, geom geometry(MultiPolygon, 3857) NOT NULL,
    code text, name text, name_en text, level smallint, kind text);
CREATE TABLE hetu_oracle.draft (id bigint NOT NULL, rank smallint NOT NULL, geom geometry(LineString, 3857) NOT NULL,
    name text, river text, bank text, basis text, status text, version bigint, effective text);
CREATE TABLE hetu_oracle.outfall (id bigint NOT NULL, rank smallint NOT NULL, geom geometry(Point, 3857) NOT NULL,
    code text, name text, kind text, approval text, monitored boolean, bank text, river text);
CREATE TABLE hetu_oracle.reach (id bigint NOT NULL, rank smallint NOT NULL, geom geometry(LineString, 3857) NOT NULL,
    code text, name text, river text, river_id bigint, level smallint, division text, division_code text, bank_scope text,
    has_chief boolean, has_board boolean, has_boundary boolean, has_plan boolean);
CREATE TABLE hetu_oracle.river (id bigint NOT NULL, rank smallint NOT NULL, geom geometry(LineString, 3857) NOT NULL,
    code text, name text, name_en text, river_id bigint, river_kind text, levels text,
    perennial boolean, "order" smallint, flows_into text);
CREATE TABLE hetu_oracle.section (id bigint NOT NULL, rank smallint NOT NULL, geom geometry(Point, 3857) NOT NULL,
    code text, name text, kind text, target smallint, river text, division text);
ALTER TABLE hetu_oracle.board ALTER geom SET STORAGE external;
ALTER TABLE hetu_oracle.boundary ALTER geom SET STORAGE external;
ALTER TABLE hetu_oracle.division ALTER geom SET STORAGE external;
ALTER TABLE hetu_oracle.draft ALTER geom SET STORAGE external;
ALTER TABLE hetu_oracle.outfall ALTER geom SET STORAGE external;
ALTER TABLE hetu_oracle.reach ALTER geom SET STORAGE external;
ALTER TABLE hetu_oracle.river ALTER geom SET STORAGE external;
ALTER TABLE hetu_oracle.section ALTER geom SET STORAGE external
