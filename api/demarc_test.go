package api_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/twpayne/go-geom"

	"hetu/api"
	"hetu/data/dem"
	"hetu/data/export"
	"hetu/data/files"
	"hetu/data/ingest"
	"hetu/data/pg"
	"hetu/data/pgtest"
	"hetu/data/profiles"
	"hetu/geo"
	"hetu/geo/access"
	"hetu/geo/lref"
	"hetu/geo/project"
	"hetu/geo/project/gate"
	"hetu/tiles/atlas"
	"hetu/tiles/cache"
)

// surveyed is what was surveyed along a part of one bank.
type surveyed struct {
	kind  string
	bank  geo.Bank
	offM  float64 // from the centre line
	from  float64 // shares of the way, from upstream down
	to    float64
	class int
}

// shore is a river with its surveys, through two towns of one county; the other county lies downstream.
type shore struct {
	*plans
	route *geom.LineString
	db    *pgtest.Database
}

// course draws a river that meanders east from a place; its towns meet half-way.
type course struct {
	lon, lat, lengthM, swing float64
	origin                   string
	reversed                 bool // it was digitised from the mouth up
	middle                   float64
	surveys                  []surveyed
	more                     []pg.Row
}

func plainCourse(surveys ...surveyed) course {
	return course{lon: 106.40, lat: 26.60, lengthM: 3000, swing: 0.4, origin: "mouth", surveys: surveys}
}

// bankTops are those of both banks, offM from the centre line.
func bankTops(offM float64) []surveyed {
	return []surveyed{{"bank", geo.Left, offM, 0, 1, 0}, {"bank", geo.Right, offM, 0, 1, 0}}
}

func (c course) line() *geom.LineString {
	const perLat, step = 110_780.0, 20.0
	perLon := 111_320 * math.Cos(c.lat*math.Pi/180)
	flat := []float64{c.lon, c.lat}
	for i := range int(c.lengthM / step) {
		angle := c.swing * math.Cos(2*math.Pi*float64(i)*step/1600)
		x, y := flat[len(flat)-2], flat[len(flat)-1]
		flat = append(flat, x+step*math.Cos(angle)/perLon, y+step*math.Sin(angle)/perLat)
	}
	return lref.Measured(geom.NewLineStringFlat(geom.XY, flat), c.origin)
}

// besideAt gives the place beside the route, a share of the way from upstream down.
func besideAt(t *testing.T, route *geom.LineString, bank geo.Bank, share, offM float64) []float64 {
	t.Helper()
	low, high, _ := lref.Ends(route)
	m := low + share*(high-low)
	if flat := route.FlatCoords(); flat[2] > flat[len(flat)-1] {
		m = high - share*(high-low)
	}
	if bank == geo.Left {
		offM = -offM
	}
	p, err := lref.LocateOffset(route, m, offM)
	if err != nil {
		t.Fatal(err)
	}
	return []float64{p.Lon, p.Lat}
}

// beside draws a line beside the route.
func beside(t *testing.T, route *geom.LineString, bank geo.Bank, from, to, offM float64) []float64 {
	t.Helper()
	n := max(2, int(math.Abs(to-from)*float64(route.NumCoords())))
	var out []float64
	for i := range n {
		out = append(out, besideAt(t, route, bank, from+(to-from)*float64(i)/float64(n-1), offM)...)
	}
	return out
}

func newShore(t *testing.T, c course) *shore {
	t.Helper()
	return newShoreAt(t, c, today)
}

// newShoreAt is newShore by a clock of one's own.
func newShoreAt(t *testing.T, c course, now func() time.Time) *shore {
	t.Helper()
	db := pgtest.New(t, pgtest.Clock(now))
	s := &shore{plans: &plans{store: db.Store}, route: c.line(), db: db}
	s.fillShore(t, c)
	s.start(t, now)
	return s
}

