package pg_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"hetu/data/pg"
	"hetu/geo"
	"hetu/geo/access"
	"hetu/geo/project"
)

// ops gives operations of a session that follow each other.
func ops(first, n int, text string) []project.Op {
	out := make([]project.Op, 0, n)
	for i := range n {
		out = append(out, project.Op{Seq: first + i, Base: 1, Op: fmt.Sprintf(`{"say":%q,"n":%d}`, text, first+i)})
	}
	return out
}

func (c *county) draw(t *testing.T, by access.Actor, id int64, session string, sent []project.Op) project.OpenDraft {
	t.Helper()
	d, err := c.Store.AppendOps(t.Context(), by, id, session, sent)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// A commit ends what its maker had open, in all his sessions, and nothing of another's; a discard ends it too. What was ended stays to be read.
func TestDraftEnds(t *testing.T) {
	t.Parallel()
	c := newCounty(t)
	id := c.begin(t, 0, c.length)
	c.draw(t, c.planner, id, "session-a", ops(1, 3, "a"))
	if d := c.draw(t, c.planner, id, "session-b", ops(1, 2, "b")); d.Last != 2 || d.Ops != 5 || d.Bytes < 50 {
		t.Errorf("two sessions: %+v", d)
	}
	c.draw(t, c.second, id, "session-c", ops(1, 4, "c"))
	c.mustCommit(t, c.planner, id, 1, c.piece(geo.Left, 0, c.length, 30))
	if d := c.draw(t, c.planner, id, "session-a", ops(4, 1, "a")); d.Last != 4 || d.Ops != 1 {
		t.Errorf("after the commit: %+v", d)
	}
	if d := c.draw(t, c.planner, id, "session-a", ops(1, 4, "a")); d.Last != 4 || d.Ops != 1 {
		t.Errorf("sent again: %+v", d)
	}
	if d := c.draw(t, c.second, id, "session-c", ops(5, 1, "c")); d.Ops != 5 {
		t.Errorf("the other's draft: %+v", d)
	}
	gone, err := c.Store.DiscardOps(t.Context(), c.second, id)
	if err != nil || gone.Ops != 5 || len(gone.SHA256) != 64 {
		t.Errorf("discarded: %+v, %v", gone, err)
	}
	if again, err := c.Store.DiscardOps(t.Context(), c.second, id); err != nil || again != (project.Discarded{}) {
		t.Errorf("discarded again: %+v, %v", again, err)
	}
	if _, err := c.Store.DiscardOps(t.Context(), c.reviewer, id); geo.CodeOf(err) != geo.CodeForbidden {
		t.Errorf("a reviewer discards: %v", err)
	}
	if _, err := c.Store.DiscardOps(t.Context(), c.stranger, id); geo.CodeOf(err) != geo.CodeNotFound {
		t.Errorf("a stranger discards: %v", err)
	}
	read, err := c.Store.DraftOps(t.Context(), c.reviewer, id, "", 0, 100)
	if err != nil {
		t.Fatal(err)
	}
	told := map[string]int{}
	for _, o := range read {
		told[o.Session+" "+o.Ended]++
	}
	if want := map[string]int{"session-a committed": 3, "session-a ": 1, "session-b committed": 2, "session-c discarded": 5}; fmt.Sprint(told) != fmt.Sprint(want) {
		t.Errorf("%v, want %v", told, want)
	}
}

// A refused commit ends no draft.
func TestRefusedCommitEndsNoDraft(t *testing.T) {
	t.Parallel()
	c := newCounty(t)
	id := c.begin(t, 0, c.length)
	c.mustCommit(t, c.second, id, 1, c.piece(geo.Left, 0, c.length, 30))
	c.draw(t, c.planner, id, "session-a", ops(1, 3, "a"))
	if _, err := c.commit(t, c.planner, id, 1, c.piece(geo.Left, 0, c.length, 40)); geo.CodeOf(err) != geo.CodeStale {
		t.Fatalf("built on an older one: %v", err)
	}
	if d := c.draw(t, c.planner, id, "session-a", ops(4, 1, "a")); d.Ops != 4 {
		t.Errorf("%+v", d)
	}
}

// Whatever is changed of operations that a commit or a discard ended is found; nobody who serves may change any.
func TestVerifyAuditHoldsDrafts(t *testing.T) {
	t.Parallel()
	c := newCounty(t)
	id := c.begin(t, 0, c.length)
	c.draw(t, c.planner, id, "session-a", ops(1, 3, "a"))
	c.mustCommit(t, c.planner, id, 1, c.piece(geo.Left, 0, c.length, 30))
	c.draw(t, c.second, id, "session-c", ops(1, 2, "c"))
	if _, err := c.Store.DiscardOps(t.Context(), c.second, id); err != nil {
		t.Fatal(err)
	}
	c.draw(t, c.planner, id, "session-a", ops(4, 1, "open"))
	whole, err := c.Store.VerifyAudit(t.Context())
	if err != nil || whole.Fault != nil || whole.Drafts != 2 {
		t.Fatalf("untouched: %+v, %+v, %v", whole, whole.Fault, err)
	}
	for _, sql := range []string{"UPDATE hetu.draft_op SET op = '{}'", "DELETE FROM hetu.draft_op", "TRUNCATE hetu.draft_op", "UPDATE hetu.draft_end SET how = 'discarded'", "DELETE FROM hetu.draft_end"} {
		if err := c.Exec(t.Context(), "hetu_rw", sql); !denied(err) {
			t.Errorf("hetu_rw may %s: %v", sql, err)
		}
		if err := c.Exec(t.Context(), "hetu_owner", sql); err == nil || !strings.Contains(err.Error(), "only ever added to") {
			t.Errorf("the owner may %s: %v", sql, err)
		}
	}
	if err := c.Exec(t.Context(), "hetu_rw", "INSERT INTO hetu.draft_end (project_id, account_id, after_n, to_n, how, revision, at) VALUES (1, 1, 0, 1, 'committed', 1, now())"); !denied(err) {
		t.Errorf("hetu_rw ends a draft past the function: %v", err)
	}
	const committed, discarded = "the versions of draft_op are not those", "are not those that it ended"
	for _, tt := range []struct{ name, sql, want string }{
		{"what one says", `UPDATE hetu.draft_op SET op = '{"say":"b","n":2}' WHERE session = 'session-a' AND seq = 2`, committed},
		{"who sent it", "UPDATE hetu.draft_op SET account_name = 'x' WHERE session = 'session-a' AND seq = 2", committed},
		{"when", "UPDATE hetu.draft_op SET at = at - interval '1 microsecond' WHERE session = 'session-a' AND seq = 1", committed},
		{"one is gone", "DELETE FROM hetu.draft_op WHERE session = 'session-a' AND seq = 2", committed},
		{"their order", "UPDATE hetu.draft_op SET n = DEFAULT WHERE session = 'session-a' AND seq = 1", committed},
		{"the end is gone", "DELETE FROM hetu.draft_end WHERE how = 'committed'", "the versions of draft_op that it wrote are gone"},
		{"the end says discarded", "UPDATE hetu.draft_end SET how = 'discarded' WHERE how = 'committed'", "are gone"},
		{"a discarded one", "UPDATE hetu.draft_op SET op = '{}' WHERE session = 'session-c' AND seq = 2", discarded},
		{"the discard is gone", "DELETE FROM hetu.draft_end WHERE how = 'discarded'", "is gone"},
		{"a discard is put in", "INSERT INTO hetu.draft_end (project_id, account_id, after_n, to_n, how, revision, at) SELECT project_id, account_id, max(n) - 1, max(n), 'discarded', 2, now() FROM hetu.draft_op WHERE session = 'session-a' GROUP BY 1, 2", "belongs to no row"},
		{"a commit of no revision is put in", "INSERT INTO hetu.draft_end (project_id, account_id, after_n, to_n, how, revision, at) SELECT project_id, account_id, max(n) - 1, max(n), 'committed', 999999, now() FROM hetu.draft_op WHERE session = 'session-a' GROUP BY 1, 2", "which there is not"},
		{"an end begins before there was anything", "UPDATE hetu.draft_end SET after_n = -1 WHERE how = 'committed'", "does not begin where"},
		{"an end that is said to be further", "UPDATE hetu.draft SET ended_n = ended_n + 100", "ended where it did not"},
	} {
		if got, err := c.verifiedAfter(t, tt.sql); err != nil || got.Fault == nil || !strings.Contains(got.Fault.What, tt.want) {
			t.Errorf("%s: found %+v, %v; want %q", tt.name, got.Fault, err, tt.want)
		}
	}
}

// verifiedAfter gives what verification says once something was changed behind the store's back, by one whom no trigger hinders and whose settings are not
// the server's; the change is taken back.
func (c *county) verifiedAfter(t *testing.T, sql string) (pg.Verdict, error) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), c.DSN(""))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(t.Context()) }()
	if _, err := conn.Exec(t.Context(), "SET session_replication_role = replica; SET extra_float_digits = 0; SET timezone = 'Asia/Shanghai'"); err != nil {
		t.Fatal(err)
	}
	tx, err := conn.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(t.Context(), sql); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return c.Store.VerifyForTest(t.Context(), tx)
}

