package pg_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"hetu/data/pgtest"
)

// Every statement prepares against the migrated schema, as the role that will run it.
func TestStatementsPrepare(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	files, err := filepath.Glob("sql/*.sql")
	if err != nil || len(files) == 0 {
		t.Fatalf("no statements: %v", err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(string(text), "-- "+strings.TrimSuffix(filepath.Base(file), ".sql")+":") {
			t.Errorf("%s: the first line says what it is for, after its name", file)
		}
		role := "hetu_ro"
		if name := filepath.Base(file); strings.HasPrefix(name, "batch_") || strings.HasPrefix(name, "access_") || strings.HasPrefix(name, "edit_") || strings.HasPrefix(name, "project_") {
			role = "hetu_rw"
		}
		conn, err := pgx.Connect(t.Context(), db.DSN(role))
		if err != nil {
			t.Fatal(err)
		}
		prepared, err := conn.Prepare(t.Context(), "one", positional(string(text)))
		if err != nil {
			t.Errorf("%s as %s: %v", file, role, err)
			continue
		}
		if role == "hetu_ro" { // to prepare asks for no right to the functions, to plan for all that a plan has
			nulls := strings.Repeat(", NULL", len(prepared.ParamOIDs))
			execute := "SET plan_cache_mode = force_generic_plan; EXPLAIN EXECUTE one"
			if nulls != "" {
				execute += "(" + nulls[2:] + ")"
			}
			if _, err := conn.PgConn().Exec(t.Context(), execute).ReadAll(); err != nil {
				t.Errorf("%s as %s: %v", file, role, err)
			}
		}
		_ = conn.Close(t.Context())
	}
}

// positional writes @name parameters as $1, $2 … by first appearance, as pgx does.
func positional(sql string) string {
	comment := regexp.MustCompile(`(?m)^--.*$`)
	sql = comment.ReplaceAllString(sql, "")
	var names []string
	return regexp.MustCompile(`@[a-z_][a-z_0-9]*`).ReplaceAllStringFunc(sql, func(name string) string {
		for i, n := range names {
			if n == name {
				return "$" + strconv.Itoa(i+1)
			}
		}
		names = append(names, name)
		return "$" + strconv.Itoa(len(names))
	})
}
