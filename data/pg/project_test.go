package pg_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/twpayne/go-geom"

	"hetu/data/pg"
	"hetu/data/pgtest"
	"hetu/geo"
	"hetu/geo/access"
	"hetu/geo/demarc"
	"hetu/geo/lref"
	"hetu/geo/project"
)

// county is a store with a county, a town in it and another county, and a river of 10 km that runs east through the first.
type county struct {
	*pgtest.Database
	river, route, town, other int64
	planner, second           access.Actor // planners of the town
	reviewer, publisher       access.Actor // of the county
	stranger                  access.Actor // planner of the other county
	length                    float64
}

func box(west, south, east, north float64) *geom.MultiPolygon {
	return geom.NewMultiPolygonFlat(geom.XY, []float64{west, south, east, south, east, north, west, north, west, south}, [][]int{{10}})
}

func newCounty(t *testing.T, opts ...pgtest.Option) *county {
	t.Helper()
	c := &county{Database: pgtest.New(t, opts...)}
	c.fill(t)
	return c
}

func (c *county) fill(t *testing.T) {
	t.Helper()
	route := lref.Measured(line(106.40, 26.60, 106.45, 26.60, 106.50, 26.60), "mouth")
	c.length = route.FlatCoords()[2]
	merge(t, c.Store,
		pg.Division{Record: rec("county"), CodeScheme: "local", Code: "520181", Name: "甲县", Level: geo.County, Kind: "县", Geom: box(106.3, 26.5, 106.6, 26.7)},
		pg.Division{Record: rec("town"), CodeScheme: "local", Code: "520181101", Name: "甲乡", Level: geo.Town, Kind: "乡", Parent: "county", Geom: box(106.3, 26.5, 106.6, 26.7)},
		pg.Division{Record: rec("other"), CodeScheme: "local", Code: "520182", Name: "乙县", Level: geo.County, Kind: "县", Geom: box(106.6, 26.5, 106.9, 26.7)},
		pg.River{Record: rec("r"), Name: "示例河", RiverKind: "river", Division: "county"},
		pg.Route{Record: rec("rt"), River: "r", MeasureOrigin: "mouth", FlowDir: "with", LengthM: c.length, Geom: route},
		pg.BankLine{Record: rec("toe"), Kind: "levee_toe", River: "r", Bank: geo.Left, ToeSide: "landside", LeveeClass: new(2), Geom: geom.NewLineStringFlat(geom.XYZ, []float64{106.40, 26.601, 0, 106.50, 26.601, 0})},
	)
	c.river, c.route, c.town, c.other = c.id(t, "river", "r"), c.id(t, "route", "rt"), c.id(t, "division", "town"), c.id(t, "division", "other")
	lead := c.id(t, "division", "county")
	c.planner, c.second = c.account(t, "王工", access.Planner, c.town), c.account(t, "李工", access.Planner, c.town)
	c.reviewer, c.publisher = c.account(t, "赵审", access.Reviewer, lead), c.account(t, "钱发", access.Publisher, lead)
	c.stranger = c.account(t, "乙县规划", access.Planner, c.other)
}

func (c *county) query(t *testing.T, sql string, args ...any) int64 {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), c.DSN(""))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(t.Context()) }()
	var v int64
	if err := conn.QueryRow(t.Context(), sql, args...).Scan(&v); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return v
}

func (c *county) id(t *testing.T, entity, key string) int64 {
	t.Helper()
	return c.query(t, "SELECT id FROM hetu."+entity+" WHERE key = $1", key)
}

// account makes an account that has a role over a division.
func (c *county) account(t *testing.T, name string, role access.Role, division int64) access.Actor {
	t.Helper()
	id := c.query(t, "INSERT INTO hetu.account (name, display_name, rights_at, made_at) VALUES ($1, $1, now(), now()) RETURNING id", name)
	if err := c.Exec(t.Context(), "", "INSERT INTO hetu.account_grant (account_id, role, division_id, made_at) VALUES ($1, $2, $3, now())", id, string(role), division); err != nil {
		t.Fatal(err)
	}
	return access.Actor{Account: id, Name: name, Grants: []access.Grant{{Role: role, Division: division}}}
}

