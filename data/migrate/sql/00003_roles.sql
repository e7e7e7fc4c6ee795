-- +goose Up
-- What each role may do. hetu_rw reads, stages, and calls merge(); it cannot touch the store by another path. hetu_ro reads,
-- and of PostGIS it may call only the functions that reading needs: several others ignore statement_timeout for minutes.
-- What the migrating role cannot revoke (an external database whose extension it does not own) `hetu db migrate` prints.
SET LOCAL lock_timeout = '10s';

REVOKE ALL ON SCHEMA hetu, staging FROM PUBLIC;
REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA hetu FROM PUBLIC;
GRANT USAGE ON SCHEMA hetu TO hetu_rw, hetu_ro, hetu_backup;
GRANT USAGE ON SCHEMA staging TO hetu_rw;
GRANT SELECT ON ALL TABLES IN SCHEMA hetu TO hetu_rw, hetu_ro, hetu_backup;
GRANT SELECT ON ALL TABLES IN SCHEMA staging TO hetu_rw;
GRANT INSERT ON staging.batch TO hetu_rw;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA staging TO hetu_rw;
GRANT EXECUTE ON FUNCTION hetu.resolve(text, text[]), hetu.merge(bigint, timestamptz, bigint), hetu.drop_batch(bigint), hetu.entities(), hetu.in_extent(geometry),
    hetu.storable(geometry, integer), hetu.finite(double precision) TO hetu_rw;

-- fate is merge()'s own: what becomes of a staged row is not for the one that stages it to say.
-- +goose StatementBegin
DO $$
DECLARE
    e text;
    cols text;
BEGIN
    FOREACH e IN ARRAY hetu.entities() LOOP
        SELECT string_agg(quote_ident(attname), ', ') INTO cols FROM pg_attribute
            WHERE attrelid = format('staging.%I', e)::regclass AND attnum > 0 AND NOT attisdropped AND attname <> 'fate';
        EXECUTE format('GRANT INSERT (%s) ON staging.%I TO hetu_rw', cols, e);
    END LOOP;
END
$$;
-- +goose StatementEnd

-- The allow-list. A name grants every overload of it that PostGIS has; a test lists what hetu_ro can execute.
-- +goose StatementBegin
DO $$
DECLARE
    f regprocedure;
BEGIN
    FOR f IN
        SELECT p.oid::regprocedure FROM pg_proc p JOIN pg_depend d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e'
            JOIN pg_extension x ON x.oid = d.refobjid
        WHERE x.extname = 'postgis' AND p.proname IN ('postgis_lib_version', 'postgis_version', 'postgis_index_supportfn', 'geometry', 'box2d', 'box3d', 'bytea',
            'geometry_overlaps', 'geometry_within', 'geometry_contains', 'geometry_eq', 'geometry_distance_box', 'geometry_same', 'overlaps_2d', 'contains_2d', 'is_contained_2d',
            'st_intersects', '_st_intersects', 'st_dwithin', '_st_dwithin', 'st_transform', 'st_makeenvelope', 'st_tileenvelope', 'st_setsrid', 'st_srid',
            'st_asbinary', 'st_asgeojson', 'st_asmvt', 'st_asmvtgeom', 'pgis_asmvt_transfn', 'pgis_asmvt_finalfn', 'pgis_asmvt_combinefn', 'pgis_asmvt_serialfn', 'pgis_asmvt_deserialfn',
            'st_x', 'st_y', 'st_m', 'st_z', 'st_xmin', 'st_xmax', 'st_ymin', 'st_ymax', 'st_npoints', 'st_force2d', 'st_makepoint', 'st_point',
            'st_startpoint', 'st_endpoint', 'st_pointonsurface', 'st_lineinterpolatepoint', 'st_extent', 'pgis_geometry_accum_transfn', 'st_combinebbox')
    LOOP
        EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO hetu_ro, hetu_rw', f);
    END LOOP;
END
$$;
-- +goose StatementEnd
-- +goose StatementBegin
DO $$
BEGIN
    EXECUTE 'GRANT SELECT ON spatial_ref_sys TO hetu_ro, hetu_rw';
EXCEPTION WHEN insufficient_privilege THEN
    RAISE NOTICE 'spatial_ref_sys is not ours to grant; hetu does without it';
END
$$;
-- +goose StatementEnd
