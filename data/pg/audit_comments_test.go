package pg_test

import (
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"hetu/geo"
	"hetu/geo/access"
	"hetu/geo/project"
)

// commented is a project with a comment that is open and one that is resolved.
func commented(t *testing.T) (c *county, open int64) {
	t.Helper()
	c = newCounty(t)
	id := c.begin(t, 0, c.length)
	say := func(text string) int64 {
		n, err := c.Store.AddComment(t.Context(), c.reviewer, id, project.Comment{Revision: 1, Bank: geo.Left, ToM: 10.1, Lon: new(106.41), Lat: new(26.6), Blocking: true, Text: text})
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	open = say("示例：这里不对")
	if err := c.Store.ResolveComment(t.Context(), c.reviewer, id, say("?"), "!"); err != nil {
		t.Fatal(err)
	}
	refused := access.Event{Actor: c.reviewer, Action: "project_ops_discard", Object: "DELETE /x", Result: access.Refused} // what was refused is held against nothing
	if err := c.Store.Audit(t.Context(), refused); err != nil {
		t.Fatal(err)
	}
	if v, err := c.Store.VerifyAudit(t.Context()); err != nil || v.Fault != nil || v.Comments != 2 {
		t.Fatalf("untouched: %+v, %+v, %v", v, v.Fault, err)
	}
	return c, open
}

// A comment that is resolved, or made, past the program is told of by the database, and found, for nobody is said to have done so.
func TestCommentsPastTheProgramAreFound(t *testing.T) {
	t.Parallel()
	c, open := commented(t)
	for sql, want := range map[string]string{
		"UPDATE hetu.comment SET resolved_by = account_id, resolved_name = account_name, resolved_at = now(), resolution = 'done' WHERE resolved_at IS NULL":                                                                             "no row tells project_comment_resolve",
		"INSERT INTO hetu.comment (project_id, revision, bank, from_m, to_m, blocking, text, account_id, account_name, at) SELECT project_id, 1, 'left', 0, 1, false, 'fine', account_id, account_name, now() FROM hetu.comment LIMIT 1": "no row tells project_comment",
	} {
		conn, err := pgx.Connect(t.Context(), c.DSN("hetu_rw"))
		if err != nil {
			t.Fatal(err)
		}
		tx, err := conn.Begin(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := tx.Exec(t.Context(), sql+"; SET CONSTRAINTS ALL IMMEDIATE"); err != nil {
			t.Fatal(err)
		}
		var told string
		if err := tx.QueryRow(t.Context(), "SELECT actor || ' ' || action || ' ' || object || ' ' || detail FROM hetu.access_audit ORDER BY id DESC LIMIT 1").Scan(&told); err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(told, "database role hetu_rw row_") || !strings.Contains(told, " comment ") || !strings.Contains(told, " sha256 ") {
			t.Errorf("%s: told %q", sql, told)
		}
		if got, err := c.Store.VerifyForTest(t.Context(), tx); err != nil || got.Fault == nil || !strings.Contains(got.Fault.What, want) {
			t.Errorf("%s: found %+v, %v; want %q", sql, got.Fault, err, want)
		}
		_ = conn.Close(t.Context())
	}
	if n := c.query(t, "SELECT count(*) FROM hetu.comment WHERE id = $1 AND resolved_at IS NULL", open); n != 1 {
		t.Error("the comment is not as it was")
	}
}

// Whatever is changed of a comment, its place too, or of its resolution is found, also where no trigger hinders it.
func TestVerifyAuditHoldsComments(t *testing.T) {
	t.Parallel()
	c, _ := commented(t)
	for _, tt := range []struct{ name, sql, want string }{
		{"what it says", "UPDATE hetu.comment SET text = 'fine' WHERE resolved_at IS NULL", "is not what was told"},
		{"that it blocks", "UPDATE hetu.comment SET blocking = false WHERE resolved_at IS NULL", "is not what was told"},
		{"whose it is", "UPDATE hetu.comment SET account_id = account_id + 1 WHERE resolved_at IS NULL", "is not what was told"},
		{"where it is", "UPDATE hetu.comment SET lon = 106.42 WHERE resolved_at IS NULL", "told by row_insert"},
		{"a hair of its range", "UPDATE hetu.comment SET to_m = to_m + 1e-12 WHERE resolved_at IS NULL", "told by row_insert"},
		{"when", "UPDATE hetu.comment SET at = at - interval '1 microsecond' WHERE resolved_at IS NULL", "told by row_insert"},
		{"how it was resolved", "UPDATE hetu.comment SET resolution = '?' WHERE resolved_at IS NOT NULL", "is not what was told"},
		{"who resolved it", "UPDATE hetu.comment SET resolved_by = 1 WHERE resolved_at IS NOT NULL", "is not what was told"},
		{"when it was resolved", "UPDATE hetu.comment SET resolved_at = resolved_at - interval '1 hour' WHERE resolved_at IS NOT NULL", "told by row_update"},
		{"it is open again", "UPDATE hetu.comment SET resolved_by = NULL, resolved_name = NULL, resolved_at = NULL, resolution = NULL", "is not there any more"},
		{"one is gone", "DELETE FROM hetu.comment WHERE resolved_at IS NULL", "is not there any more"},
		{"one is resolved", "UPDATE hetu.comment SET resolved_by = account_id, resolved_name = account_name, resolved_at = now(), resolution = 'done' WHERE resolved_at IS NULL", "no row tells"},
	} {
		if got, err := c.verifiedAfter(t, tt.sql); err != nil || got.Fault == nil || !strings.Contains(got.Fault.What, tt.want) {
			t.Errorf("%s: found %+v, %v; want %q", tt.name, got.Fault, err, tt.want)
		}
	}
}