// begin makes a project over a range of the river.
func (c *county) begin(t *testing.T, from, to float64) int64 {
	t.Helper()
	made, _, err := c.Store.CreateProject(t.Context(), c.planner, project.New{
		Name: "示例河划界", River: c.river, FromM: from, ToM: to, Division: c.town, LeadLevel: geo.Town, RuleProfile: "demarcation-kaiping",
	}, project.Once{})
	if err != nil {
		t.Fatal(err)
	}
	return made.Project
}

// piece is a line of one bank off metres from the river, over a range of it.
func (c *county) piece(bank geo.Bank, from, to, off float64) demarc.Piece {
	side := 1.0
	if bank == geo.Right {
		side = -1
	}
	lon := func(m float64) float64 { return 106.50 - m/c.length*0.1 }
	lat := 26.60 + side*off/110_700
	return demarc.Piece{Bank: bank, FromM: from, ToM: to, Basis: demarc.NaturalBank, WidthM: 10, Reason: "测试", Line: line(lon(to), lat, (lon(to)+lon(from))/2, lat, lon(from), lat)}
}

func changeOf(pieces ...demarc.Piece) []project.Change {
	var out []project.Change
	for _, p := range pieces {
		out = append(out, project.Change{Range: project.RangeOf(p), Pieces: []demarc.Piece{p}})
	}
	return out
}

func (c *county) commit(t *testing.T, by access.Actor, id int64, base int, pieces ...demarc.Piece) (int, error) {
	t.Helper()
	made, _, err := c.Store.Commit(t.Context(), by, id, project.Commit{Base: base, Changes: changeOf(pieces...)}, geo.China(), project.Once{})
	return made.Revision, err
}

func (c *county) mustCommit(t *testing.T, by access.Actor, id int64, base int, pieces ...demarc.Piece) int {
	t.Helper()
	rev, err := c.commit(t, by, id, base, pieces...)
	if err != nil {
		t.Fatal(err)
	}
	return rev
}

func (c *county) move(t *testing.T, by access.Actor, id int64, m project.Move) error {
	t.Helper()
	if m.Base == 0 {
		p, err := c.Store.Project(t.Context(), c.planner, id)
		if err != nil {
			t.Fatal(err)
		}
		m.Base = p.Revision
	}
	if m.FindingsOf == 0 {
		m.FindingsOf = m.Base
	}
	_, _, err := c.Store.Transition(t.Context(), by, id, m, project.Once{})
	return err
}

func (c *county) mustMove(t *testing.T, by access.Actor, id int64, m project.Move) {
	t.Helper()
	if err := c.move(t, by, id, m); err != nil {
		t.Fatalf("to %s: %v", m.To, err)
	}
}

// document files an announcement with all that it needs.
func (c *county) document(t *testing.T, number string) int64 {
	t.Helper()
	sha := fmt.Sprintf("%064x", len(number)+int(number[len(number)-1]))
	if err := c.Store.FileSent(t.Context(), c.publisher, sha, 1); err != nil {
		t.Fatal(err)
	}
	d, _, err := c.Store.AddDocument(t.Context(), c.publisher, project.Document{
		Kind: "announcement", Number: &number, Title: "关于公布示例河管理范围的公告", Dated: geo.DateOf(time.Now()), SHA256: &sha, Division: &c.town,
	}, project.Once{})
	if err != nil {
		t.Fatal(err)
	}
	return d.ID
}

// approve brings a draft as far as approval.
func (c *county) approve(t *testing.T, id int64) {
	t.Helper()
	c.mustMove(t, c.planner, id, project.Move{To: project.Checked, Findings: &[]demarc.Finding{}})
	c.mustMove(t, c.reviewer, id, project.Move{To: project.Consulted})
	c.mustMove(t, c.reviewer, id, project.Move{To: project.Approved})
}

