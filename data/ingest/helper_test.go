package ingest_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/jackc/pgx/v5"

	"hetu/data/ingest"
	"hetu/data/pgtest"
	"hetu/geo"
)

// shared finds a file of ../shared/data from wherever the test runs; a clone without it leaves the test out, by name.
func shared(t *testing.T, name string) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for ; dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		data := filepath.Join(dir, "shared", "data")
		if _, err := os.Stat(data); err != nil {
			continue
		}
		path := filepath.Join(data, filepath.FromSlash(name))
		if _, err := os.Stat(path); err != nil {
			t.Fatal(err)
		}
		return path
	}
	t.Skipf("%s needs ../shared/data/%s, which is not here", t.Name(), name)
	return ""
}

func today() geo.Date { return geo.NewDate(2026, 11, 24) }

// request is an import that says yes.
func request(path, as string) ingest.Request {
	return ingest.Request{Path: path, As: as, Today: today(), Yes: true}
}

// write puts a file into a folder of the test's own.
func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// count asks the database for one number.
func count(t *testing.T, db *pgtest.Database, sql string, args ...any) (n int) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), db.DSN(""))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(t.Context())) }()
	if err := conn.QueryRow(t.Context(), sql, args...).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// rowsOf counts an entity's rows in a merge.
func rowsOf(merged []ingest.Merged, entity string) int64 {
	for _, m := range merged {
		if m.Entity == entity {
			return m.Added + m.Changed + m.Unchanged
		}
	}
	return 0
}
