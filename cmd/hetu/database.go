package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"runtime/debug"
	"strings"
	"time"

	"hetu/data/cluster"
	"hetu/data/migrate"
	"hetu/data/pg"
	"hetu/geo"
)

// dataFlags say where the data are; every command has them.
type dataFlags struct {
	DataDir     string     `help:"Folder of the private database; used when no database URL is given." env:"HETU_DATA_DIR" default:"${data_dir}" placeholder:"DIR"`
	DatabaseURL string     `help:"An own PostgreSQL (14 or newer) with PostGIS (3.1 or newer), or file:PATH of a file that holds its URL. Default: a private one." env:"HETU_DATABASE_URL" placeholder:"URL"`
	Extent      extentFlag `help:"Bounds of all that is stored, west,south,east,north; set when the store is made." env:"HETU_EXTENT" default:"73,3,136,54" placeholder:"W,S,E,N"`
	LogLevel    slog.Level `help:"debug, info, warn or error." env:"HETU_LOG_LEVEL" default:"warn"`
}

// database is an open, migrated store, and what must be closed with it.
type database struct {
	*pg.Store
	external bool
	cluster  *cluster.Cluster // nil: external, or another process's
}

// open gives the store: the external one, that of a server running on the data folder, or a private cluster started here.
func (a *app) open(ctx context.Context) (*database, error) {
	if a.data.DatabaseURL != "" {
		return a.openExternal(ctx)
	}
	at, err := cluster.Locate(a.data.DataDir)
	if err == nil {
		a.waitMigrated(ctx, at.DSN(cluster.Owner))
		var s *pg.Store
		s, err = a.openStore(ctx, at.DSN(cluster.ReadOnly), at.DSN(cluster.ReadWrite), at.DSN(cluster.Owner))
		return &database{Store: s}, err
	}
	if _, ok := errors.AsType[*cluster.NotRunningError](err); !ok {
		return nil, err
	}
	return a.startCluster(ctx)
}

// waitMigrated gives a server that was started a moment ago the time to bring its schema up to date.
func (a *app) waitMigrated(ctx context.Context, dsn string) {
	for range 30 {
		if st, err := migrate.Read(ctx, dsn); err == nil && st.Have >= st.Want {
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(500 * time.Millisecond):
		}
	}
}

// startCluster runs the private database, brings its schema up to date and opens it.
func (a *app) startCluster(ctx context.Context) (*database, error) {
	a.say("starting the private database in %s", a.data.DataDir)
	c, err := cluster.Start(ctx, cluster.Config{DataDir: a.data.DataDir, RuntimeDir: os.Getenv("XDG_RUNTIME_DIR"), Logger: a.log, Now: a.now})
	if err != nil {
		return nil, err
	}
	d, err := a.migrateAndOpen(ctx, c)
	if err != nil {
		return nil, errors.Join(err, c.Close(context.WithoutCancel(ctx)))
	}
	return d, nil
}

func (a *app) migrateAndOpen(ctx context.Context, c *cluster.Cluster) (*database, error) {
	if _, err := migrate.Up(ctx, c.DSN(cluster.Owner), geo.Extent(a.data.Extent), a.log); err != nil {
		return nil, err
	}
	s, err := a.openStore(ctx, c.DSN(cluster.ReadOnly), c.DSN(cluster.ReadWrite), c.DSN(cluster.Owner))
	if err != nil {
		return nil, err
	}
	// The cluster was started a moment ago and is ours alone: every batch there is was left by a process that died.
	if err := s.Sweep(ctx, a.now()); err != nil {
		s.Close()
		return nil, err
	}
	return &database{Store: s, cluster: c}, nil
}

func (a *app) openExternal(ctx context.Context) (*database, error) {
	dsn, err := a.externalDSN()
	if err != nil {
		return nil, err
	}
	s, err := a.openStore(ctx, dsn, dsn, dsn)
	if err != nil {
		return nil, err
	}
	// Another process may be staging here at this moment; what is a day old belongs to none.
	if err = s.Sweep(ctx, a.now().AddDate(0, 0, -1)); err != nil {
		s.Close()
		return nil, err
	}
	return &database{Store: s, external: true}, nil
}

// externalDSN reads the URL, or the file that holds it, so that a password need not stand in a process list.
func (a *app) externalDSN() (string, error) {
	path, ok := strings.CutPrefix(a.data.DatabaseURL, "file:")
	if !ok {
		return a.data.DatabaseURL, nil
	}
	text, err := os.ReadFile(path) //nolint:gosec // the path is the person's own
	if err != nil {
		return "", fmt.Errorf("read the database URL: %w", err)
	}
	return strings.TrimSpace(string(text)), nil
}

// openStore opens the pools on a schema that this binary knows.
func (a *app) openStore(ctx context.Context, read, write, status string) (*pg.Store, error) {
	st, err := migrate.Read(ctx, status)
	if err != nil {
		return nil, err
	}
	if !st.Serves() {
		return nil, geo.Errorf(geo.CodeRefused, "the database has schema version %d, this hetu needs %d: run hetu db migrate, or the hetu that fits", st.Have, st.Want)
	}
	return pg.Open(ctx, pg.Config{ReadDSN: read, WriteDSN: write, Now: a.now})
}

// Close gives the connections back and stops the private database if it was started here.
func (d *database) Close(ctx context.Context) error {
	d.Store.Close()
	if d.cluster == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 40*time.Second)
	defer cancel()
	return d.cluster.Close(ctx)
}

// say tells a person at the terminal what is being done; logs are for machines.
func (a *app) say(format string, args ...any) {
	_, _ = fmt.Fprintf(a.stderr, "hetu: "+format+"\n", args...)
}

// print writes a command's result. A standard output that is gone has nobody left to tell.
func (a *app) print(format string, args ...any) {
	_, _ = fmt.Fprintf(a.stdout, format+"\n", args...)
}

func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	revision, modified := "", ""
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			revision = s.Value[:min(12, len(s.Value))]
		case "vcs.modified":
			if s.Value == "true" {
				modified = "+changes"
			}
		}
	}
	if revision == "" {
		return info.Main.Version
	}
	return info.Main.Version + " " + revision + modified
}