// A project goes from its first draft to the announcement, is seen by nobody else on the way, and then stays as it is: in the database
// too, whatever is written past the program.
func TestProjectIsAnnounced(t *testing.T) {
	t.Parallel()
	c := newCounty(t)
	id := c.begin(t, 0, c.length)
	if _, err := c.Store.Project(t.Context(), c.stranger, id); geo.CodeOf(err) != geo.CodeNotFound {
		t.Errorf("another county's planner: %v", err)
	}
	if _, err := c.commit(t, c.stranger, id, 1, c.piece(geo.Left, 0, 1000, 30)); geo.CodeOf(err) != geo.CodeNotFound {
		t.Errorf("another county's planner commits: %v", err)
	}
	rev := c.mustCommit(t, c.planner, id, 1, c.piece(geo.Left, 0, c.length, 30), c.piece(geo.Right, 0, c.length, 30))
	if rev != 2 {
		t.Errorf("revision %d, want 2", rev)
	}
	if err := c.move(t, c.planner, id, project.Move{To: project.Approved}); geo.CodeOf(err) != geo.CodeConflict {
		t.Errorf("a draft is approved: %v", err)
	}
	if err := c.move(t, c.planner, id, project.Move{To: project.Checked}); geo.CodeOf(err) != geo.CodeUnavailable {
		t.Errorf("checked by nobody: %v", err)
	}
	c.approve(t, id)
	effective := geo.DateOf(time.Now()).AddDays(30)
	if err := c.move(t, c.publisher, id, project.Move{To: project.Announced, EffectiveFrom: effective}); geo.CodeOf(err) != geo.CodeRefused {
		t.Errorf("announced without a document: %v", err)
	}
	c.mustMove(t, c.publisher, id, project.Move{To: project.Announced, EffectiveFrom: effective, LegalDoc: c.document(t, "甲政告〔2026〕1号")})
	p, pieces, err := c.Store.ProjectPieces(t.Context(), c.planner, id, 0)
	if err != nil || p.Status != project.Announced || len(pieces) != 2 || pieces[0].Status != project.Announced || len(pieces[0].SHA256) != 64 {
		t.Fatalf("%+v %+v %v", p, pieces, err)
	}
	for rev := 1; rev <= p.Revision; rev++ {
		_, was, err := c.Store.ProjectPieces(t.Context(), c.planner, id, rev)
		if want := map[bool]int{true: 0, false: 2}[rev == 1]; err != nil || len(was) != want {
			t.Errorf("revision %d has %d pieces, want %d: %v", rev, len(was), want, err)
		}
	}
	c.neverChanges(t, id, pieces[0])
}

// neverChanges tries to change an announced line past the program.
func (c *county) neverChanges(t *testing.T, id int64, piece project.Piece) {
	t.Helper()
	at := rec(pg.Key(piece.Key))
	at.Valid = geo.Since(geo.DateOf(time.Now()))
	row := pg.Boundary{Record: at, Name: "x", River: "r", Route: "rt", Bank: piece.Bank, BasisKind: "custom", Status: "withdrawn", FromM: &piece.FromM, ToM: &piece.ToM, Geom: piece.Line}
	if err := refuse(t, c.Store, "an import over an announced line", row); geo.CodeOf(err) != geo.CodeRefused {
		t.Errorf("an import over an announced line: %v", err)
	}
	key := c.key(t, "project", id)
	row.Record, row.Status, row.Project = rec("new"), "announced", pg.Key(key)
	if err := refuse(t, c.Store, "an import of an announced line", row); geo.CodeOf(err) != geo.CodeRefused {
		t.Errorf("an import of an announced line of a project: %v", err)
	}
	for _, sql := range []string{
		"UPDATE hetu.boundary_version SET width_m = 1 WHERE status = 'announced'", "DELETE FROM hetu.boundary_version WHERE status = 'announced'",
		"UPDATE hetu.boundary_version SET recorded = tstzrange(lower(recorded), now()) WHERE status = 'announced' AND upper_inf(recorded)",
		"INSERT INTO hetu.project_commit SELECT * FROM hetu.project_commit", "UPDATE hetu.project_version SET revision = 9",
	} {
		if err := c.Exec(t.Context(), "", sql); err == nil {
			t.Errorf("%s: it was done", sql)
		}
	}
}

func (c *county) key(t *testing.T, entity string, id int64) string {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), c.DSN(""))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(t.Context()) }()
	var key string
	if err := conn.QueryRow(t.Context(), "SELECT key FROM hetu."+entity+" WHERE id = $1", id).Scan(&key); err != nil {
		t.Fatal(err)
	}
	return key
}

