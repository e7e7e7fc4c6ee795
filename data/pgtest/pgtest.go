// Package pgtest gives each test a migrated database of its own, cloned from a template in half a second, on a real
// PostgreSQL with PostGIS. Without PostgreSQL a test fails; it never skips.
//
// One private server serves a whole test process and dies with it. HETU_TEST_SERVER (a DSN of a superuser on a server whose
// roles log in without a password) uses a server that is running already; its databases are dropped after each test.
package pgtest

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"hetu/data/cluster"
	"hetu/data/migrate"
	"hetu/data/pg"
	"hetu/geo"
)

// Database is one test's own.
type Database struct {
	Store *pg.Store
	name  string
	super string
}

// DSN logs in as a role: hetu_owner, hetu_rw, hetu_ro, hetu_backup, or the superuser with "".
func (d *Database) DSN(role string) string { return dsn(d.super, role, d.name) }

func dsn(super, role, database string) string {
	s := super + " dbname=" + database
	if role != "" {
		s += " user=" + role
	}
	return s
}

// Option changes the database a test gets.
type Option func(*options)

type options struct {
	extent geo.Extent
	now    func() time.Time
	moved  bool
}

// Extent sets the store's extent; China when it is not given.
func Extent(e geo.Extent) Option { return func(o *options) { o.extent = e } }

// Clock sets the store's clock. The database takes what it says however far it is from its own; without one it refuses that, as it does where it serves.
func Clock(now func() time.Time) Option { return func(o *options) { o.now, o.moved = now, true } }

// New makes a migrated, empty database and opens a store on it; both go with the test. On failure the database stays on a
// server that outlives the test, and its DSN is printed.
func New(tb testing.TB, opts ...Option) *Database {
	tb.Helper()
	o := options{extent: geo.China(), now: time.Now}
	for _, opt := range opts {
		opt(&o)
	}
	ctx := tb.Context()
	super, err := server()
	if err != nil {
		tb.Fatalf("the tests need PostgreSQL with PostGIS (make test installs it): %v", err)
	}
	from, err := template(super, o.extent)
	if err != nil {
		tb.Fatalf("make the template database: %v", err)
	}
	d := &Database{name: "t_" + token(), super: super}
	if err = exec(ctx, dsn(super, "", "postgres"), "CREATE DATABASE "+d.name+" TEMPLATE "+from+" OWNER hetu_owner"); err != nil {
		tb.Fatalf("clone the template database: %v", err)
	}
	if o.moved {
		if err = exec(ctx, d.DSN(""), "CREATE OR REPLACE FUNCTION hetu.clock_slack() RETURNS interval LANGUAGE sql IMMUTABLE AS $$ SELECT interval '1000 years' $$"); err != nil {
			tb.Fatalf("let the test's clock be another than the database's: %v", err)
		}
	}
	d.Store, err = pg.Open(ctx, pg.Config{ReadDSN: d.DSN("hetu_ro"), WriteDSN: d.DSN("hetu_rw"), Now: o.now})
	if err != nil {
		tb.Fatalf("open the store: %v", err)
	}
	tb.Cleanup(func() {
		d.Store.Close()
		if tb.Failed() && os.Getenv("HETU_TEST_SERVER") != "" {
			tb.Logf("the database is kept: %s", d.DSN(""))
			return
		}
		if err := exec(context.Background(), dsn(super, "", "postgres"), "DROP DATABASE "+d.name+" WITH (FORCE)"); err != nil {
			tb.Logf("drop the database: %v", err)
		}
	})
	return d
}

// Exec runs a statement as a role and gives its error; "" is the superuser.
func (d *Database) Exec(ctx context.Context, role, sql string, args ...any) error {
	return exec(ctx, d.DSN(role), sql, args...)
}

func exec(ctx context.Context, dsn, sql string, args ...any) error {
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	_, err = conn.Exec(ctx, sql, args...)
	return err
}

// server starts this process's private server once, or takes the one that HETU_TEST_SERVER names.
var server = sync.OnceValues(func() (string, error) {
	if super := os.Getenv("HETU_TEST_SERVER"); super != "" {
		return super, nil
	}
	root := filepath.Join(os.TempDir(), "hetu-pgtest")
	sweep(root)
	dir := filepath.Join(root, strconv.Itoa(os.Getpid()))
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	// The server is the process's child and dies with it; the folder is swept by the next run.
	c, err := cluster.Start(context.Background(), cluster.Config{DataDir: dir, Now: time.Now})
	if err != nil {
		return "", err
	}
	super := c.DSN(cluster.Superuser)
	// A test's data need not survive power loss; one that asks for that uses package cluster itself.
	for _, sql := range []string{"ALTER SYSTEM SET fsync = off", "ALTER SYSTEM SET full_page_writes = off", "SELECT pg_reload_conf()"} {
		if err := exec(context.Background(), super, sql); err != nil {
			return "", err
		}
	}
	return super, nil
})

// sweep removes what test processes that are gone left behind.
func sweep(root string) {
	entries, err := os.ReadDir(root)
	if err != nil {
		return
	}
	for _, e := range entries {
		if pid, err := strconv.Atoi(e.Name()); err == nil && syscall.Kill(pid, 0) == syscall.ESRCH {
			_ = os.RemoveAll(filepath.Join(root, e.Name()))
		}
	}
}

var templates sync.Map // extent to *sync.Once-like func() (string, error)

func template(super string, extent geo.Extent) (string, error) {
	name := "hetu_template_" + token()
	once, _ := templates.LoadOrStore(extent, sync.OnceValues(func() (string, error) { return name, makeTemplate(super, name, extent) }))
	build, ok := once.(func() (string, error))
	if !ok {
		return "", fmt.Errorf("templates holds a %T", once)
	}
	return build()
}

// makeTemplate clones the database that package cluster set up and migrates the clone.
func makeTemplate(super, name string, extent geo.Extent) error {
	ctx := context.Background()
	if err := exec(ctx, dsn(super, "", "postgres"), "CREATE DATABASE "+name+" TEMPLATE hetu OWNER hetu_owner"); err != nil {
		return err
	}
	_, err := migrate.Up(ctx, dsn(super, "hetu_owner", name), extent, slog.New(slog.DiscardHandler))
	return err
}

func token() string {
	b := make([]byte, 6)
	_, _ = rand.Read(b)
	return hex.EncodeToString(b)
}
