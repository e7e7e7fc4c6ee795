package migrate

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/jackc/pgx/v5"

	"hetu/geo"
)

// Prepare gives an external database what package cluster gives the private one: the extensions, the schema and the roles.
// It says what it could not take away from everybody, for its administrator to revoke.
func Prepare(ctx context.Context, dsn string) (kept []string, err error) {
	db, err := open(dsn)
	if err != nil {
		return nil, err
	}
	defer func() { _ = db.Close() }()
	for _, step := range []string{
		"CREATE EXTENSION IF NOT EXISTS postgis", "CREATE EXTENSION IF NOT EXISTS btree_gist", "CREATE SCHEMA IF NOT EXISTS hetu",
	} {
		if _, err := db.ExecContext(ctx, step); err != nil {
			return nil, geo.Wrapf(err, geo.CodeRefused, "%q failed; let a superuser run it in this database, then migrate again", step)
		}
	}
	for _, role := range []string{"hetu_ro", "hetu_rw", "hetu_backup"} {
		if err := makeRole(ctx, db, role); err != nil {
			return nil, err
		}
	}
	// Where this role does not own the functions PostgreSQL only warns, so the outcome is looked at instead.
	if _, err := db.ExecContext(ctx, "REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA public FROM PUBLIC; REVOKE CREATE ON SCHEMA public FROM PUBLIC"); err != nil {
		kept = append(kept, "rights of PUBLIC in schema public: "+err.Error())
	}
	var open bool
	if err := db.QueryRowContext(ctx, "SELECT has_schema_privilege('public', 'public', 'create')").Scan(&open); err != nil {
		return nil, fmt.Errorf("look at the rights of PUBLIC: %w", err)
	}
	if open {
		// A function of anybody's that fits a call better than PostgreSQL's own would run as the owner of the store.
		return nil, geo.Errorf(geo.CodeRefused, "everybody may create in schema public of this database; let its owner run REVOKE CREATE ON SCHEMA public FROM PUBLIC, then migrate again")
	}
	var n int
	row := db.QueryRowContext(ctx, `SELECT count(*) FROM pg_proc p JOIN pg_depend d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e'
		JOIN pg_extension x ON x.oid = d.refobjid WHERE x.extname = 'postgis' AND has_function_privilege('public', p.oid, 'execute')`)
	if err := row.Scan(&n); err != nil {
		return nil, fmt.Errorf("look at the rights of PUBLIC: %w", err)
	}
	if n > 0 {
		kept = append(kept, fmt.Sprintf("EXECUTE on %d PostGIS functions from PUBLIC: their owner runs REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA public FROM PUBLIC", n))
	}
	return kept, nil
}

// makeRole makes a role that cannot log in, and this one a member of it, so that SET ROLE works.
func makeRole(ctx context.Context, db *sql.DB, role string) error {
	var exists bool
	if err := db.QueryRowContext(ctx, "SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1)", role).Scan(&exists); err != nil {
		return fmt.Errorf("look for the role %s: %w", role, err)
	}
	name := pgx.Identifier{role}.Sanitize()
	if !exists {
		if _, err := db.ExecContext(ctx, "CREATE ROLE "+name); err != nil {
			return geo.Wrapf(err, geo.CodeRefused, "the role %s could not be made; let a superuser run CREATE ROLE %s, then migrate again", role, role)
		}
	}
	var member bool
	if err := db.QueryRowContext(ctx, "SELECT pg_has_role(current_user, $1, 'member')", role).Scan(&member); err != nil {
		return fmt.Errorf("look at the role %s: %w", role, err)
	}
	if member {
		return nil
	}
	if _, err := db.ExecContext(ctx, "GRANT "+name+" TO current_user"); err != nil {
		return geo.Wrapf(err, geo.CodeRefused, "this role could not become a member of %s; let a superuser grant it, then migrate again", role)
	}
	return nil
}