// Who drafted approves nothing and announces nothing, by no role that he has besides; nor does the database take it.
func TestDrafterDoesNotApprove(t *testing.T) {
	t.Parallel()
	c := newCounty(t)
	both := c.account(t, "孙工", access.Planner, c.town)
	for _, role := range []access.Role{access.Reviewer, access.Publisher} {
		if err := c.Exec(t.Context(), "", "INSERT INTO hetu.account_grant (account_id, role, division_id, made_at) VALUES ($1, $2, $3, now())", both.Account, string(role), c.town); err != nil {
			t.Fatal(err)
		}
	}
	id := c.begin(t, 0, c.length)
	c.mustCommit(t, both, id, 1, c.piece(geo.Left, 0, c.length, 30))
	c.mustMove(t, c.planner, id, project.Move{To: project.Checked, Findings: &[]demarc.Finding{}})
	c.mustMove(t, c.reviewer, id, project.Move{To: project.Consulted})
	if err := c.move(t, both, id, project.Move{To: project.Approved}); geo.CodeOf(err) != geo.CodeForbidden {
		t.Errorf("the drafter approves: %v", err)
	}
	c.mustMove(t, c.reviewer, id, project.Move{To: project.Approved})
	if err := c.move(t, both, id, project.Move{To: project.Announced, EffectiveFrom: geo.DateOf(time.Now()), LegalDoc: c.document(t, "1")}); geo.CodeOf(err) != geo.CodeForbidden {
		t.Errorf("the drafter announces: %v", err)
	}
	err := c.Exec(t.Context(), "", `INSERT INTO hetu.project_version (name, river_id, route_id, from_m, to_m, division_id, lead_level, rule_profile, status, revision, drafted_by, approved_by, id, version, valid, recorded, source)
		SELECT name, river_id, route_id, from_m, to_m, division_id, lead_level, rule_profile, status, revision + 1, drafted_by, drafted_by[1], id, version + 1, valid, tstzrange(now(), NULL), source
		FROM hetu.project_version WHERE upper_inf(recorded)`)
	if err == nil {
		t.Error("the database takes a drafter as approver")
	}
}

// Two planners who built on one revision: ranges that have nothing in common go in both; those that do are refused, with what both wrote.
func TestCommitsMeet(t *testing.T) {
	t.Parallel()
	c := newCounty(t)
	id := c.begin(t, 0, c.length)
	base := c.mustCommit(t, c.planner, id, 1, c.piece(geo.Left, 0, 1000, 30), c.piece(geo.Left, 1000, 2000, 30))
	c.mustCommit(t, c.planner, id, base, c.piece(geo.Left, 0, 1000, 40))
	if rev := c.mustCommit(t, c.second, id, base, c.piece(geo.Left, 1000, 2000, 50)); rev != base+2 {
		t.Errorf("revision %d, want %d", rev, base+2)
	}
	_, err := c.commit(t, c.second, id, base, c.piece(geo.Left, 0, 1000, 60))
	stale, ok := errors.AsType[*project.Stale](err)
	if !ok || geo.CodeOf(err) != geo.CodeStale {
		t.Fatalf("the same range again: %v", err)
	}
	if len(stale.Since) != 1 || stale.Since[0].By != c.planner.Name || len(stale.Base) != 1 || len(stale.Theirs) != 1 || stale.Revision != base+2 {
		t.Errorf("told is %+v", stale)
	}
	if a, b := stale.Base[0].Line.FlatCoords()[1], stale.Theirs[0].Line.FlatCoords()[1]; !(a < b) {
		t.Errorf("base at %v, theirs at %v", a, b)
	}
	if _, err := c.commit(t, c.planner, id, base+2, c.piece(geo.Left, 500, 1500, 30)); geo.CodeOf(err) != geo.CodeRefused {
		t.Errorf("a range that cuts pieces: %v", err)
	}
	outside := c.piece(geo.Left, 2000, 3000, 30)
	flat := outside.Line.FlatCoords()
	outside.Line = line(flat[0], flat[1], 106.65, 26.6, flat[4], flat[5])
	if _, err := c.commit(t, c.planner, id, base+2, outside); geo.CodeOf(err) != geo.CodeForbidden {
		t.Errorf("a line in another county: %v", err)
	}
	log, err := c.Store.ProjectLog(t.Context(), c.planner, id, 0, 100)
	if err != nil || len(log) != base+2 {
		t.Fatalf("the log has %d entries: %v", len(log), err)
	}
	for i, l := range log {
		if l.Revision != i+1 {
			t.Errorf("entry %d is revision %d", i, l.Revision)
		}
	}
}
