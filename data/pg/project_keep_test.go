package pg_test

import (
	"context"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"hetu/data/pgtest"
	"hetu/geo"
	"hetu/geo/access"
	"hetu/geo/project"
)

// An idempotency key that was used more than a day ago is a new one.
func TestIdempotencyKeyIsNewAfterADay(t *testing.T) {
	t.Parallel()
	var now atomic.Int64
	now.Store(time.Date(2026, 11, 24, 4, 0, 0, 0, time.UTC).Unix())
	c := newCounty(t, pgtest.Clock(func() time.Time { return time.Unix(now.Load(), 0).UTC() }))
	once := project.Once{Key: "k", SHA256: strings.Repeat("a", 64)}
	begin := func() (int64, bool) {
		made, replayed, err := c.Store.CreateProject(t.Context(), c.planner, project.New{
			Name: "示例河划界", River: c.river, ToM: c.length, Division: c.town, LeadLevel: geo.Town, RuleProfile: "p",
		}, once)
		if err != nil {
			t.Fatal(err)
		}
		return made.Project, replayed
	}
	first, _ := begin()
	if again, replayed := begin(); again != first || !replayed {
		t.Errorf("sent again at once: project %d, replayed %t", again, replayed)
	}
	now.Add(25 * 3600)
	once.SHA256 = strings.Repeat("b", 64)
	third, replayed := begin()
	if third == first || replayed {
		t.Errorf("a day later: project %d, replayed %t", third, replayed)
	}
	if again, replayed := begin(); again != third || !replayed {
		t.Errorf("sent again then: project %d, replayed %t", again, replayed)
	}
}

// What people wrote is not read by the role that reads the map, and a comment that was resolved stays as it is for every role.
func TestWhatWasSaidIsKept(t *testing.T) {
	t.Parallel()
	c := newCounty(t)
	id := c.begin(t, 0, c.length)
	comment, err := c.Store.AddComment(t.Context(), c.reviewer, id, project.Comment{Revision: 1, Bank: geo.Left, ToM: 10, Text: "?"})
	if err != nil {
		t.Fatal(err)
	}
	for _, table := range []string{"comment", "draft_op", "idempotency", "file"} {
		if err := c.Exec(t.Context(), "hetu_ro", "SELECT FROM hetu."+table); !denied(err) {
			t.Errorf("hetu_ro reads %s: %v", table, err)
		}
	}
	if err := c.Store.ResolveComment(t.Context(), c.reviewer, id, comment, "!"); err != nil {
		t.Fatal(err)
	}
	for _, sql := range []string{
		"UPDATE hetu.comment SET resolution = 'x'", "UPDATE hetu.comment SET text = 'x'", "DELETE FROM hetu.comment", "TRUNCATE hetu.comment",
		"UPDATE hetu.project_commit SET note = 'x'", "DELETE FROM hetu.project_commit",
	} {
		if err := c.Exec(t.Context(), "", sql); err == nil {
			t.Errorf("%s was done", sql)
		}
	}
}

// What drafts a view shows is read once, until something is written.
func TestDraftsSeenAreRemembered(t *testing.T) {
	t.Parallel()
	c := newCounty(t)
	id := c.begin(t, 0, c.length)
	seen := func() map[int64]bool {
		out, err := c.Store.DraftsSeen(t.Context(), access.View{Divisions: []int64{c.town}})
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	if n := len(seen()); n != 0 {
		t.Errorf("%d drafts before anything is drawn", n)
	}
	c.mustCommit(t, c.planner, id, 1, c.piece(geo.Left, 0, c.length, 30))
	first, second := seen(), seen()
	if len(first) != 1 || reflect.ValueOf(first).Pointer() != reflect.ValueOf(second).Pointer() {
		t.Errorf("%v, then read again %v", first, second)
	}
}

// Who does not see a project is told so while another holds the writers' lock.
func TestNobodyWaitsForWhatHeDoesNotSee(t *testing.T) {
	t.Parallel()
	c := newCounty(t)
	id := c.begin(t, 0, c.length)
	conn, err := pgx.Connect(t.Context(), c.DSN(""))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(t.Context())) }()
	if _, err := conn.Exec(t.Context(), "BEGIN; LOCK TABLE hetu.audit IN SHARE ROW EXCLUSIVE MODE"); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for name, do := range map[string]func() error{
		"waive": func() error { _, err := c.Store.Waive(ctx, c.stranger, id, 1, "?", project.Once{}); return err },
		"ask": func() error {
			_, err := c.Store.AskChange(ctx, c.stranger, id, []int64{1}, "works", "?", project.Once{})
			return err
		},
		"decide": func() error { _, err := c.Store.DecideChange(ctx, c.stranger, id, 1, true, project.Once{}); return err },
		"commit": func() error { _, err := c.commit(t, c.stranger, id, 1, c.piece(geo.Left, 0, c.length, 30)); return err },
	} {
		if err := do(); geo.CodeOf(err) != geo.CodeNotFound {
			t.Errorf("%s: %v", name, err)
		}
	}
}
