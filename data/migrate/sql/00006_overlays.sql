-- +goose Up
-- What overlays need of PostGIS (Q2, Q10, Q11). They do not look at statement_timeout while they find where edges cross, so what a polygon
-- from outside may bring is bounded before: 10,000 vertices, no edge through another, 20,000 crossings with what is stored.
SET LOCAL lock_timeout = '10s';
-- +goose StatementBegin
DO $$
DECLARE
    f regprocedure;
BEGIN
    FOR f IN
        SELECT p.oid::regprocedure FROM pg_proc p JOIN pg_depend d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e'
            JOIN pg_extension x ON x.oid = d.refobjid
        WHERE x.extname = 'postgis' AND p.prokind = 'f' AND p.proname IN ('st_intersection', 'st_difference', 'st_unaryunion', 'st_isvaliddetail', 'st_dimension')
            AND p.proargtypes[0] = 'geometry'::regtype
    LOOP
        EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO hetu_ro, hetu_rw', f);
    END LOOP;
END
$$;
-- +goose StatementEnd
