package pg_test

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"hetu/data/pg"
	"hetu/geo"
	"hetu/geo/duty"
	"hetu/geo/project"
)

// The moves that the database lets a project make are those of geo/project.
func TestMovesAreThoseOfTheDatabase(t *testing.T) {
	t.Parallel()
	c := newCounty(t)
	conn, err := pgx.Connect(t.Context(), c.DSN("hetu_rw"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(t.Context()) }()
	rows, err := conn.Query(t.Context(), "SELECT from_status || ' ' || to_status FROM hetu.project_move")
	if err != nil {
		t.Fatal(err)
	}
	got, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, s := range project.Steps() {
		want = append(want, fmt.Sprint(s.From, " ", s.To))
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// A project over a part of what another announced takes that part, after a change request; what is left of the old line on both sides goes on, and on
// every day each place of a bank has one line. Withdrawn, a line is in force no more from that day on.
func TestPartOfALineIsReplaced(t *testing.T) {
	t.Parallel()
	c := newCounty(t)
	today := geo.DateOf(time.Now())
	old := c.begin(t, 0, c.length)
	c.mustCommit(t, c.planner, old, 1, c.piece(geo.Left, 0, c.length, 30), c.piece(geo.Right, 0, c.length, 30))
	c.approve(t, old)
	c.mustMove(t, c.publisher, old, project.Move{To: project.Announced, EffectiveFrom: today, LegalDoc: c.document(t, "1")})

	part := c.begin(t, 3000, 5000)
	c.mustCommit(t, c.planner, part, 1, c.piece(geo.Left, 3000, 5000, 50))
	c.approve(t, part)
	doc, day := c.document(t, "2"), today.AddDays(10)
	announce := project.Move{To: project.Announced, EffectiveFrom: day, LegalDoc: doc}
	if err := c.move(t, c.publisher, part, announce); geo.CodeOf(err) != geo.CodeConflict {
		t.Fatalf("announced over an announced line: %v", err)
	}
	c.request(t, part, old)
	c.mustMove(t, c.publisher, part, announce)
	for _, tt := range []struct {
		on   geo.Date
		want map[geo.Bank]int
	}{{today, map[geo.Bank]int{geo.Left: 1, geo.Right: 1}}, {day.AddDays(-1), map[geo.Bank]int{geo.Left: 1, geo.Right: 1}}, {day, map[geo.Bank]int{geo.Left: 3, geo.Right: 1}}} {
		c.inForce(t, old, tt.on, tt.want)
	}
	if p, err := c.Store.Project(t.Context(), c.planner, old); err != nil || p.Status != project.Announced {
		t.Errorf("the old project is %s: %v", p.Status, err)
	}
	if err := c.move(t, c.publisher, part, project.Move{To: project.Withdrawn, EffectiveFrom: day.AddDays(5)}); geo.CodeOf(err) != geo.CodeConflict {
		t.Errorf("withdrawn without a change request: %v", err)
	}
	c.request(t, part, part)
	c.mustMove(t, c.publisher, part, project.Move{To: project.Withdrawn, EffectiveFrom: day.AddDays(5)})
	got, err := c.Store.AnnouncedBeside(t.Context(), c.planner, old, day.AddDays(5))
	if err != nil || len(got) != 3 {
		t.Errorf("after it was withdrawn %d lines are in force: %v", len(got), err)
	}
}

// request has the change of what a project announced asked for by another, and approved by one who did not ask.
func (c *county) request(t *testing.T, by, of int64) {
	t.Helper()
	_, pieces, err := c.Store.ProjectPieces(t.Context(), c.planner, of, 0)
	if err != nil {
		t.Fatal(err)
	}
	var ids []int64
	for _, p := range pieces {
		ids = append(ids, p.ID)
	}
	c.requestOf(t, by, ids...)
}

func (c *county) requestOf(t *testing.T, by int64, ids ...int64) {
	t.Helper()
	if _, err := c.Store.AskChange(t.Context(), c.planner, by, ids, "works", "堤防加固", project.Once{}); err != nil {
		t.Fatal(err)
	}
	asked, err := c.Store.ChangeRequests(t.Context(), c.planner, by)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range asked {
		if r.Status != "open" {
			continue
		}
		if _, err := c.Store.DecideChange(t.Context(), c.stranger, by, r.ID, true, project.Once{}); geo.CodeOf(err) != geo.CodeNotFound {
			t.Errorf("a stranger decides: %v", err)
		}
		if _, err := c.Store.DecideChange(t.Context(), c.reviewer, by, r.ID, true, project.Once{}); err != nil {
			t.Fatal(err)
		}
	}
}

// inForce holds the lines of a day against how many there are to be, and that they tile the river.
func (c *county) inForce(t *testing.T, id int64, on geo.Date, want map[geo.Bank]int) {
	t.Helper()
	got, err := c.Store.AnnouncedBeside(t.Context(), c.planner, id, on)
	if err != nil {
		t.Fatal(err)
	}
	count, ranges := map[geo.Bank]int{}, map[geo.Bank][]duty.Range{}
	for _, p := range got {
		count[p.Bank]++
		ranges[p.Bank] = append(ranges[p.Bank], duty.Range{FromM: p.FromM, ToM: p.ToM})
	}
	if !maps.Equal(count, want) {
		t.Errorf("on %s: %v, want %v", on, count, want)
	}
	for bank, rs := range ranges {
		if d := duty.Doubled(rs...).Over(0.01); len(d) > 0 {
			t.Errorf("on %s %s: two lines at %v", on, bank, d)
		}
		if all := duty.Union(rs...); len(all.Over(0.01)) != 1 || math.Abs(all[len(all)-1].ToM-c.length) > 0.01 {
			t.Errorf("on %s %s: lines at %v", on, bank, all)
		}
	}
}

// A line that was imported as announced, without measures, is changed by a project as any other: after a change request, from the day on.
func TestImportedLineIsReplaced(t *testing.T) {
	t.Parallel()
	c := newCounty(t)
	merge(t, c.Store, pg.Boundary{Record: rec("old"), River: "r", Bank: geo.Left, BasisKind: "custom", Status: "announced", Geom: line(106.40, 26.6005, 106.50, 26.6005)})
	id := c.begin(t, 0, c.length)
	c.mustCommit(t, c.planner, id, 1, c.piece(geo.Left, 0, c.length, 30))
	c.approve(t, id)
	announce := project.Move{To: project.Announced, EffectiveFrom: geo.DateOf(time.Now()).AddDays(1), LegalDoc: c.document(t, "1")}
	if err := c.move(t, c.publisher, id, announce); geo.CodeOf(err) != geo.CodeConflict {
		t.Fatalf("announced over an imported line: %v", err)
	}
	c.requestOf(t, id, c.id(t, "boundary", "old"))
	c.mustMove(t, c.publisher, id, announce)
	for day, want := range map[int]int64{0: 1, 1: 1} {
		got, err := c.Store.AnnouncedBeside(t.Context(), c.planner, id, geo.DateOf(time.Now()).AddDays(day))
		if err != nil || int64(len(got)) != want || (got[0].Basis == "custom") != (day == 0) {
			t.Errorf("in %d days: %+v %v", day, got, err)
		}
	}
}