// start serves what the store holds, with all that a server of projects has.
func (s *shore) start(t *testing.T, now func() time.Time) {
	t.Helper()
	set, err := profiles.Load("")
	if err != nil {
		t.Fatal(err)
	}
	temp, err := os.MkdirTemp("", "hetu-shore-") //nolint:usetesting // t.TempDir is closed to the GDAL child's user
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(temp) })
	if err := os.Chmod(temp, 0o755); err != nil { //nolint:gosec // G302: the child enters it
		t.Fatal(err)
	}
	s.atlas = atlas.New() // loaded by the tests that ask for tiles
	kept, err := cache.New(s.atlas, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	cfg := config(t, s.store)
	cfg.Atlas, cfg.Tiles = s.atlas, kept
	cfg.Now = now
	cfg.Identity, cfg.Files, cfg.Packages = s.store, files.New(t.TempDir()), export.Projects{Temp: temp}
	cfg.Elevations = dem.Models{Temp: temp}
	cfg.StakeTables = ingest.StakeTables{Temp: temp}
	cfg.CheckFunc = gate.Checker{Profiles: set}.Check
	cfg.Log = slog.New(slog.NewTextHandler(t.Output(), nil))
	handler, err := api.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	s.Server = httptest.NewServer(handler)
	t.Cleanup(s.Close)
}

func (s *shore) fillShore(t *testing.T, c course) {
	t.Helper()
	rec := func(key pg.Key) pg.Record { return pg.Record{Key: key, Source: "测量 2026"} }
	flat := s.route.FlatCoords()
	s.length = max(flat[2], flat[len(flat)-1])
	west, east, middle := c.lon-0.1, flat[len(flat)-3]+0.02, c.middle
	if middle == 0 {
		middle = (c.lon + flat[len(flat)-3]) / 2
	}
	south, north := c.lat-0.1, c.lat+0.1
	rows := []pg.Row{
		pg.Division{Record: rec("city"), CodeScheme: "local", Code: "520100", Name: "示例市", Level: geo.City, Kind: "市"},
		pg.Division{Record: rec("county"), CodeScheme: "local", Code: "520181", Name: "甲县", Level: geo.County, Kind: "县", Parent: "city", Geom: square(west, south, east, north)},
		pg.Division{Record: rec("town"), CodeScheme: "local", Code: "520181101", Name: "甲乡", Level: geo.Town, Kind: "乡", Parent: "county", Geom: square(west, south, middle, north)},
		pg.Division{Record: rec("town2"), CodeScheme: "local", Code: "520181102", Name: "乙乡", Level: geo.Town, Kind: "乡", Parent: "county", Geom: square(middle, south, east, north)},
		pg.Division{Record: rec("other"), CodeScheme: "local", Code: "520182", Name: "乙县", Level: geo.County, Kind: "县", Parent: "city", Geom: square(east, south, east+0.2, north)},
		pg.River{Record: rec("r"), CodeScheme: "local", Code: "HL0001", Name: "示例河", RiverKind: "river", Division: "county"},
		pg.Route{Record: rec("rt"), River: "r", MeasureOrigin: c.origin, FlowDir: "with", LengthM: s.length, Geom: s.route},
	}
	rows = append(rows, s.surveyRows(t, c, "r")...)
	s.load(t, append(rows, c.more...)...)
	rivers, _, err := s.store.Rivers(t.Context(), momentToday(), "示例河", 1)
	if err != nil || len(rivers) != 1 {
		t.Fatalf("%v %v", rivers, err)
	}
	s.river = rivers[0].ID
	s.lead, s.town, s.other = s.division(t, "甲县"), s.division(t, "甲乡"), s.division(t, "乙县")
	s.staff(t)
	s.stranger = newKey(t, s.store, newAccount(t, s.store, "yi", access.Planner, s.other))
}

// staff are those who work for the division that leads.
func (s *shore) staff(t *testing.T) {
	t.Helper()
	s.planner = newKey(t, s.store, newAccount(t, s.store, "wang", access.Planner, s.lead))
	s.reviewer = newKey(t, s.store, newAccount(t, s.store, "zhao", access.Reviewer, s.lead))
	s.publisher = newKey(t, s.store, newAccount(t, s.store, "qian", access.Publisher, s.lead))
}

