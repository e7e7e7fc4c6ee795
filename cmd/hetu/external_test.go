package main_test

import (
	"context"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"hetu/data/cluster"
)

// external starts a server that hetu is given by URL, with an empty database called ext, and gives the URL.
func external(t *testing.T) string {
	t.Helper()
	c, err := cluster.Start(t.Context(), cluster.Config{DataDir: dataDir(t), Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close(context.WithoutCancel(t.Context())) })
	super := c.DSN(cluster.Superuser)
	execute(t, super, "CREATE DATABASE ext")
	return super + " dbname=ext"
}

func execute(t *testing.T, dsn, sql string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(t.Context()) }()
	if _, err = conn.Exec(t.Context(), sql); err != nil {
		t.Fatal(err)
	}
}

// An external database is migrated by db migrate only, served when its schema fits, and never gets the sample over data.
func TestExternalDatabase(t *testing.T) {
	t.Parallel()
	url := external(t)
	file := filepath.Join(t.TempDir(), "url")
	if err := os.WriteFile(file, []byte(url+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	env := []string{"HETU_DATABASE_URL=file:" + file}
	dir := filepath.Join(t.TempDir(), "unused")
	refused := func(name, want string, args ...string) {
		t.Helper()
		out, err := hetu(t, dir, env, args...)
		if exit, ok := err.(*exec.ExitError); !ok || exit.ExitCode() != 1 || !strings.Contains(out, want) { //nolint:errorlint // os/exec gives it bare
			t.Errorf("%s: %v: %s", name, err, out)
		}
	}
	refused("serve before it is migrated", "schema version 0, this hetu needs", "serve", "--listen", "127.0.0.1:0")
	for range 2 {
		if out, err := hetu(t, dir, env, "db", "migrate"); err != nil {
			t.Fatalf("migrate: %v: %s", err, out)
		}
	}
	if out, err := hetu(t, dir, env, "sample", "load"); err != nil {
		t.Fatalf("load: %v: %s", err, out)
	}
	refused("the sample over data", "--sample is refused", "serve", "--sample", "--listen", "127.0.0.1:0")

	s := serve(t, dir, "--database-url", url)
	resp, err := http.Get(s.url + "/api/v1/rivers")
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	s.stop()
	if resp.StatusCode != http.StatusOK {
		t.Errorf("status %d", resp.StatusCode)
	}
	execute(t, url, "INSERT INTO hetu.migration (version_id, is_applied) VALUES (1000, true)")
	refused("a schema from the future", "schema version 1000", "serve", "--listen", "127.0.0.1:0")
	refused("another extent", "", "db", "migrate", "--extent", "0,0,1,1")
	if _, err := os.Stat(dir); !os.IsNotExist(err) {
		t.Errorf("the data folder was touched: %v", err)
	}
}
