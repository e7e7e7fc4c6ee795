package api_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/twpayne/go-geom"

	"hetu/api"
	"hetu/data/pg"
	"hetu/data/pgtest"
	"hetu/data/waters"
	"hetu/geo"
	"hetu/geo/duty"
	"hetu/geo/lref"
	"hetu/geo/network"
)

// The network of these tests, made by hand. 猫跳河 (route r1, measures from the mouth) runs n5, n4, n3, n2, n1 in edges of 1 km, e11 at
// the mouth to e14. e21 (route r2, 3 km) is its side channel from n4 to n2. 老马河 (route r3, 2 km, from the source) joins at n3 by
// e31. e41 (route r4, 500 m) leads from n2 back up to n3, so n3, n2, n3 is a circle. County 甲 has 猫跳河 from the mouth to
// K2+250.5, county 乙 the rest but for 3 m that nobody has; town 乙一 is on the left bank of 老马河 and 甲一 on the right.
func braided(t *testing.T, b *pg.Batch) {
	t.Helper()
	if err := b.Add(t.Context(), braidedRows()...); err != nil {
		t.Fatal(err)
	}
}

// km is about a kilometre of longitude at the latitude of the network, in degrees.
const km = 0.01

func braidedRows() []pg.Row {
	rec := func(key string) pg.Record { return pg.Record{Key: pg.KeyOf("test", key), Source: "test"} }
	key := func(key string) pg.Key { return pg.KeyOf("test", key) }
	nodes := map[string][2]float64{
		"n1": {106.5, 26.5}, "n2": {106.5 - km, 26.5}, "n3": {106.5 - 2*km, 26.5}, "n4": {106.5 - 3*km, 26.5}, "n5": {106.5 - 4*km, 26.5}, "n6": {106.5 - 2*km, 26.5 - 2*km},
	}
	var rows []pg.Row
	for _, n := range []string{"n1", "n2", "n3", "n4", "n5", "n6"} {
		kind := "junction"
		if n == "n4" {
			kind = "flowRegulation"
		}
		p := nodes[n]
		rows = append(rows, pg.Node{Record: rec(n), Kind: kind, Geom: geom.NewPointFlat(geom.XY, p[:])})
	}
	line := func(xym ...float64) *geom.LineString { return geom.NewLineStringFlat(geom.XYM, xym) }
	route := func(name, river, origin string, length float64, order int, g *geom.LineString) {
		r := pg.Route{Record: rec(name), MeasureOrigin: origin, FlowDir: "with", LengthM: length, StreamOrder: &order, Geom: g}
		if river != "" {
			r.River = key(river)
		}
		rows = append(rows, r)
	}
	edge := func(name, route string, from, to float64, upper, lower string, main bool) {
		rows = append(rows, pg.Edge{Record: rec(name), Route: key(route), FromM: from, ToM: to, From: key(upper), To: key(lower), Main: main})
	}
	for _, name := range []string{"猫跳河", "老马河"} {
		rows = append(rows, pg.River{Record: rec(name), Name: name, RiverKind: "river"})
	}
	p := nodes
	route("r1", "猫跳河", "mouth", 4000, 2, line(p["n5"][0], p["n5"][1], 4000, p["n4"][0], p["n4"][1], 3000, p["n3"][0], p["n3"][1], 2000, p["n2"][0], p["n2"][1], 1000, p["n1"][0], p["n1"][1], 0))
	route("r2", "猫跳河", "mouth", 3000, 2, line(p["n4"][0], p["n4"][1], 3000, p["n3"][0], 26.5+km/2, 1500, p["n2"][0], p["n2"][1], 0))
	route("r3", "老马河", "source", 2000, 1, line(p["n6"][0], p["n6"][1], 0, p["n3"][0], p["n3"][1], 2000))
	route("r4", "", "source", 500, 1, line(p["n2"][0], p["n2"][1], 0, p["n3"][0]+km/2, 26.5-km/4, 250, p["n3"][0], p["n3"][1], 500))
	edge("e11", "r1", 0, 1000, "n2", "n1", true)
	edge("e12", "r1", 1000, 2000, "n3", "n2", true)
	edge("e13", "r1", 2000, 3000, "n4", "n3", true)
	edge("e14", "r1", 3000, 4000, "n5", "n4", true)
	edge("e21", "r2", 0, 3000, "n4", "n2", false)
	edge("e31", "r3", 0, 2000, "n6", "n3", true)
	edge("e41", "r4", 0, 500, "n2", "n3", false)
	division := func(name, code string, level geo.Level, parent string, g *geom.MultiPolygon) {
		d := pg.Division{Record: rec(name), CodeScheme: "test", Code: code, Name: name, Level: level, Kind: "x", Geom: g}
		if parent != "" {
			d.Parent = key(parent)
		}
		rows = append(rows, d)
	}
	box := func(west, east float64) *geom.MultiPolygon {
		return geom.NewMultiPolygonFlat(geom.XY, []float64{west, 26.45, east, 26.45, east, 26.55, west, 26.55, west, 26.45}, [][]int{{10}})
	}
	const outline = 106.5 - 2.3*km // K2+300 of 猫跳河
	division("甲", "520001", geo.County, "", box(outline, 106.6))
	division("乙", "520002", geo.County, "", box(106.4, outline))
	division("甲一", "520001001", geo.Town, "甲", nil)
	division("乙一", "520002001", geo.Town, "乙", nil)
	reach := func(name, river, route, division string, from, to float64, level geo.Level, bank geo.Bank, g *geom.LineString) {
		rows = append(rows, pg.Reach{
			Record: rec(name), CodeScheme: "test", Code: name, Name: name, River: key(river), Route: key(route), FromM: from, ToM: to, BankScope: bank, Level: level,
			Division: key(division), Geom: g,
		})
	}
	flat := func(a, b string) *geom.LineString {
		return geom.NewLineStringFlat(geom.XY, []float64{p[a][0], p[a][1], p[b][0], p[b][1]})
	}
	reach("甲段", "猫跳河", "r1", "甲", 0, 2250.5, geo.County, geo.Both, flat("n3", "n1"))
	reach("乙段", "猫跳河", "r1", "乙一", 2253.5, 4000, geo.Town, geo.Both, flat("n5", "n3"))
	reach("汊段", "猫跳河", "r2", "甲一", 0, 3000, geo.Town, geo.Both, flat("n4", "n2"))
	reach("左段", "老马河", "r3", "乙一", 0, 2000, geo.Town, geo.Left, flat("n6", "n3"))
	reach("右段", "老马河", "r3", "甲一", 0, 2000, geo.Town, geo.Right, flat("n6", "n3"))
	for _, name := range []string{"甲", "乙"} {
		rows = append(rows,
			pg.Person{Record: rec(name + "长"), Name: name + "某"},
			pg.Post{Record: rec(name + "职"), Level: geo.County, Role: "chief", DualRole: "none", Reach: key(name + "段"), Title: name + "河长"},
			pg.Appointment{Record: pg.Record{Key: key(name + "任"), Source: "test", Valid: geo.Since(geo.NewDate(2017, 1, 1))}, Post: key(name + "职"), Person: key(name + "长")})
	}
	m := func(v float64) *float64 { return &v }
	at := func(lon, lat float64) *geom.Point { return geom.NewPointFlat(geom.XY, []float64{lon, lat}) }
	rows = append(rows,
		pg.Section{Record: rec("断面"), Code: "S1", Name: "断面", Kind: "handover", River: key("猫跳河"), Route: key("r1"), MeasureM: m(2500.001), Geom: at(p["n3"][0]-km/2, 26.5)},
		pg.Section{Record: rec("下断面"), Code: "S2", Name: "下断面", Kind: "control", River: key("猫跳河"), Geom: at(106.5-km/2, 26.5001)},
		pg.Outfall{Record: rec("口一"), Code: "O1", Name: "口一", Kind: "urban", Approval: "approved", Route: key("r3"), River: key("老马河"), MeasureM: m(1234.567), Bank: geo.Left, Geom: at(p["n3"][0], 26.49)},
		pg.Outfall{Record: rec("口二"), Code: "O2", Name: "口二", Kind: "urban", Approval: "pending", River: key("猫跳河"), Geom: at(106.5-3.5*km, 26.5003)},
		pg.Outfall{Record: rec("口外"), Code: "O3", Name: "口外", Kind: "urban", Approval: "none", Geom: at(106.5, 26.52)},
		pg.Board{Record: rec("牌"), Code: "B1", Level: geo.County, Reaches: []pg.Key{key("甲段")}, State: "ok", Geom: at(106.5-1.25*km, 26.4998)})
	return rows
}

