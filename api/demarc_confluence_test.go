package api_test

import (
	"fmt"
	"math"
	"net/http"
	"strings"
	"testing"

	"github.com/twpayne/go-geom"

	"hetu/data/pg"
	"hetu/geo"
	"hetu/geo/lref"
)

// arm is a river that runs south to the shore's: a metre of it for each, from north metres off down to south.
func arm(key pg.Key, name string, lon, lat, halfM, from, to float64) (rows []pg.Row, length float64) {
	rec := func(part string) pg.Record { return pg.Record{Key: key + pg.Key(part), Source: "测量 2026"} }
	at := func(east, north float64) (x, y float64) { return metres(lon, lat, east, north) }
	var flat []float64
	for north := from; north >= to; north -= (from - to) / 8 {
		x, y := at(0, north)
		flat = append(flat, x, y)
	}
	flat[len(flat)-2], flat[len(flat)-1] = at(0, to)
	route := lref.Measured(geom.NewLineStringFlat(geom.XY, flat), "mouth")
	length = route.FlatCoords()[2]
	rows = append(rows,
		pg.River{Record: rec(""), CodeScheme: "local", Code: string(key), Name: name, RiverKind: "river", Division: "county"},
		pg.Route{Record: rec("-route"), River: key, MeasureOrigin: "mouth", FlowDir: "with", LengthM: length, Geom: route})
	for bank, east := range map[geo.Bank]float64{geo.Left: halfM, geo.Right: -halfM} {
		x1, y1 := at(east, from)
		x2, y2 := at(east, to)
		rows = append(rows, pg.BankLine{Record: rec("-" + string(bank)), Kind: "bank", River: key, Bank: bank, Geom: geom.NewLineStringFlat(geom.XYZ, []float64{x1, y1, 0, x2, y2, 0})})
	}
	return rows, length
}