// Who has the right to end drafts ends none for a revision that is not made there and then, and puts no end further than it was.
func TestNoDraftEndsWithoutItsRevision(t *testing.T) {
	t.Parallel()
	c := newCounty(t)
	id := c.begin(t, 0, c.length)
	c.draw(t, c.planner, id, "session-a", ops(1, 3, "a"))
	end := fmt.Sprintf("SELECT hetu.end_draft(%%s, %d, %d, %%d, now())", id, c.planner.Account)
	for name, try := range map[string]struct{ sql, want string }{
		"by no batch":                   {fmt.Sprintf(end, "0", 999999), "draft_of_open_batch"},
		"by a batch that is not merged": {"BEGIN; SELECT hetu.open_batch(now(), 'x', 'x'); " + fmt.Sprintf(end, "currval('staging.batch_id_seq')", 2) + "; COMMIT", "ends_with_revision"},
		"of a revision that there is":   {"BEGIN; SELECT hetu.open_batch(now(), 'x', 'x'); " + fmt.Sprintf(end, "currval('staging.batch_id_seq')", 1) + "; COMMIT", "ends_with_revision"},
	} {
		var refused *pgconn.PgError
		if err := c.Exec(t.Context(), "hetu_rw", try.sql); !errors.As(err, &refused) || refused.ConstraintName != try.want {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, sql := range []string{"UPDATE hetu.draft SET ended_n = 999999", "INSERT INTO hetu.draft (project_id, account_id, day, ended_n) VALUES (1, 1, now(), 9)"} {
		if err := c.Exec(t.Context(), "hetu_rw", sql); !denied(err) {
			t.Errorf("hetu_rw may %s: %v", sql, err)
		}
	}
	if d := c.draw(t, c.planner, id, "session-a", ops(4, 1, "a")); d.Ops != 4 {
		t.Errorf("%d operations are open, want 4", d.Ops)
	}
	c.mustCommit(t, c.planner, id, 1, c.piece(geo.Left, 0, c.length, 30))
	if v, err := c.Store.VerifyAudit(t.Context()); err != nil || v.Fault != nil || v.Drafts != 1 {
		t.Errorf("the audit: %+v, %+v, %v", v, v.Fault, err)
	}
}
