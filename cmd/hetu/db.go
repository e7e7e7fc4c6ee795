package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/jackc/pgx/v5"

	"hetu/data/cluster"
	"hetu/data/migrate"
	"hetu/geo"
)

type dbCmd struct {
	Migrate dbMigrateCmd `cmd:"" help:"Bring the database to the schema this hetu knows. An external one is migrated by this command only."`
	Status  dbStatusCmd  `cmd:"" help:"Tell which schema the database has and what it holds."`
	Verify  dbVerifyCmd  `cmd:"" name:"verify-audit" help:"Verify the audit: that no row of it was changed, and no version behind its back."`
	Psql    dbPsqlCmd    `cmd:"" help:"Open psql on the database, reading only."`
}

type dbMigrateCmd struct{}

// Help gives an example.
func (dbMigrateCmd) Help() string {
	return "The role of the URL owns the schema and the extension postgis. Example: hetu db migrate --database-url postgres://owner@db/hetu"
}

// Run migrates; a private database is started for it when it does not run.
func (dbMigrateCmd) Run(ctx context.Context, a *app) error {
	if a.data.DatabaseURL == "" {
		db, err := a.open(ctx)
		if err != nil {
			return err
		}
		a.print("the schema is up to date")
		return db.Close(ctx)
	}
	dsn, err := a.externalDSN()
	if err != nil {
		return err
	}
	kept, err := migrate.Prepare(ctx, dsn)
	if err != nil {
		return err
	}
	st, err := migrate.Up(ctx, dsn, geo.Extent(a.data.Extent), a.log)
	if err != nil {
		return err
	}
	for _, line := range kept {
		a.print("could not revoke: %s", line)
	}
	a.print("the schema is at version %d", st.Have)
	return nil
}

type dbStatusCmd struct{}

// Run prints the schema version and how much is stored.
func (dbStatusCmd) Run(ctx context.Context, a *app) error {
	if a.data.DatabaseURL != "" {
		dsn, err := a.externalDSN()
		if err != nil {
			return err
		}
		return printStatus(ctx, a, dsn, "external")
	}
	at, err := cluster.Locate(a.data.DataDir)
	if err == nil {
		return printStatus(ctx, a, at.DSN(cluster.ReadOnly), "private, running in "+at.ClusterDir)
	}
	if _, ok := errors.AsType[*cluster.NotRunningError](err); ok {
		a.print("database: private, not running (%s)", a.data.DataDir)
		return nil
	}
	return err
}

func printStatus(ctx context.Context, a *app, dsn, where string) error {
	st, err := migrate.Read(ctx, dsn)
	if err != nil {
		return err
	}
	a.print("database: %s\nschema: %d (this hetu: %d)", where, st.Have, st.Want)
	return nil
}

type dbPsqlCmd struct {
	Args []string `arg:"" optional:"" passthrough:"" help:"What psql shall get."`
}

// Help gives an example.
func (*dbPsqlCmd) Help() string { return "Example: hetu db psql -- -c 'SELECT count(*) FROM river'" }

// Run hands over to psql as the role that can only read.
func (c *dbPsqlCmd) Run(a *app) error {
	dsn, psql, err := a.psql()
	if err != nil {
		return err
	}
	env, err := libpqEnv(dsn)
	if err != nil {
		return err
	}
	args := c.Args
	if len(args) > 0 && args[0] == "--" {
		args = args[1:]
	}
	cmd := exec.Command(psql, args...) //nolint:gosec,noctx // psql, with the person's own arguments, until that person leaves it
	cmd.Env = append(os.Environ(), env...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = a.stdin, os.Stdout, os.Stderr
	return cmd.Run()
}

// libpqEnv gives a DSN as libpq's environment, since a process list shows arguments to everybody, and makes the session the
// reading role's, whoever logs in.
func libpqEnv(dsn string) ([]string, error) {
	cfg, err := pgx.ParseConfig(dsn)
	if err != nil {
		return nil, geo.Wrapf(err, geo.CodeInvalid, "the database URL cannot be read")
	}
	env := []string{
		"PGHOST=" + cfg.Host, fmt.Sprintf("PGPORT=%d", cfg.Port), "PGUSER=" + cfg.User, "PGDATABASE=" + cfg.Database,
		"PGOPTIONS=-c role=hetu_ro -c default_transaction_read_only=on -c search_path=hetu,public",
	}
	if cfg.Password != "" {
		env = append(env, "PGPASSWORD="+cfg.Password)
	}
	if cfg.TLSConfig != nil {
		env = append(env, "PGSSLMODE=require")
	}
	return env, nil
}

// psql finds the program and how it reaches the database.
func (a *app) psql() (dsn, path string, err error) {
	if a.data.DatabaseURL == "" {
		var at cluster.Location
		if at, err = cluster.Locate(a.data.DataDir); err != nil {
			return "", "", fmt.Errorf("%w; start hetu serve first", err)
		}
		return at.DSN(cluster.ReadOnly), filepath.Join(at.BinDir, "psql"), nil
	}
	if path, err = exec.LookPath("psql"); err != nil {
		return "", "", fmt.Errorf("psql is not installed (apt-get install postgresql-client): %w", err)
	}
	dsn, err = a.externalDSN()
	return dsn, path, err
}