// traceServer is a server on a store, with what is needed to ask by name.
type traceServer struct {
	*httptest.Server
	db  *pgtest.Database
	ids map[string]int64
}

func serveTrace(t *testing.T, fill func(*testing.T, *pg.Batch), change func(*api.Config)) *traceServer {
	t.Helper()
	db := pgtest.New(t, pgtest.Clock(today))
	merge(t, db.Store, fill)
	cfg := config(t, db.Store)
	cfg.Log = slog.New(slog.NewTextHandler(t.Output(), nil))
	if change != nil {
		change(&cfg)
	}
	handler, err := api.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	srv := &traceServer{Server: httptest.NewServer(handler), db: db, ids: map[string]int64{}}
	t.Cleanup(srv.Close)
	conn, err := pgx.Connect(t.Context(), db.DSN(""))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(t.Context())) }()
	for _, kind := range []string{"node", "edge", "route", "river", "reach", "section", "outfall", "board", "division"} {
		rows, err := conn.Query(t.Context(), "SELECT key, id FROM hetu."+kind)
		if err != nil {
			t.Fatal(err)
		}
		var key string
		var id int64
		if _, err = pgx.ForEachRow(rows, []any{&key, &id}, func() error {
			srv.ids[kind+" "+strings.TrimPrefix(key, "test:")] = id
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
	return srv
}

func merge(t *testing.T, store *pg.Store, fill func(*testing.T, *pg.Batch)) {
	t.Helper()
	b, err := store.NewBatch(t.Context(), "test", t.Name())
	if err != nil {
		t.Fatal(err)
	}
	fill(t, b)
	if _, err := b.Merge(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// name gives back what an id is called.
func (s *traceServer) name(kind string, id int64) string {
	for name, of := range s.ids {
		if of == id && strings.HasPrefix(name, kind+" ") {
			return strings.TrimPrefix(name, kind+" ")
		}
	}
	return fmt.Sprint(id)
}

type traceBody struct {
	Type        string
	AsOf        string `json:"as_of"`
	DataVersion int64  `json:"data_version"`
	How         string
	Features    []struct {
		ID         int64
		Properties struct {
			EdgeID       int64        `json:"edge_id"`
			RouteID      int64        `json:"route_id"`
			River        *duty.Name   `json:"river"`
			FromM        float64      `json:"from_m"`
			ToM          float64      `json:"to_m"`
			FromLabel    string       `json:"from_label"`
			Falling      bool         `json:"falling"`
			DistanceM    float64      `json:"distance_m"`
			DistanceEndM float64      `json:"distance_end_m"`
			LengthM      float64      `json:"length_m"`
			Ends         *string      `json:"ends"`
			Reaches      []duty.Reach `json:"reaches"`
			Code         *string      `json:"code"`
			MeasureM     float64      `json:"measure_m"`
			MeasureFrom  string       `json:"measure_from"`
			Bank         string       `json:"bank"`
			OffsetM      float64      `json:"offset_m"`
		}
		Geometry *struct {
			Type        string
			Coordinates json.RawMessage
		}
	}
	Parts     int
	LengthM   float64 `json:"length_m"`
	Truncated bool
	Next      *haltBody
	Halts     []haltBody
	EdgeIDs   []int64 `json:"edge_ids"`
	Count     int
	Matched   int
	Problem   *problemBody
}

type haltBody struct {
	Reason    string
	EdgeID    int64   `json:"edge_id"`
	MeasureM  float64 `json:"measure_m"`
	DistanceM float64 `json:"distance_m"`
	Offset    *int
	StoppedBy *struct {
		Kind      string
		Code      *string
		Divisions []duty.Name
	} `json:"stopped_by"`
}

// at writes a source by name: "river 猫跳河" is rivers/7.
func (s *traceServer) at(t *testing.T, what string) string {
	t.Helper()
	kind, _, _ := strings.Cut(what, " ")
	id, ok := s.ids[what]
	if !ok {
		t.Fatalf("there is no %s", what)
	}
	source := map[string]string{"reach": "reaches", "section": "monitoring-sections", "board": "notice-boards"}[kind]
	if source == "" {
		source = kind + "s"
	}
	return fmt.Sprintf("%s/%d", source, id)
}

func (s *traceServer) trace(t *testing.T, what, mode, query string) traceBody {
	t.Helper()
	var body traceBody
	path := fmt.Sprintf("/api/v1/hydro/%s/navigation/%s/flowlines?%s", s.at(t, what), mode, query)
	if status := get(t, s.Server, path, &body); status != http.StatusOK {
		t.Fatalf("%s: status %d", path, status)
	}
	return body
}

// told writes the parts of a trace, those of one distance in order of name.
func (s *traceServer) told(body traceBody) []string {
	type line struct {
		at   float64
		text string
	}
	var lines []line
	for _, f := range body.Features {
		p := f.Properties
		ends := ""
		if p.Ends != nil {
			ends = " " + *p.Ends
		}
		lines = append(lines, line{p.DistanceM, fmt.Sprintf("%s %g-%g at %g%s", s.name("edge", p.EdgeID), p.FromM, p.ToM, p.DistanceM, ends)})
	}
	slices.SortStableFunc(lines, func(a, b line) int {
		if a.at != b.at {
			return 0
		}
		return strings.Compare(a.text, b.text)
	})
	var out []string
	for _, l := range lines {
		out = append(out, l.text)
	}
	return out
}

// Scenario 16: UM, UT, DM, DD on a braided network with a loop. The ends, no duplicate, the distances, a stop at a K and a stop at a
// border of divisions, all exact.
func TestScenario_16(t *testing.T) {
	t.Parallel()
	srv := serveTrace(t, braided, nil)
	up := []string{"e11 0-1000 at 0", "e12 1000-2000 at 1000", "e21 0-3000 at 1000", "e13 2000-3000 at 2000", "e31 0-2000 at 2000", "e41 0-500 at 2000", "e14 3000-4000 at 3000"}
	tests := []struct {
		what, mode, query string
		want              []string
	}{
		{"river 猫跳河", "UM", "", []string{"e11 0-1000 at 0", "e12 1000-2000 at 1000", "e13 2000-3000 at 2000", "e14 3000-4000 at 3000"}},
		{"river 猫跳河", "UT", "distance=all", up},
		{"river 猫跳河", "DM", "", []string{"e14 3000-4000 at 0", "e13 2000-3000 at 1000", "e12 1000-2000 at 2000", "e11 0-1000 at 3000"}},
		{"node n5", "DD", "distance=1.500001", []string{"e14 3000-4000 at 0", "e13 2499.999-3000 at 1000 distance", "e21 2499.999-3000 at 1000 distance"}},
		{"river 猫跳河", "UM", "at=K2%2B500", []string{"e13 2500-3000 at 0", "e14 3000-4000 at 500"}},
		{"river 猫跳河", "DM", "at=K0%2B300", []string{"e11 0-300 at 0"}},
		{"river 猫跳河", "UT", "distance=all&stop=section", []string{
			"e11 0-500 at 0 stop",
		}},
		{"river 猫跳河", "UT", "distance=all&stop=section&at=600", []string{
			"e11 600-1000 at 0", "e12 1000-2000 at 400", "e21 0-3000 at 400", "e13 2000-2500.001 at 1400 stop", "e31 0-2000 at 1400", "e41 0-500 at 1400", "e14 3000-4000 at 3400",
		}},
		{"river 猫跳河", "UM", "stop=border", []string{"e11 0-1000 at 0", "e12 1000-2000 at 1000", "e13 2000-2250.5 at 2000 stop"}},
		{"river 猫跳河", "DM", "stop=border", []string{"e14 3000-4000 at 0", "e13 2250.5-3000 at 1000 stop"}},
		{"river 猫跳河", "UM", "stop=dam", []string{"e11 0-1000 at 0", "e12 1000-2000 at 1000", "e13 2000-3000 at 2000 stop"}},
		{"river 猫跳河", "UT", "distance=all&division=520001&stop=outfall", []string{
			"e11 0-1000 at 0", "e12 1000-2000 at 1000", "e21 0-3000 at 1000", "e13 2000-2250.5 at 2000 division", "e31 1234.567-2000 at 2000 stop",
		}},
		{"reach 乙段", "DM", "", []string{"e14 3000-4000 at 0", "e13 2000-3000 at 1000", "e12 1000-2000 at 2000", "e11 0-1000 at 3000"}},
		{"reach 乙段", "UM", "", []string{"e13 2253.5-3000 at 0", "e14 3000-4000 at 746.5"}},
		{"edge e12", "UT", "distance=0.5", []string{"e12 1000-1500 at 0 distance"}},
		{"route r3", "DM", "distance=2.1", []string{"e31 0-2000 at 0", "e12 1900-2000 at 2000 distance"}},
		{"section 断面", "UM", "", []string{"e13 2500.001-3000 at 0", "e14 3000-4000 at 499.999"}},
		{"outfall 口一", "DM", "distance=0.1", []string{"e31 1234.567-1334.567 at 0 distance"}},
		{"river 老马河", "PP", "to=" + srv.at(t, "river 猫跳河"), []string{"e31 0-2000 at 0", "e12 1000-2000 at 2000", "e11 0-1000 at 3000"}},
		{"river 老马河", "PP", "at=K1%2B500&to=" + srv.at(t, "river 猫跳河") + "&to_at=K0%2B250", []string{"e31 1500-2000 at 0", "e12 1000-2000 at 500", "e11 250-1000 at 1500"}},
	}
	for _, tt := range tests {
		body := srv.trace(t, tt.what, tt.mode, tt.query)
		if diff := cmp.Diff(tt.want, srv.told(body)); diff != "" {
			t.Errorf("%s %s %s: %s", tt.mode, tt.what, tt.query, diff)
		}
		sum, last := 0.0, 0.0
		for _, f := range body.Features {
			sum += f.Properties.LengthM
			if f.Properties.DistanceM < last {
				t.Errorf("%s %s: the parts do not stand in order of distance", tt.mode, tt.what)
			}
			last = f.Properties.DistanceM
			if d := f.Properties.DistanceEndM - f.Properties.DistanceM - f.Properties.LengthM; math.Abs(d) > 1e-6 {
				t.Errorf("%s %s: a part ends %g m off", tt.mode, tt.what, d)
			}
		}
		if body.Truncated || body.Next != nil || body.Problem != nil || body.Parts != len(body.Features) || math.Abs(body.LengthM-sum) > 1e-6 || body.Type != "FeatureCollection" {
			t.Errorf("%s %s: %+v", tt.mode, tt.what, body)
		}
	}
}

// What a stop and a border are is told where the ways end.
func TestTraceHalts(t *testing.T) {
	t.Parallel()
	srv := serveTrace(t, braided, nil)
	body := srv.trace(t, "river 猫跳河", "UT", "distance=all&at=600&stop=section,border")
	var got []string
	for _, h := range body.Halts {
		what := h.StoppedBy.Kind
		for _, d := range h.StoppedBy.Divisions {
			what += " " + d.Name
		}
		got = append(got, fmt.Sprintf("%s %s %g at %g", what, srv.name("edge", h.EdgeID), h.MeasureM, h.DistanceM))
	}
	if diff := cmp.Diff([]string{"border 甲 乙 e13 2250.5 at 1650.5"}, got); diff != "" {
		t.Error(diff)
	}
	body = srv.trace(t, "river 猫跳河", "UT", "distance=all&division=520001")
	if len(body.Halts) != 3 || body.Halts[0].Reason != "division" { // 汊段 ends where e14 begins, and the small r4 has no reach
		t.Errorf("halts: %+v", body.Halts)
	}
}

// The geometry of a part is the stored line, cut at its measures; without it nothing else changes.
func TestTraceGeometry(t *testing.T) {
	t.Parallel()
	srv := serveTrace(t, braided, nil)
	body := srv.trace(t, "river 猫跳河", "UM", "at=K2%2B500")
	var line [][2]float64
	if err := json.Unmarshal(body.Features[0].Geometry.Coordinates, &line); err != nil {
		t.Fatal(err)
	}
	want := [][2]float64{{106.5 - 3*km, 26.5}, {106.5 - 2.5*km, 26.5}}
	if len(line) != 2 || lref.Distance(line[0][0], line[0][1], want[0][0], want[0][1]) > 0.02 || lref.Distance(line[1][0], line[1][1], want[1][0], want[1][1]) > 0.02 {
		t.Errorf("got %v, want %v", line, want)
	}
	if p := body.Features[0].Properties; p.River == nil || p.River.Name != "猫跳河" || len(p.Reaches) != 1 || p.Reaches[0].Level != geo.Town || p.FromLabel != "K2+500" {
		t.Errorf("properties: %+v", p)
	}
	bare := srv.trace(t, "river 猫跳河", "UM", "at=K2%2B500&geometry=false")
	for i := range bare.Features {
		if bare.Features[i].Geometry != nil {
			t.Error("there is geometry")
		}
		body.Features[i].Geometry = nil
	}
	if diff := cmp.Diff(body.Features, bare.Features); diff != "" {
		t.Error(diff)
	}
}

// A limit cuts a trace; offset goes on where it was cut, and all pieces together are the whole.
func TestTraceGoesOnByOffset(t *testing.T) {
	t.Parallel()
	srv := serveTrace(t, braided, nil)
	for _, query := range []struct{ what, mode, query string }{
		{"river 猫跳河", "UT", "distance=all"}, {"river 老马河", "PP", "to=" + srv.at(t, "river 猫跳河")},
	} {
		whole := srv.trace(t, query.what, query.mode, query.query)
		var pieces []string
		next := 0
		for {
			piece := srv.trace(t, query.what, query.mode, fmt.Sprintf("%s&limit=2&offset=%d", query.query, next))
			for _, f := range piece.Features {
				pieces = append(pieces, fmt.Sprint(f.Properties.EdgeID, f.Properties.DistanceM))
			}
			if !piece.Truncated {
				break
			}
			if piece.Next == nil || piece.Next.Offset == nil || piece.Next.Reason != "limit" || *piece.Next.Offset != next+2 {
				t.Fatalf("next: %+v", piece.Next)
			}
			next = *piece.Next.Offset
			if piece.Next.DistanceM != whole.Features[next].Properties.DistanceM {
				t.Errorf("it would go on at %g m, and does at %g m", piece.Next.DistanceM, whole.Features[next].Properties.DistanceM)
			}
		}
		var want []string
		for _, f := range whole.Features {
			want = append(want, fmt.Sprint(f.Properties.EdgeID, f.Properties.DistanceM))
		}
		if diff := cmp.Diff(want, pieces); diff != "" {
			t.Errorf("%s: %s", query.mode, diff)
		}
	}
}

// Edges alone are those of the flowlines; a sequence has the features of the collection.
func TestTraceOtherForms(t *testing.T) {
	t.Parallel()
	srv := serveTrace(t, braided, nil)
	for _, tt := range []struct{ what, mode, query string }{
		{"river 猫跳河", "UT", "distance=all"},
		{"river 猫跳河", "UM", ""},
		{"node n5", "DD", "distance=1.2"},
		{"river 猫跳河", "UT", "distance=all&stop=section,outfall"},
		{"river 老马河", "PP", "to=" + srv.at(t, "river 猫跳河")},
	} {
		lines := srv.trace(t, tt.what, tt.mode, tt.query)
		var ids traceBody
		get(t, srv.Server, fmt.Sprintf("/api/v1/hydro/%s/navigation/%s/ids?%s", srv.at(t, tt.what), tt.mode, tt.query), &ids)
		var want []int64
		for _, f := range lines.Features {
			want = append(want, f.Properties.EdgeID)
		}
		slices.Sort(want)
		slices.Sort(ids.EdgeIDs)
		if !slices.Equal(want, ids.EdgeIDs) || ids.Count != len(want) {
			t.Errorf("%s %s: %v, want %v", tt.mode, tt.what, ids.EdgeIDs, want)
		}
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, fmt.Sprintf("%s/api/v1/hydro/%s/navigation/%s/flowlines?%s", srv.URL, srv.at(t, tt.what), tt.mode, tt.query), http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Accept", "application/geo+json-seq")
		resp, err := srv.Client().Do(req)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		if err != nil || !slices.Contains(resp.Header.Values("Vary"), "Accept") || resp.Header.Get("Content-Type") != "application/geo+json-seq" {
			t.Errorf("%v, %s", err, resp.Header.Get("Content-Type"))
		}
		texts := bytes.Split(text, []byte{0x1e})[1:]
		if len(texts) != len(lines.Features)+1 {
			t.Errorf("%d texts of %d features", len(texts), len(lines.Features))
		}
		for i, one := range texts {
			var f struct{ Type string }
			if err := json.Unmarshal(one, &f); err != nil || (f.Type == "Feature") != (i < len(texts)-1) {
				t.Errorf("%v in %s", err, one)
			}
		}
	}
}

// Q4: what lies on the way has its distance, its measure and its bank, stored or by its place.
func TestFeaturesOnTheWay(t *testing.T) {
	t.Parallel()
	srv := serveTrace(t, braided, nil)
	// The offsets follow from the fixture. O1 and S1 lie on their lines, though O1's stored bank is the left. The others lie off a line that
	// runs east: O2 by 0.0003° of latitude, S2 by 0.0001° and B1 by -0.0002°. A degree there is 110 796 m, of the meridian of the ellipsoid
	// at 26.5° N, so 33.239 m, 11.080 m and 22.159 m, of which those to the left are negative.
	tests := []struct {
		features, query string
		want            []string
	}{
		{"outfalls", "distance=all", []string{"O1 0 left at 2765.433 m, K 1234.567 stored", "O2 -33.239 left at 3500 m, K 3500 nearest"}},
		{"outfalls", "distance=3", []string{"O1 0 left at 2765.433 m, K 1234.567 stored"}},
		{"monitoring-sections", "distance=all", []string{"S2 -11.08 left at 500 m, K 500 nearest", "S1 0 centre at 2500.001 m, K 2500.001 stored"}},
		{"monitoring-sections", "distance=all&stop=border", []string{"S2 -11.08 left at 500 m, K 500 nearest"}},
		{"notice-boards", "distance=all", []string{"B1 22.159 right at 1250 m, K 1250 nearest"}},
		{"reaches", "distance=all&division=520001", []string{"甲段 0 both at 0 m, K 0 stored", "汊段 0 both at 1000 m, K 0 stored", "右段 0 right at 2000 m, K 2000 stored", "左段 0 left at 2000 m, K 2000 stored"}},
		{"problems", "distance=all", nil},
		{"dams", "distance=all", []string{" 0 centre at 3000 m, K 3000 stored"}},
	}
	for _, tt := range tests {
		var body traceBody
		path := fmt.Sprintf("/api/v1/hydro/%s/navigation/UT/%s?%s", srv.at(t, "river 猫跳河"), tt.features, tt.query)
		if status := get(t, srv.Server, path, &body); status != http.StatusOK {
			t.Fatalf("%s: status %d", path, status)
		}
		var got []string
		for _, f := range body.Features {
			p := f.Properties
			code := ""
			if p.Code != nil {
				code = *p.Code
			}
			got = append(got, fmt.Sprintf("%s %g %s at %g m, K %g %s", code, p.OffsetM, p.Bank, math.Round(p.DistanceM*1000)/1000, math.Round(p.MeasureM*1000)/1000, p.MeasureFrom))
			if f.Geometry == nil {
				t.Errorf("%s has no geometry", code)
			}
		}
		if tt.features == "reaches" {
			slices.Sort(got[2:])
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s %s: %s", tt.features, tt.query, diff)
		}
	}
}

// noWaters is a network that cannot be read.
type noWaters struct{}

func (noWaters) Graph(context.Context, duty.Moment) (*network.Graph, int64, error) {
	return nil, 0, geo.Errorf(geo.CodeUnavailable, "the network cannot be read")
}

// Q6: where the river passes from 乙 to 甲: the measure, who hands over to whom, the metres that nobody has, how far the outlines
// are off; and 老马河, which is the border of two towns.
func TestHandovers(t *testing.T) {
	t.Parallel()
	srv := serveTrace(t, braided, func(cfg *api.Config) { cfg.Waters = noWaters{} })
	var told struct {
		DataVersion int64 `json:"data_version"`
	}
	version, err := srv.db.Store.Version(t.Context())
	if status := get(t, srv.Server, fmt.Sprintf("/api/v1/hydro/rivers/%d/handovers", srv.ids["river 猫跳河"]), &told); err != nil || status != http.StatusOK || told.DataVersion != version || version == 0 {
		t.Errorf("status %d, of version %d, which is %d in the store, %v", status, told.DataVersion, version, err)
	}
	var body duty.Handovers
	if status := get(t, srv.Server, fmt.Sprintf("/api/v1/hydro/rivers/%d/handovers", srv.ids["river 猫跳河"]), &body); status != http.StatusOK {
		t.Fatalf("status %d", status)
	}
	if len(body.Handovers) != 2 || len(body.BorderStretches) != 0 {
		t.Fatalf("%+v", body)
	}
	// The side channel is all 甲's by its reach; the outlines say that it is 乙's above.
	if side := body.Handovers[1]; side.FoundBy != duty.ByOutlines || side.MeasureM != 1950 || side.Upper.Division.Name != "乙" || side.Lower.Division.Name != "甲" || side.Upper.Reach != nil || !side.AgainstReaches {
		t.Errorf("%+v", side)
	}
	h := body.Handovers[0]
	if h.MeasureM != 2250.5 || h.MeasureLabel != "K2+251" || h.GapM != 3 || h.OverlapM != 0 || h.Bank != geo.Both || h.FoundBy != duty.ByBoth || h.AgainstReaches || h.Point == nil {
		t.Errorf("%+v", h)
	}
	if h.OutlineOffsetM == nil || math.Abs(*h.OutlineOffsetM-49.5) > 0.5 {
		t.Errorf("the outlines are %v m off", h.OutlineOffsetM)
	}
	if h.Upper.Division.Name != "乙" || h.Lower.Division.Name != "甲" || h.Upper.Reach == nil || h.Lower.Reach == nil ||
		len(h.Upper.Reach.Posts) != 1 || h.Upper.Reach.Posts[0].Holder.Person != "乙某" || h.Lower.Reach.Posts[0].Holder.Person != "甲某" {
		t.Errorf("upper %+v, lower %+v", h.Upper, h.Lower)
	}
	if h.SectionAbove == nil || *h.SectionAbove.Code != "S1" || math.Abs(h.SectionAbove.DistanceM-249.501) > 1e-6 || h.SectionBelow == nil || *h.SectionBelow.Code != "S2" {
		t.Errorf("sections %+v and %+v", h.SectionAbove, h.SectionBelow)
	}
	get(t, srv.Server, fmt.Sprintf("/api/v1/hydro/rivers/%d/handovers?level=town", srv.ids["river 老马河"]), &body)
	if len(body.BorderStretches) != 1 || body.BorderStretches[0].Left.Division.Name != "乙一" || body.BorderStretches[0].Right.Division.Name != "甲一" || !body.BorderStretches[0].SideKnown {
		t.Errorf("%+v", body.BorderStretches)
	}
}

// What is asked wrongly is told by name, with what helps.
func TestTraceBadInput(t *testing.T) {
	t.Parallel()
	srv := serveTrace(t, braided, nil)
	river, section := srv.at(t, "river 猫跳河"), srv.at(t, "section 断面")
	tests := []struct {
		path    string
		status  int
		pointer string
	}{
		{river + "/navigation/XX/flowlines", 400, "mode"},
		{river + "/navigation/UT/flowlines", 400, "distance"},
		{river + "/navigation/DD/ids", 400, "distance"},
		{river + "/navigation/UM/flowlines?distance=", 400, "distance"},
		{river + "/navigation/UM/flowlines?distance=0", 400, "distance"},
		{river + "/navigation/UM/flowlines?distance=-3", 400, "distance"},
		{river + "/navigation/UM/flowlines?distance=NaN", 400, "distance"},
		{river + "/navigation/UM/flowlines?distance=1e99", 400, "distance"},
		{river + "/navigation/UM/flowlines?at=K2%2B5", 400, "at"},
		{river + "/navigation/UM/flowlines?at=", 400, "at"},
		{river + "/navigation/UM/flowlines?at=K99%2B000", 404, "at"},
		{river + "/navigation/UM/flowlines?route=abc", 400, "route"},
		{river + "/navigation/UM/flowlines?route=1", 400, "route"},
		{section + "/navigation/UM/flowlines?route=1", 400, "route"},
		{section + "/navigation/UM/flowlines?at=K1%2B000", 400, "at"},
		{river + "/navigation/UM/flowlines?stop=", 400, "stop"},
		{river + "/navigation/UM/flowlines?stop=bridge", 400, "stop"},
		{river + "/navigation/UM/flowlines?stop=border:street", 400, "stop"},
		{river + "/navigation/UM/flowlines?stop=section:county", 400, "stop"},
		{river + "/navigation/UM/flowlines?stop=lake", 422, "stop"},
		{river + "/navigation/UM/flowlines?stop=section,outfall,section", 400, "stop"},
		{river + "/navigation/UM/flowlines?stop=border,border:3", 400, "stop"},
		{river + "/navigation/UM/flowlines?division=", 400, "division"},
		{river + "/navigation/UM/flowlines?division=999999", 404, "division"},
		{river + "/navigation/UM/flowlines?division=520002", 422, "division"},
		{river + "/navigation/UM/flowlines?limit=0", 400, "limit"},
		{river + "/navigation/UM/flowlines?limit=1000001", 400, "limit"},
		{river + "/navigation/UM/flowlines?offset=-1", 400, "offset"},
		{river + "/navigation/UM/flowlines?geometry=maybe", 400, "geometry"},
		{river + "/navigation/UM/flowlines?geometry=1", 400, "geometry"},
		{river + "/navigation/UM/flowlines?route=0", 400, "route"},
		{river + "/navigation/UM/ids?limit=3", 400, "limit"},
		{river + "/navigation/UM/ids?geometry=false", 400, "geometry"},
		{river + "/navigation/UM/flowlines?to=nodes/1", 400, "to"},
		{river + "/navigation/UM/flowlines?to_at=K0%2B100", 400, "to_at"},
		{river + "/navigation/PP/flowlines", 400, "to"},
		{river + "/navigation/PP/flowlines?to=reaches", 400, "to"},
		{river + "/navigation/PP/flowlines?to=position/x,y", 400, "to"},
		{river + "/navigation/PP/flowlines?to=reaches/1", 404, "to"},
		{river + "/navigation/PP/flowlines?to=" + section + "&to_at=K1%2B000", 400, "to_at"},
		{river + "/navigation/PP/flowlines?to=routes/999999", 404, "to"},
		{river + "/navigation/PP/flowlines?to=bridges/1", 404, "to"},
		{river + "/navigation/PP/flowlines?to=" + river + "&to_at=K99%2B000", 404, "to_at"},
		{srv.at(t, "route r1") + "/navigation/UM/ids?at=K4%2B001", 404, "at"},
		{river + "/navigation/PP/flowlines?to=" + river + "&stop=section", 400, "stop"},
		{river + "/navigation/PP/flowlines?to=" + srv.at(t, "reach 左段"), 422, "to"},
		{river + "/navigation/UM/flowlines?as_of=x", 400, "as_of"},
		{river + "/navigation/UM/flowlines?known_at=2026-01-01T00:00:00%2B24:00", 400, "known_at"},
		{river + "/navigation/UM/flowlines?when=x", 400, "when"},
		{river + "/navigation/UM/bridges", 404, "features"},
		{"rivers/999999/navigation/UM/flowlines", 404, "id"},
		{"rivers/abc/navigation/UM/flowlines", 404, "id"},
		{"reaches/999999/navigation/UM/flowlines", 404, "id"},
		{"edges/999999/navigation/UM/flowlines", 404, "id"},
		{"nodes/999999/navigation/UM/flowlines", 404, "id"},
		{"routes/999999/navigation/UM/flowlines", 404, "id"},
		{"bridges/1/navigation/UM/flowlines", 404, "source"},
		{"position/106.5/navigation/UM/flowlines", 400, "id"},
		{"position/26.5,106.5/navigation/UM/flowlines", 400, "id"},
		{"position/106.5,27.5/navigation/UM/flowlines", 404, "id"},
		{"position/106.5,26.5/navigation/UM/flowlines?radius=9999", 400, "radius"},
		{river + "/navigation/UM/flowlines?radius=100", 400, "radius"},
		{river + "/navigation/PP/flowlines?radius=100&to=" + river, 400, "radius"},
		{river + "/navigation/PP/flowlines?radius=100&to=position/106.5,27.5", 404, "to"},
		{srv.at(t, "outfall 口外") + "/navigation/DM/flowlines", 404, "id"},
		{srv.at(t, "reach 乙段") + "/navigation/UM/flowlines?at=K1%2B000", 404, "at"},
		{srv.at(t, "edge e12") + "/navigation/UM/flowlines?at=K3%2B000", 404, "at"},
		{river + "/handovers?level=street", 400, "level"},
		{"rivers/999999/handovers", 404, "id"},
		{"rivers/abc/handovers", 404, "id"},
	}
	for _, tt := range tests {
		var p problemBody
		resp := do(t, srv.Server, http.MethodGet, "/api/v1/hydro/"+tt.path, &p)
		if resp.StatusCode != tt.status || p.Status != tt.status || resp.Header.Get("Content-Type") != "application/problem+json" || p.Detail == "" {
			t.Errorf("%s: status %d, body %+v", tt.path, resp.StatusCode, p)
		}
		if len(p.Errors) != 1 || p.Errors[0].Pointer != tt.pointer {
			t.Errorf("%s: names %+v, want %s", tt.path, p.Errors, tt.pointer)
		}
	}
	var body traceBody
	if status := get(t, srv.Server, "/api/v1/hydro/position/106.485,26.5001/navigation/UM/flowlines?distance=0.1", &body); status != http.StatusOK || len(body.Features) != 1 {
		t.Errorf("from a position: status %d, %+v", status, body)
	}
}

// After an edge is ended the next trace does not have it, and a trace as of the day before still does.
func TestTraceFollowsEdits(t *testing.T) {
	t.Parallel()
	var followed *waters.Waters
	srv := serveTrace(t, braided, func(cfg *api.Config) {
		store, ok := cfg.Store.(*pg.Store)
		if !ok {
			t.Fatal("another store")
		}
		followed = waters.New(store.Network(), today)
		cfg.Waters = followed
		ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
		done := make(chan struct{})
		go func() {
			defer close(done)
			followed.Follow(ctx, func(error) {})
		}()
		t.Cleanup(func() { stop(); <-done })
	})
	if n := len(srv.trace(t, "river 猫跳河", "UT", "distance=all").Features); n != 7 {
		t.Fatalf("%d parts", n)
	}
	day := geo.DateOf(today())
	merge(t, srv.db.Store, func(t *testing.T, b *pg.Batch) {
		t.Helper()
		for _, row := range braidedRows() {
			if e, ok := row.(pg.Edge); ok && e.Key == pg.KeyOf("test", "e21") {
				e.Valid, e.Gone = geo.Since(day), true
				if err := b.Add(t.Context(), e); err != nil {
					t.Fatal(err)
				}
			}
		}
	})
	gone := func() bool {
		body := srv.trace(t, "river 猫跳河", "UT", "distance=all&geometry=false")
		return !slices.ContainsFunc(srv.told(body), func(s string) bool { return strings.HasPrefix(s, "e21 ") })
	}
	for wait := time.Now().Add(20 * time.Second); !gone(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(wait) {
			t.Fatal("the edge is still told")
		}
	}
	if n := len(srv.trace(t, "river 猫跳河", "UT", "distance=all&as_of="+day.AddDays(-1).String()).Features); n != 7 {
		t.Errorf("the day before: %d parts", n)
	}
}

// slowStore lets the first lines through, then waits until whoever asks has gone.
type slowStore struct {
	*pg.Store
	asked chan struct{}
	freed chan struct{}
	n     int
}

func (s *slowStore) Lines(ctx context.Context, at duty.Moment, routes []int64) (map[int64]*geom.LineString, error) {
	if s.n++; s.n == 1 {
		return s.Store.Lines(ctx, at, routes)
	}
	close(s.asked)
	<-ctx.Done()
	close(s.freed)
	return nil, ctx.Err()
}

// The first part is there before the trace is done, and a client that goes away frees the work.
func TestTraceIsStreamedAndCancelled(t *testing.T) {
	t.Parallel()
	slow := &slowStore{asked: make(chan struct{}), freed: make(chan struct{})}
	srv := serveTrace(t, braided, func(cfg *api.Config) {
		store, ok := cfg.Store.(*pg.Store)
		if !ok {
			t.Fatal("another store")
		}
		slow.Store, cfg.Store = store, slow
	})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, srv.URL+"/api/v1/hydro/"+srv.at(t, "river 猫跳河")+"/navigation/UT/flowlines?distance=all", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := srv.Client().Do(req) // asks for gzip
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	first := make([]byte, 0, 4096)
	for in := bufio.NewReader(resp.Body); !bytes.Contains(first, []byte(`"edge_id"`)); {
		c, err := in.ReadByte()
		if err != nil {
			t.Fatalf("%v after %s", err, first)
		}
		first = append(first, c)
	}
	<-slow.asked // the trace is not done
	cancel()
	select {
	case <-slow.freed:
	case <-time.After(20 * time.Second):
		t.Fatal("the work goes on without a client")
	}
}

// A trace whose time runs out on the way ends as truncated, and says where to go on.
func TestTraceWhoseTimeRunsOut(t *testing.T) {
	t.Parallel()
	slow := &slowStore{asked: make(chan struct{}), freed: make(chan struct{})}
	var cfg api.Config
	srv := serveTrace(t, braided, func(c *api.Config) {
		store, ok := c.Store.(*pg.Store)
		if !ok {
			t.Fatal("another store")
		}
		slow.Store, c.Store = store, slow
		cfg = *c
	})
	handler, err := api.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second) // as if it were that of the trace
	defer cancel()
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, httptest.NewRequestWithContext(ctx, http.MethodGet, "/api/v1/hydro/"+srv.at(t, "river 猫跳河")+"/navigation/UT/flowlines?distance=all", http.NoBody))
	var body traceBody
	if err := json.Unmarshal(w.Body.Bytes(), &body); err != nil {
		t.Fatalf("%d, %v in %s", w.Code, err, w.Body)
	}
	if len(body.Features) != 1 || !body.Truncated || body.Next == nil || body.Next.Offset == nil || *body.Next.Offset != 1 || srv.name("edge", body.Next.EdgeID) != "e12" {
		t.Errorf("it ends as %+v", body)
	}
	if p := body.Problem; p == nil || p.Status != http.StatusServiceUnavailable || !strings.Contains(p.Detail, "go on from next") {
		t.Errorf("its problem is %+v", p)
	}
}

// failingStore answers the first lines and then no more.
type failingStore struct {
	*pg.Store
	n int
}

func (s *failingStore) Lines(ctx context.Context, at duty.Moment, routes []int64) (map[int64]*geom.LineString, error) {
	if s.n++; s.n%2 == 1 {
		return s.Store.Lines(ctx, at, routes)
	}
	return nil, geo.Errorf(geo.CodeUnavailable, "the database did not answer in time")
}

// A failure on the way leaves valid JSON, which says so and where to go on.
func TestTraceFailsOnTheWay(t *testing.T) {
	t.Parallel()
	srv := serveTrace(t, braided, func(cfg *api.Config) {
		store, ok := cfg.Store.(*pg.Store)
		if !ok {
			t.Fatal("another store")
		}
		cfg.Store = &failingStore{Store: store}
	})
	for _, tt := range []struct {
		what, mode, query, edge string
		next                    float64 // the measure at which the second part begins as it is walked
	}{
		{"river 猫跳河", "UT", "distance=all", "e12", 1000},                 // the measures rise
		{"route r3", "DM", "at=K1%2B500", "e12", 2000},                   // they rise on the first, and fall on the second
		{"river 老马河", "PP", "to=" + srv.at(t, "river 猫跳河"), "e12", 2000}, // a way that is no walk
	} {
		body := srv.trace(t, tt.what, tt.mode, tt.query)
		if len(body.Features) != 1 || body.Problem == nil || body.Problem.Status != http.StatusServiceUnavailable || !body.Truncated || body.Next == nil || *body.Next.Offset != 1 {
			t.Fatalf("%s %s: %+v", tt.mode, tt.what, body)
		}
		if n := body.Next; n.MeasureM != tt.next || srv.name("edge", n.EdgeID) != tt.edge || n.DistanceM != body.Features[0].Properties.DistanceEndM {
			t.Errorf("%s %s: it broke off before %s at %g m, want %s at %g m", tt.mode, tt.what, srv.name("edge", n.EdgeID), n.MeasureM, tt.edge, tt.next)
		}
	}
	var p problemBody
	srv2 := serveTrace(t, braided, func(cfg *api.Config) {
		store, ok := cfg.Store.(*pg.Store)
		if !ok {
			t.Fatal("another store")
		}
		cfg.Store = &failingStore{Store: store, n: 1}
	})
	if status := get(t, srv2.Server, "/api/v1/hydro/"+srv2.at(t, "river 猫跳河")+"/navigation/UM/flowlines", &p); status != http.StatusServiceUnavailable {
		t.Errorf("before the first part: status %d, %+v", status, p)
	}
}

// straight is a fixture of rivers that run west, each a line of 12,345.6 m at a latitude of its own, measured from the mouth; county 甲 has the
// first 5 km of each and county 乙 the rest, by their outlines. The rivers differ in their reaches.
func straight(t *testing.T, b *pg.Batch) {
	t.Helper()
	rec := func(key string) pg.Record { return pg.Record{Key: pg.KeyOf("test", key), Source: "test"} }
	key := func(key string) pg.Key { return pg.KeyOf("test", key) }
	const east, length = 106.6, 12345.6
	degree := lref.Distance(east, 26.5, east-1, 26.5) // the measures count, not the length of the lines
	west := func(m float64) float64 { return east - m/degree }
	box := func(fromM, toM, south, north float64) *geom.MultiPolygon {
		w, e := west(toM), west(fromM)
		return geom.NewMultiPolygonFlat(geom.XY, []float64{w, south, e, south, e, north, w, north, w, south}, [][]int{{10}})
	}
	division := func(name, code string, level geo.Level, parent string, g *geom.MultiPolygon) pg.Row {
		d := pg.Division{Record: rec(name), CodeScheme: "test", Code: code, Name: name, Level: level, Kind: "x", Geom: g}
		if parent != "" {
			d.Parent = key(parent)
		}
		return d
	}
	rows := []pg.Row{
		division("市", "5201", geo.City, "", nil),
		division("甲", "520101", geo.County, "市", box(-1000, 5000, 26.45, 26.55)),
		division("乙", "520102", geo.County, "市", box(5000, 14000, 26.45, 26.55)),
		division("丙", "520103", geo.County, "市", box(-1000, 14000, 26.55, 26.6)),
	}
	line := func(fromM, toM, lat float64) *geom.LineString {
		return geom.NewLineStringFlat(geom.XY, []float64{west(toM), lat, west(fromM), lat})
	}
	river := func(name string, lat, edgeM float64) {
		at := func(m float64) *geom.Point { return geom.NewPointFlat(geom.XY, []float64{west(m), lat}) }
		var xym []float64
		for m := length; m > 0; m -= 1000 { // measures grow evenly along the line
			xym = append(xym, west(m), lat, m)
		}
		rows = append(rows,
			pg.River{Record: rec(name), Name: name, RiverKind: "river"},
			pg.Route{Record: rec(name), River: key(name), MeasureOrigin: "mouth", FlowDir: "with", LengthM: length, Geom: geom.NewLineStringFlat(geom.XYM, append(xym, east, lat, 0))},
			pg.Node{Record: rec(name + "源"), Kind: "source", Geom: at(edgeM)}, pg.Node{Record: rec(name + "口"), Kind: "outlet", Geom: at(0)},
			pg.Edge{Record: rec(name), Route: key(name), FromM: 0, ToM: edgeM, From: key(name + "源"), To: key(name + "口"), Main: true})
	}
	reach := func(name, river, division string, level geo.Level, from, to, lat float64) {
		rows = append(rows, pg.Reach{
			Record: rec(name), CodeScheme: "test", Code: name, Name: name, River: key(river), Route: key(river), FromM: from, ToM: to, BankScope: geo.Both, Level: level,
			Division: key(division), Geom: line(from, to, lat),
		})
	}
	river("无段河", 26.50, length)
	river("市段河", 26.51, length)
	reach("市段", "市段河", "市", geo.City, 0, length, 26.51)
	river("半段河", 26.52, length)
	reach("半段", "半段河", "甲", geo.County, 0, 1000, 26.52)
	river("全段河", 26.53, length)
	reach("全段", "全段河", "甲", geo.County, 0, length, 26.53)
	river("接段河", 26.54, length)
	reach("接段", "接段河", "甲", geo.County, 0, 5100, 26.54)
	river("界河", 26.55, length)
	reach("界段", "界河", "市", geo.City, 0, length, 26.55)
	river("短河", 26.46, 12000) // its edges end before its line
	m := func(v float64) *float64 { return &v }
	for name, at := range map[string]float64{"近": 12000.01, "外": 12100, "中": 6000} {
		rows = append(rows, pg.Outfall{
			Record: rec(name), Code: "P-" + name, Name: name, Kind: "urban", Approval: "approved", River: key("短河"), Route: key("短河"), MeasureM: m(at), Bank: geo.Left,
			Geom: geom.NewPointFlat(geom.XY, []float64{west(at), 26.4601}),
		})
	}
	rows = append(rows, pg.Outfall{ // the line itself ends before it
		Record: rec("远"), Code: "P-远", Name: "远", Kind: "urban", Approval: "approved", River: key("短河"), Route: key("短河"), MeasureM: m(13000), Bank: geo.Left,
		Geom: geom.NewPointFlat(geom.XY, []float64{west(13000), 26.4601}),
	})
	if err := b.Add(t.Context(), rows...); err != nil {
		t.Fatal(err)
	}
}

// Where a route has no reach of the level, whatever others it has, borders are where its line crosses outlines; a trace stops at exactly
// those that are told as handovers, but for those that the reaches contradict.
func TestBordersWithoutReachesOfTheLevel(t *testing.T) {
	t.Parallel()
	srv := serveTrace(t, straight, nil)
	for _, tt := range []struct {
		river     string
		handovers []string
		stop      float64 // the first that a walk up from the mouth comes to; 0: none
		stretches []string
	}{
		{"无段河", []string{"乙-甲 5000 outlines"}, 5000, nil},
		{"市段河", []string{"乙-甲 5000 outlines"}, 5000, nil},
		{"半段河", []string{"乙-甲 5000 outlines"}, 5000, nil},
		{"全段河", []string{"乙-甲 5000 outlines against"}, 0, nil},
		{"接段河", []string{"乙-甲 5100 reaches_and_outlines"}, 5100, nil},
		{"界河", nil, 0, []string{"丙 甲 0-5000 outlines", "丙 乙 5000-12346 outlines"}},
	} {
		var body duty.Handovers
		if status := get(t, srv.Server, fmt.Sprintf("/api/v1/hydro/rivers/%d/handovers?level=county", srv.ids["river "+tt.river]), &body); status != http.StatusOK {
			t.Fatalf("%s: status %d", tt.river, status)
		}
		var got, stretches []string
		for _, h := range body.Handovers {
			against := ""
			if h.AgainstReaches {
				against = " against"
			}
			got = append(got, fmt.Sprintf("%s-%s %.0f %s%s", h.Upper.Division.Name, h.Lower.Division.Name, h.MeasureM, h.FoundBy, against))
		}
		for _, s := range body.BorderStretches {
			names := []string{s.Left.Division.Name, s.Right.Division.Name}
			slices.Sort(names)
			stretches = append(stretches, fmt.Sprintf("%s %s %.0f-%.0f %s", names[0], names[1], s.FromM, s.ToM, s.FoundBy))
		}
		if diff := cmp.Diff(tt.handovers, got); diff != "" {
			t.Errorf("%s: %s", tt.river, diff)
		}
		if diff := cmp.Diff(tt.stretches, stretches); diff != "" {
			t.Errorf("%s: stretches: %s", tt.river, diff)
		}
		halts := srv.trace(t, "river "+tt.river, "UM", "stop=border:county").Halts
		if tt.stop == 0 && len(halts) != 0 || tt.stop != 0 && (len(halts) != 1 || math.Abs(halts[0].MeasureM-tt.stop) > 0.5) {
			t.Errorf("%s: stopped at %+v, want %g", tt.river, halts, tt.stop)
		}
		if i := len(body.Handovers) - 1; tt.stop != 0 && len(halts) == 1 && i >= 0 && halts[0].MeasureM != body.Handovers[i].MeasureM {
			t.Errorf("%s: stopped at %g m, and is told to be handed over at %g m", tt.river, halts[0].MeasureM, body.Handovers[i].MeasureM)
		}
	}
}

// A measure is read as locate reads it: a + that became a space, metres, and the label of an end, which is rounded past it.
func TestTraceAtALabel(t *testing.T) {
	t.Parallel()
	srv := serveTrace(t, straight, nil)
	route := srv.at(t, "route 无段河")
	for _, tt := range []struct {
		what, query string
		want        float64
		taken       bool
	}{
		{"route 无段河", "at=K12+345", 12345, false},
		{"river 无段河", "at=K12+345", 12345, false},
		{"river 无段河", "at=12345.5", 12345.5, false},
		{"river 无段河", "at=K12%2B346", 12345.6, true},
		{"edge 无段河", "at=K12+346", 12345.6, true},
		{"reach 市段", "at=K12+346", 12345.6, true},
		{"river 无段河", "at=-K0%2B000.4", 0, true},
	} {
		var body struct {
			How   string
			Start struct {
				MeasureM float64 `json:"measure_m"`
			}
		}
		path := fmt.Sprintf("/api/v1/hydro/%s/navigation/DM/flowlines?%s", srv.at(t, tt.what), tt.query)
		if status := get(t, srv.Server, path, &body); status != http.StatusOK || body.Start.MeasureM != tt.want || strings.Contains(body.How, "taken to its end") != tt.taken {
			t.Errorf("%s %s: status %d, at %g m, want %g; %s", tt.what, tt.query, status, body.Start.MeasureM, tt.want, body.How)
		}
	}
	var body traceBody
	path := fmt.Sprintf("/api/v1/hydro/%s/navigation/PP/flowlines?at=K12+346&to=%s&to_at=K1+000", route, route)
	if status := get(t, srv.Server, path, &body); status != http.StatusOK || body.LengthM != 11345.6 {
		t.Errorf("from point to point: status %d, %g m", status, body.LengthM)
	}
	for query, pointer := range map[string]string{"at=K12%2B347": "at", "at=12345": "", "at=K1%2B2345": "at", "at=": "at"} {
		var p problemBody
		status := get(t, srv.Server, "/api/v1/hydro/"+route+"/navigation/UM/flowlines?"+query, &p)
		if pointer == "" && status != http.StatusOK || pointer != "" && (status < 400 || len(p.Errors) != 1 || p.Errors[0].Pointer != pointer) {
			t.Errorf("%s: status %d, %+v", query, status, p)
		}
	}
}

// What is stored a centimetre past the edges stands at their end, for a list and for a stop; what has no place on the network is named.
func TestTracePlacesWithinTheSlack(t *testing.T) {
	t.Parallel()
	srv := serveTrace(t, straight, nil)
	var body traceBody
	path := "/api/v1/hydro/" + srv.at(t, "river 短河") + "/navigation/UM/"
	if status := get(t, srv.Server, path+"outfalls", &body); status != http.StatusOK {
		t.Fatalf("status %d", status)
	}
	var got []string
	for _, f := range body.Features {
		got = append(got, fmt.Sprintf("%s %g", *f.Properties.Code, f.Properties.DistanceM))
	}
	if diff := cmp.Diff([]string{"P-中 6000", "P-近 12000"}, got); diff != "" {
		t.Error(diff)
	}
	for _, name := range []string{"P-外", "P-远"} {
		if !strings.Contains(body.How, name) {
			t.Errorf("%s is left out without a word: %s", name, body.How)
		}
	}
	stopped := srv.trace(t, "river 短河", "UM", "stop=outfall&at=6001")
	if len(stopped.Halts) != 1 || *stopped.Halts[0].StoppedBy.Code != "P-近" || stopped.Halts[0].MeasureM != 12000 {
		t.Errorf("halts: %+v", stopped.Halts)
	}
	for _, name := range []string{"outfall P-外 外 K12+100", "outfall P-远 远"} {
		if !strings.Contains(stopped.How, name) {
			t.Errorf("%s is passed without a word: %s", name, stopped.How)
		}
	}
	from := srv.trace(t, "outfall 近", "DM", "")
	if len(from.Features) != 1 || from.Features[0].Properties.LengthM != 12000 {
		t.Errorf("from it: %+v", from.Features)
	}
}
