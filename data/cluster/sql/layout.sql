-- The inside of database hetu, as superuser. The extensions belong to the superuser, so what
-- the migrations of hetu_owner shall hand on of them is given here with the right to hand on.
REVOKE ALL ON DATABASE hetu FROM PUBLIC;
GRANT CONNECT ON DATABASE hetu TO hetu_rw, hetu_ro, hetu_backup;
CREATE EXTENSION IF NOT EXISTS postgis SCHEMA public;
CREATE EXTENSION IF NOT EXISTS btree_gist SCHEMA public;
CREATE SCHEMA IF NOT EXISTS hetu AUTHORIZATION hetu_owner;
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
-- Some PostGIS functions run for minutes and cannot be cancelled: nobody may call any by default.
REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA public FROM PUBLIC;
-- Large objects are a way to write that read-only roles would have.
REVOKE EXECUTE ON FUNCTION pg_catalog.lo_creat(integer), pg_catalog.lo_create(oid), pg_catalog.lo_from_bytea(oid, bytea),
  pg_catalog.lo_put(oid, bigint, bytea), pg_catalog.lowrite(integer, bytea), pg_catalog.lo_unlink(oid) FROM PUBLIC;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO hetu_owner WITH GRANT OPTION;
GRANT SELECT ON spatial_ref_sys, geometry_columns, geography_columns TO hetu_owner WITH GRANT OPTION;
COMMENT ON DATABASE hetu IS 'hetu cluster layout 1';