// A tributary's candidate stops on the announced boundary of the river that it flows into; that river's is open at the mouth; both pass the check. An area
// that overlaps near no confluence of the network is told, however near the other river ends.
func TestCandidatesMeetAtConfluences(t *testing.T) {
	t.Parallel()
	c := plainCourse(bankTops(30)...)
	route := c.line()
	m := lref.Measured(route, "mouth").FlatCoords()[2]
	lon, lat, err := lref.Locate(route, 0.7*m)
	if err != nil {
		t.Fatal(err)
	}
	node := func(key pg.Key, kind string, lon, lat float64) pg.Row {
		return pg.Node{Record: pg.Record{Key: key, Source: "测量 2026"}, Kind: kind, Geom: geom.NewPointFlat(geom.XY, []float64{lon, lat})}
	}
	edge := func(key, on, from, to pg.Key, fromM, toM float64) pg.Row {
		return pg.Edge{Record: pg.Record{Key: key, Source: "测量 2026"}, Route: on, FromM: fromM, ToM: toM, From: from, To: to, Main: true}
	}
	flat := route.FlatCoords()
	more, length := arm("branch", "支河", lon, lat, 8, 800, 0)
	x, y := metres(lon, lat, 0, 800)
	more = append(more,
		node("head", "source", flat[0], flat[1]), node("join", "junction", lon, lat), node("mouth", "outlet", flat[len(flat)-3], flat[len(flat)-2]), node("spring", "source", x, y),
		edge("upper", "rt", "head", "join", 0.7*m, m), edge("lower", "rt", "join", "mouth", 0, 0.7*m), edge("arm", "branch-route", "spring", "join", 0, length))
	nearLon, nearLat, err := lref.Locate(route, 0.85*m)
	if err != nil {
		t.Fatal(err)
	}
	beside, _ := arm("beside", "旁河", nearLon, nearLat, 8, 600, 36) // it ends four metres inside, and joins nothing
	c.more = append(more, beside...)
	s := newShore(t, c)
	river := func(name string) int64 {
		found, _, err := s.store.Rivers(t.Context(), momentToday(), name, 1)
		if err != nil || len(found) != 1 {
			t.Fatalf("%v %v", found, err)
		}
		return found[0].ID
	}
	main, _ := s.drawn(t)
	s.announce(t, main, "甲政告〔2026〕1号", "2026-11-24")

	branch := s.project(t, s.planner, object{"name": "支河划界", "river_id": river("支河")})
	stopped := s.candidate(t, branch, object{})
	if mouths := stopped.mouths(); len(stopped.Features) != 2 || len(mouths) != 1 || math.Abs(mouths[0].Properties.LengthM-36) > 4 || !stopped.told("stop on the boundary") {
		t.Fatalf("%+v", stopped)
	}
	for _, p := range stopped.pieces() {
		end := p.Line.Coordinates[len(p.Line.Coordinates)-1]
		if hit := lref.Project(s.route, end[0], end[1]); math.Abs(hit.DistanceM-40) > 0.3 || math.Abs(p.FromM-40) > 15 {
			t.Errorf("the %s line ends %.2f m from the main river, at K %.1f", p.Bank, hit.DistanceM, p.FromM)
		}
	}
	s.commitPieces(t, s.planner, branch, stopped.pieces())
	if run := s.check(t, branch, nil); run.Blockers+run.Warnings != 0 {
		t.Errorf("the tributary:\n%v", run)
	}
	// A line that ends before the mouth, and not on the other river's boundary, leaves a gap.
	short := stopped.pieces()
	for i := range short {
		short[i].Line.Coordinates = append([][2]float64{}, short[i].Line.Coordinates...)
		at := short[i].Line.Coordinates
		at[len(at)-1][1] += 0.0003
		short[i].FromM += 33
	}
	if run := s.check(t, branch, short); len(run.of("G10")) == 0 {
		t.Errorf("a line that stops short:\n%v", run)
	}
	s.announce(t, branch, "甲政告〔2026〕2号", "2026-11-24")

	near := s.project(t, s.planner, object{"name": "旁河划界", "river_id": river("旁河")})
	s.commitPieces(t, s.planner, near, s.candidate(t, near, object{}).pieces())
	s.announce(t, near, "甲政告〔2026〕3号", "2026-11-24")

	again := s.project(t, s.planner, object{"name": "示例河再划"})
	opened := s.candidate(t, again, object{})
	mouths := opened.mouths()
	if len(opened.Features) != 3 || len(mouths) != 1 || mouths[0].Properties.Bank != "left" || math.Abs(mouths[0].Properties.LengthM-36) > 4 || !opened.told("tributary \"支河\"") {
		t.Fatalf("%+v", opened)
	}
	s.commitPieces(t, s.planner, again, opened.pieces())
	run := s.check(t, again, nil)
	found := run.of("G11")
	if run.Blockers != 0 || run.Warnings != 1 || len(found) != 1 || !strings.Contains(found[0].En, "旁河") || math.Abs(found[0].FromM-0.85*m) > 60 {
		t.Errorf("the main river with its open mouth:\n%v", run)
	}
	var area, whole areaOf
	s.must(t, s.planner, http.MethodGet, again+"/area", nil, &area)
	s.must(t, s.planner, http.MethodGet, main+"/area", nil, &whole)
	if math.Abs(area.AreaM2-whole.AreaM2) > 40 {
		t.Errorf("%.0f m² with an open mouth, %.0f without", area.AreaM2, whole.AreaM2)
	}
	if layer := s.unzipped(t, again+"/package.zip?encoding=UTF-8"); len(layer) < 5 {
		t.Errorf("the package has %d files", len(layer))
	}
	s.must(t, s.planner, http.MethodPost, again+"/stakes", object{}, nil, s.revision(t, again))
	ends := 0
	for _, k := range s.stakesOf(t, again) {
		if k.Bank == geo.Left && k.Why == "end" {
			ends++
		}
	}
	if run := s.check(t, again, nil); ends != 4 || run.Blockers != 0 {
		t.Errorf("stakes at %d ends of the left bank's lines:\n%v", ends, run)
	}
}

func (c candidateOf) mouths() []connectorOf {
	var out []connectorOf
	for _, k := range c.Connectors {
		if k.Properties.Kind == "mouth" {
			out = append(out, k)
		}
	}
	return out
}

func (c candidateOf) told(what string) bool {
	for _, n := range c.Notes {
		if n.Code == "mouth" && strings.Contains(fmt.Sprint(n.En), what) {
			return true
		}
	}
	return false
}
