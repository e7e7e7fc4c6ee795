// Package migrate brings a database to the schema that this binary knows. Migrations are SQL files, embedded, forward only,
// each in a transaction of its own under PostgreSQL's advisory lock: two servers that start at once, or one that is killed
// midway, leave the database at one whole version.
package migrate

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/database"
	"github.com/pressly/goose/v3/lock"

	"hetu/geo"
)

//go:embed sql/*.sql
var migrations embed.FS

// Status is a database's schema version beside the one this binary knows.
type Status struct{ Have, Want int64 }

// Serves tells whether this binary runs on the schema: on its own version, or on the next one while a fleet is updated.
func (s Status) Serves() bool { return s.Have == s.Want || s.Have == s.Want+1 }

// Up migrates to the newest version, as the role that owns the schema hetu. extent becomes the bounds of every stored
// geometry when the store is new; later it must be the stored one.
func Up(ctx context.Context, dsn string, extent geo.Extent, log *slog.Logger) (Status, error) {
	db, err := open(dsn)
	if err != nil {
		return Status{}, err
	}
	defer func() { _ = db.Close() }()
	if err = checkServer(ctx, db); err != nil {
		return Status{}, err
	}
	p, err := provider(db)
	if err != nil {
		return Status{}, err
	}
	for {
		r, err := p.UpByOne(ctx)
		if errors.Is(err, goose.ErrNoNextVersion) {
			break
		}
		if err != nil {
			return Status{}, geo.Wrapf(err, geo.CodeUnavailable, "the database could not be migrated; nothing of the failed step was kept")
		}
		log.InfoContext(ctx, "migrated", slog.Int64("version", r.Source.Version), slog.Duration("took", r.Duration.Round(time.Millisecond)))
		faultPoint("migrated")
	}
	if err := setExtent(ctx, db, extent); err != nil {
		return Status{}, err
	}
	return status(ctx, p)
}

// Read tells a database's schema version. It needs no right to migrate.
func Read(ctx context.Context, dsn string) (Status, error) {
	db, err := open(dsn)
	if err != nil {
		return Status{}, err
	}
	defer func() { _ = db.Close() }()
	p, err := provider(db)
	if err != nil {
		return Status{}, err
	}
	want := p.ListSources()[len(p.ListSources())-1].Version
	var have int64
	row := db.QueryRowContext(ctx, "SELECT coalesce(max(version_id), 0) FROM hetu.migration WHERE is_applied")
	if err := row.Scan(&have); err != nil {
		var exists bool
		if probe := db.QueryRowContext(ctx, "SELECT to_regclass('hetu.migration') IS NOT NULL").Scan(&exists); probe == nil && !exists {
			return Status{Have: 0, Want: want}, nil
		}
		return Status{}, geo.Wrapf(err, geo.CodeUnavailable, "the schema version could not be read")
	}
	return Status{Have: have, Want: want}, nil
}

func status(ctx context.Context, p *goose.Provider) (Status, error) {
	have, want, err := p.GetVersions(ctx)
	if err != nil {
		return Status{}, fmt.Errorf("read schema version: %w", err)
	}
	return Status{Have: have, Want: want}, nil
}

func open(dsn string) (*sql.DB, error) {
	cfg, err := pgx.ParseConfig(dsn)
	if err != nil {
		return nil, geo.Wrapf(err, geo.CodeInvalid, "the database URL cannot be read")
	}
	cfg.RuntimeParams["search_path"] = "hetu, public"
	return stdlib.OpenDB(*cfg), nil
}

func provider(db *sql.DB) (*goose.Provider, error) {
	files, err := fs.Sub(migrations, "sql")
	if err != nil {
		return nil, err
	}
	locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, 60))
	if err != nil {
		return nil, err
	}
	store, err := database.NewStore(goose.DialectPostgres, "hetu.migration")
	if err != nil {
		return nil, err
	}
	return goose.NewProvider("", db, files, goose.WithStore(store), goose.WithSessionLocker(locker), goose.WithDisableGlobalRegistry(true))
}

// checkServer names the minimum, PostgreSQL 14 with PostGIS 3.1, before anything is changed.
func checkServer(ctx context.Context, db *sql.DB) error {
	var version int
	if err := db.QueryRowContext(ctx, "SELECT current_setting('server_version_num')::int").Scan(&version); err != nil {
		return geo.Wrapf(err, geo.CodeUnavailable, "the database does not answer")
	}
	if version < 140000 {
		return geo.Errorf(geo.CodeRefused, "PostgreSQL %d.%d is too old: hetu needs PostgreSQL 14 or newer with PostGIS 3.1 or newer", version/10000, version%100)
	}
	var postgis string
	err := db.QueryRowContext(ctx, "SELECT extversion FROM pg_extension WHERE extname = 'postgis'").Scan(&postgis)
	if errors.Is(err, sql.ErrNoRows) {
		return geo.Errorf(geo.CodeRefused, "the database has no PostGIS: run CREATE EXTENSION postgis; CREATE EXTENSION btree_gist; in it as a superuser")
	}
	if err != nil {
		return geo.Wrapf(err, geo.CodeUnavailable, "the database does not answer")
	}
	var major, minor int
	if _, err := fmt.Sscanf(postgis, "%d.%d", &major, &minor); err != nil || major < 3 || (major == 3 && minor < 1) {
		return geo.Errorf(geo.CodeRefused, "PostGIS %s is too old: hetu needs 3.1 or newer", postgis)
	}
	return nil
}