// surveyRows are the surveys of a river.
func (s *shore) surveyRows(t *testing.T, c course, river pg.Key) []pg.Row {
	t.Helper()
	var rows []pg.Row
	for i, v := range c.surveys {
		xy := beside(t, s.route, v.bank, v.from, v.to, v.offM)
		if c.reversed {
			slices.Reverse(xy)
			for k := 0; k+1 < len(xy); k += 2 {
				xy[k], xy[k+1] = xy[k+1], xy[k]
			}
		}
		xyz := make([]float64, 0, len(xy)/2*3)
		for k := 0; k+1 < len(xy); k += 2 {
			xyz = append(xyz, xy[k], xy[k+1], 0)
		}
		row := pg.BankLine{Record: pg.Record{Key: pg.Key(fmt.Sprintf("survey-%d", i)), Source: "测量 2026"}, Kind: v.kind, River: river, Bank: v.bank, Geom: geom.NewLineStringFlat(geom.XYZ, xyz)}
		if v.kind == "levee_toe" {
			row.ToeSide, row.LeveeClass = "landside", new(v.class)
		}
		rows = append(rows, row)
	}
	return rows
}

// load brings rows into the store.
func (s *shore) load(t *testing.T, rows ...pg.Row) {
	t.Helper()
	b, err := s.store.NewBatch(t.Context(), "test", t.Name())
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Add(t.Context(), rows...); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Merge(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// project begins one over a part of the river.
func (s *shore) project(t *testing.T, key string, body object) string {
	t.Helper()
	all := object{"name": "示例河划界", "river_id": s.river, "division_id": s.lead, "lead_level": 3, "rule_profile": "width-kaiping"}
	for k, v := range body {
		all[k] = v
	}
	var made project.Made
	s.must(t, key, http.MethodPost, "/api/v1/projects", all, &made)
	return fmt.Sprintf("/api/v1/projects/%d", made.Project)
}

// pieceOf is a piece as candidates give it and commits take it.
type pieceOf struct {
	Bank   geo.Bank  `json:"bank"`
	FromM  float64   `json:"from_m"`
	ToM    float64   `json:"to_m"`
	Basis  string    `json:"basis"`
	WidthM float64   `json:"width_m"`
	Source string    `json:"source"`
	Reason string    `json:"reason"`
	Line   drawnLine `json:"geometry"`
}

type drawnLine struct {
	Type        string       `json:"type"`
	Coordinates [][2]float64 `json:"coordinates"`
}

func (l drawnLine) geom() *geom.LineString {
	var flat []float64
	for _, c := range l.Coordinates {
		flat = append(flat, c[0], c[1])
	}
	return geom.NewLineStringFlat(geom.XY, flat)
}

type connectorOf struct {
	Geometry   drawnLine
	Properties struct {
		Kind    string
		Bank    string
		AtM     float64 `json:"at_m"`
		LengthM float64 `json:"length_m"`
	}
}

type candidateOf struct {
	RuleProfile string `json:"rule_profile"`
	Features    []struct {
		Geometry   drawnLine
		Properties pieceOf
	}
	Connectors []connectorOf
	Notes      []struct{ Code, En string }
}

func (c candidateOf) pieces() []pieceOf {
	var out []pieceOf
	for _, f := range c.Features {
		p := f.Properties
		p.Line = f.Geometry
		out = append(out, p)
	}
	return out
}

func (s *shore) candidate(t *testing.T, at string, body object) candidateOf {
	t.Helper()
	var out candidateOf
	s.must(t, s.planner, http.MethodPost, at+"/candidates", body, &out)
	return out
}

// commitPieces puts pieces in the place of all that a project has.
func (s *shore) commitPieces(t *testing.T, key, at string, pieces []pieceOf) {
	t.Helper()
	var seen struct {
		FromM float64 `json:"from_m"`
		ToM   float64 `json:"to_m"`
	}
	s.must(t, key, http.MethodGet, at, nil, &seen)
	var changes []object
	for _, bank := range []geo.Bank{geo.Left, geo.Right} {
		of := []pieceOf{}
		for _, p := range pieces {
			if p.Bank == bank {
				of = append(of, p)
			}
		}
		changes = append(changes, object{"bank": bank, "from_m": seen.FromM, "to_m": seen.ToM, "pieces": sent(of)})
	}
	s.must(t, key, http.MethodPost, at+"/commits", object{"note": "测试", "changes": changes}, nil, s.revision(t, at))
}

// sent gives pieces as a commit takes them.
func sent(pieces []pieceOf) []object {
	out := []object{}
	for _, p := range pieces {
		out = append(out, object{"from_m": p.FromM, "to_m": p.ToM, "basis": p.Basis, "width_m": p.WidthM, "source": p.Source, "reason": p.Reason, "geometry": p.Line})
	}
	return out
}

type foundOf struct {
	Rule     string
	Severity string
	Bank     string
	FromM    float64 `json:"from_m"`
	ToM      float64 `json:"to_m"`
	Size     float64
	Unit     string
	Zh, En   string
	Place    *struct {
		Type        string
		Coordinates json.RawMessage
	}
}

type checkOf struct {
	Revision           int
	Committed          bool
	Blockers, Warnings int
	Infos              int
	Findings           []foundOf
}

// rules names those that found something; what could not be looked at is told by infos.
func (c checkOf) rules() string {
	var out []string
	for _, f := range c.Findings {
		if f.Severity != "info" && !slices.Contains(out, f.Rule) {
			out = append(out, f.Rule)
		}
	}
	slices.Sort(out)
	return strings.Join(out, " ")
}

func (c checkOf) of(rule string) []foundOf {
	var out []foundOf
	for _, f := range c.Findings {
		if f.Rule == rule && f.Severity != "info" {
			out = append(out, f)
		}
	}
	return out
}

func (c checkOf) String() string {
	var out strings.Builder
	for _, f := range c.Findings {
		fmt.Fprintf(&out, "%s %s %s %.1f-%.1f %g%s %s\n", f.Rule, f.Severity, f.Bank, f.FromM, f.ToM, f.Size, f.Unit, f.En)
	}
	return out.String()
}

// check has the lines of a project checked; those given, where there are any.
func (s *shore) check(t *testing.T, at string, pieces []pieceOf) checkOf {
	t.Helper()
	var out checkOf
	var body any
	if pieces != nil {
		body = object{"pieces": pieces}
	}
	s.must(t, s.planner, http.MethodPost, at+"/checks", body, &out)
	return out
}

// drawn begins a project over the whole river and commits what the profile asks for.
func (s *shore) drawn(t *testing.T) (at string, pieces []pieceOf) {
	t.Helper()
	at = s.project(t, s.planner, nil)
	pieces = s.candidate(t, at, object{}).pieces()
	s.commitPieces(t, s.planner, at, pieces)
	return at, pieces
}

// Scenario 20: on a leveed piece of class 2, 15 m wide, the boundary stands 15 m from the landside toe on both banks, within 5 cm; on a bend that is
// tighter than the width no loop remains. What the candidate gives goes through commit, check, consultation, approval and announcement.
func TestScenario_20(t *testing.T) {
	t.Parallel()
	c := plainCourse(append(bankTops(30), surveyed{"levee_toe", geo.Left, 60, 0, 1, 2}, surveyed{"levee_toe", geo.Right, 60, 0, 1, 2})...)
	s := newShore(t, c)
	at := s.project(t, s.planner, nil)
	candidate := s.candidate(t, at, object{"wants": []object{{"bank": "left", "basis": "levee_toe", "width_m": 15}, {"bank": "right", "basis": "levee_toe", "width_m": 15}}})
	if len(candidate.Features) != 2 || len(candidate.Connectors) != 2 || !strings.HasPrefix(candidate.RuleProfile, "width-kaiping@") {
		t.Fatalf("%d pieces, %+v", len(candidate.Features), candidate.Connectors)
	}
	for _, p := range candidate.pieces() {
		toe := lref.Measured(geom.NewLineStringFlat(geom.XY, beside(t, s.route, p.Bank, 0, 1, 60)), "source")
		for _, v := range p.Line.Coordinates[1 : len(p.Line.Coordinates)-1] {
			if hit := lref.Project(toe, v[0], v[1]); math.Abs(hit.DistanceM-15) > 0.05 {
				t.Errorf("%s: %.3f m from the toe at %v", p.Bank, hit.DistanceM, v)
			}
		}
	}
	s.commitPieces(t, s.planner, at, candidate.pieces())
	if run := s.check(t, at, nil); run.Blockers != 0 || run.Warnings != 0 || !run.Committed {
		t.Errorf("the candidate is found at fault:\n%v", run)
	}
	s.announce(t, at, "甲政告〔2026〕20号", "2026-12-01")
	var seen projectSeen
	s.must(t, s.planner, http.MethodGet, at, nil, &seen)
	if seen.Status != "announced" {
		t.Errorf("it is %s", seen.Status)
	}
}
