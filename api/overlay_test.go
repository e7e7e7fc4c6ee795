package api_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/twpayne/go-geom"
	"github.com/twpayne/go-geom/encoding/geojson"

	"hetu/api"
	"hetu/data/pg"
	"hetu/data/pgtest"
	"hetu/geo"
	"hetu/geo/access"
	"hetu/geo/lref"
	"hetu/geo/overlay"
)

// A straight river that flows east along 26.5 N, with all that can be overlaid. South, which is right of the flow, lies below it.
const (
	riverLat = 26.5
	west     = 106.40 // of the river
	east     = 106.46
	half     = 0.0005 // half the width of the management area, degrees
)

func rectangle(w, s, e, n float64) *geom.MultiPolygon {
	return geom.NewMultiPolygonFlat(geom.XY, []float64{w, s, e, s, e, n, w, n, w, s}, [][]int{{10}})
}

func rec(key pg.Key, from, to string) pg.Record {
	r := pg.Record{Key: key, Source: "test"}
	if from != "" {
		r.Valid.From, _ = geo.ParseDate(from)
	}
	if to != "" {
		r.Valid.To, _ = geo.ParseDate(to)
	}
	return r
}

func lineOf(flat ...float64) *geom.LineString { return geom.NewLineStringFlat(geom.XY, flat) }

func pointOf(x, y float64) *geom.Point { return geom.NewPointFlat(geom.XY, []float64{x, y}) }

func collectionOf(gs ...geom.T) geom.T {
	return geom.NewGeometryCollection().MustPush(gs...).SetSRID(int(geo.CGCS2000))
}

// riverside is the ground of these tests: the area until 2023 (v1), and from then on narrower on the left (v2).
func riverside(t *testing.T, b *pg.Batch) {
	t.Helper()
	route := lref.Measured(lineOf(west, riverLat, 106.43, riverLat, east, riverLat), "mouth")
	found, _ := geo.ParseDate("2022-06-01")
	surveyed, _ := geo.ParseDate("2020-05-01")
	dated, _ := geo.ParseDate("2020-01-01")
	level := 3
	z := func(p *geom.Point) *geom.Point {
		return geom.NewPointFlat(geom.XYZ, []float64{p.X(), p.Y(), 1200})
	}
	rows := []pg.Row{
		pg.Division{Record: rec("county", "", ""), CodeScheme: "t", Code: "520181", Name: "甲县", Level: geo.County, Kind: "县", Geom: rectangle(106.3, 26.4, 106.5, 26.6)},
		pg.Division{Record: rec("townA", "", ""), CodeScheme: "t", Code: "520181001", Name: "甲乡", Level: geo.Town, Kind: "乡", Parent: "county", Geom: rectangle(106.3, 26.4, 106.43, 26.6)},
		pg.Division{Record: rec("townB", "", ""), CodeScheme: "t", Code: "520181002", Name: "乙乡", Level: geo.Town, Kind: "乡", Parent: "county", Geom: rectangle(106.43, 26.4, 106.5, 26.6)},
		pg.River{Record: rec("river", "", ""), Name: "左二支流", RiverKind: "river"},
		pg.Route{Record: rec("route", "", ""), River: "river", MeasureOrigin: "mouth", FlowDir: "with", LengthM: route.FlatCoords()[2], Geom: route},
		pg.LegalDoc{Record: rec("doc1", "2020-01-01", ""), Kind: "announcement", Number: "甲公告〔2020〕1号", Title: "划界公告", Dated: dated},
		pg.LegalDoc{Record: rec("doc2", "2023-01-01", ""), Kind: "announcement", Number: "甲公告〔2023〕2号", Title: "划界调整公告"},
		pg.Area{Record: rec("area", "2020-01-01", "2023-01-01"), Name: "管理范围", River: "river", Status: "announced", LegalDoc: "doc1", Geom: rectangle(west, riverLat-half, east, riverLat+half)},
		pg.Area{Record: rec("area", "2023-01-01", ""), Name: "管理范围", River: "river", Status: "announced", LegalDoc: "doc2", Geom: rectangle(west, riverLat-half, east, riverLat+half/2)},
		pg.Area{Record: rec("draft", "2020-01-01", ""), Name: "草案", River: "river", Status: "draft", Geom: rectangle(west, riverLat-3*half, east, riverLat+3*half)},
		pg.Boundary{Record: rec("left", "2020-01-01", "2023-01-01"), River: "river", Route: "route", Bank: geo.Left, BasisKind: "custom", Status: "announced", LegalDoc: "doc1", LeadLevel: &level, Geom: lineOf(west, riverLat+half, east, riverLat+half)},
		pg.Boundary{Record: rec("left", "2023-01-01", ""), River: "river", Route: "route", Bank: geo.Left, BasisKind: "custom", Status: "announced", LegalDoc: "doc2", LeadLevel: &level, Geom: lineOf(west, riverLat+half/2, east, riverLat+half/2)},
		pg.Boundary{Record: rec("right", "2020-01-01", ""), River: "river", Route: "route", Bank: geo.Right, BasisKind: "custom", Status: "announced", LegalDoc: "doc1", LeadLevel: &level, Geom: lineOf(west, riverLat-half, east, riverLat-half)},
		pg.Protection{Record: rec("protection", "", ""), River: "river", Status: "announced", Geom: rectangle(west, riverLat-2*half, east, riverLat-half)},
		pg.Zone{Record: rec("L001", "", ""), River: "river", Type: 1, RegionID: "L001", Side: geo.Left, Geom: rectangle(west, riverLat, 106.42, riverLat+half)},
		pg.Zone{Record: rec("L002", "", ""), River: "river", Type: 3, RegionID: "L002", Side: geo.Left, Geom: rectangle(106.42, riverLat, east, riverLat+half)},
		pg.Zone{Record: rec("R001", "", ""), River: "river", Type: 4, RegionID: "R001", Side: geo.Right, Geom: rectangle(west, riverLat-half, east, riverLat)},
		pg.Stake{Record: rec("stake", "", ""), Boundary: "right", Name: "左二支流-右001", Kind: "physical", Bank: geo.Right, Geom: z(pointOf(106.421, riverLat-half))},
		pg.Problem{Record: rec("problem", "2022-06-01", ""), Type: "乱占", SpotNo: "P1", Status: "found", FoundOn: found, River: "river", Geom: pointOf(106.42, riverLat+0.8*half)},
		pg.Problem{Record: rec("nowhere", "2022-06-01", ""), Type: "乱占", Status: "found", River: "river"},
		pg.Problem{Record: rec("field", "2022-06-01", ""), Type: "乱占", Status: "found", FoundOn: found, River: "river", Geom: rectangle(106.41, riverLat+half*0.25, 106.412, riverLat+half*0.75)},
		pg.Problem{Record: rec("heap", "2022-06-01", ""), Type: "乱堆", Status: "found", FoundOn: found, River: "river", Geom: collectionOf(pointOf(106.45, riverLat), lineOf(106.45, riverLat, 106.451, riverLat))},
		pg.Outfall{Record: rec("outfall", "", ""), Name: "示例口", Kind: "municipal", Approval: "approved", River: "river", Bank: geo.Left, Geom: pointOf(106.415, riverLat+0.7*half)},
		pg.Land{Record: rec("farm", "", ""), Theme: "永久基本农田", Authority: "自然资源局", SurveyedOn: surveyed, Geom: rectangle(106.42, riverLat-2*half, 106.44, riverLat-half/2)},
		pg.Land{Record: rec("redline", "", ""), Theme: "生态保护红线", SurveyedOn: surveyed, Geom: rectangle(106.45, riverLat, 106.48, riverLat+0.1)},
		pg.Plan{Record: rec("plan", "", ""), Name: "一河一策", River: "river", Edition: 1, Status: "in_force"},
		pg.PlanItem{Record: rec("item", "", ""), Plan: "plan", List: "task", Text: "清淤", Geom: lineOf(106.41, riverLat, 106.43, riverLat)},
		pg.PlanItem{Record: rec("item2", "", ""), Plan: "plan", List: "task", Text: "无处"},
	}
	if err := b.Add(t.Context(), rows...); err != nil {
		t.Fatal(err)
	}
}

// overlayServer serves riverside; it tells overlaps under 1 m² apart and shows drafts to planners.
func overlayServer(t *testing.T, fill ...func(*testing.T, *pg.Batch)) (*httptest.Server, *pgtest.Database) {
	t.Helper()
	db := pgtest.New(t, pgtest.Clock(today))
	for _, f := range append([]func(*testing.T, *pg.Batch){riverside}, fill...) {
		b, err := db.Store.NewBatch(t.Context(), "test", t.Name())
		if err != nil {
			t.Fatal(err)
		}
		f(t, b)
		if _, err = b.Merge(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	cfg := config(t, db.Store)
	cfg.Log = slog.New(slog.NewTextHandler(t.Output(), nil))
	cfg.MayDraftFunc = func(r *http.Request) bool { return r.Header.Get("Planner") != "" }
	handler, err := api.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(handler)
	t.Cleanup(srv.Close)
	return srv, db
}

// post sends a body and gives the status and the answer.
func post(t *testing.T, srv *httptest.Server, path, contentType, body string, v any) *http.Response {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, srv.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", contentType)
	resp, err := srv.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	if v != nil {
		if err := json.Unmarshal(text, v); err != nil {
			t.Fatalf("%s: %v in %.300q", path, err, text)
		}
	}
	return resp
}

// touched asks what a polygon touches, as the public does or as who may see drafts.
func touched(t *testing.T, srv *httptest.Server, path, body string, staff bool) (a touchesBody) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, srv.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/geo+json")
	if staff {
		req.Header.Set("Planner", "yes")
	}
	resp, err := srv.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	if err := json.NewDecoder(resp.Body).Decode(&a); err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("%s: %d, %v", path, resp.StatusCode, err)
	}
	return a
}

func footprint(t *testing.T, g geom.T) string {
	t.Helper()
	text, err := geojson.Marshal(g)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// bisect gives x in [lo, hi] where a function that grows reaches a value.
func bisect(lo, hi, want float64, f func(x float64) float64) float64 {
	for range 100 {
		if mid := (lo + hi) / 2; f(mid) < want {
			lo = mid
		} else {
			hi = mid
		}
	}
	return lo
}

// ofArea gives a rectangle from a corner, of a width in degrees, whose area is so many square metres.
func ofArea(w, s, width, m2 float64) *geom.MultiPolygon {
	return rectangle(w, s, w+width, s+bisect(0, 1, m2, func(h float64) float64 { return overlay.AreaM2(rectangle(w, s, w+width, s+h)) }))
}

type touchesBody struct {
	AsOf             string  `json:"as_of"`
	RuleProfile      *string `json:"rule_profile"`
	DataVersion      int64   `json:"data_version"`
	Polygon          overlay.Figure
	InManagementArea shareBody `json:"in_management_area"`
	StakePrecisionM  *float64  `json:"stake_precision_m"`
	Shoreline        []overlay.Shore
	ZoneTotals       []zoneBody `json:"zone_totals"`
	Areas, Zones     []touchedBody
	Protections      []touchedBody
	Boundaries       []touchedBody
	Stakes           []touchedBody
	Outfalls         []touchedBody
	Problems         []touchedBody
	Land, Tiny       []touchedBody
	PlanItems        []touchedBody `json:"plan_items"`
	Plans            []struct{ Name string }
}

type shareBody struct{ Part, Whole, Percent float64 }

type zoneBody struct {
	Type string
	Bank geo.Bank
	M2   float64
}

type touchedBody struct {
	ID        int64
	Version   int
	Name      *string
	Type      *string
	Bank      *geo.Bank
	Status    *string
	OverlapM2 float64    `json:"overlap_m2"`
	OverlapMu float64    `json:"overlap_mu"`
	OfPolygon *shareBody `json:"of_polygon"`
	OfItem    *shareBody `json:"of_item"`
	ByBank    *struct {
		LeftM2  float64 `json:"left_m2"`
		RightM2 float64 `json:"right_m2"`
	} `json:"by_bank"`
	LengthM  float64 `json:"length_m"`
	Document *struct {
		Number string
		Date   string
	}
	Geometry *json.RawMessage
}

func near(got, want, within float64) bool { return math.Abs(got-want) <= within }

// Scenario 29: a park of 630.69 mu on both banks is told in m², per bank and per zone; 88 of 125.4 mu are 70.18 %.
func TestScenario_29(t *testing.T) {
	t.Parallel()
	srv, _ := overlayServer(t)
	park := ofArea(106.41, riverLat-0.0007, 0.03, geo.M2OfMu(630.69))
	flat := park.FlatCoords()
	top := flat[5]
	if top < riverLat+half {
		t.Fatalf("the park ends at %v, on one bank", top)
	}
	var a touchesBody
	if resp := post(t, srv, "/api/v1/touches?as_of=2022-07-01&geometry=true", "application/geo+json", footprint(t, park), &a); resp.StatusCode != http.StatusOK {
		t.Fatalf("%d: %+v", resp.StatusCode, a)
	}
	if !near(a.Polygon.AreaM2, 420460, 0.01) || !near(a.Polygon.AreaMu, 630.69, 0.001) {
		t.Errorf("the park is %+v", a.Polygon)
	}
	left, right := overlay.AreaM2(rectangle(106.41, riverLat, 106.44, riverLat+half)), overlay.AreaM2(rectangle(106.41, riverLat-half, 106.44, riverLat))
	if len(a.Areas) != 1 {
		t.Fatalf("areas: %+v", a.Areas)
	}
	in := a.Areas[0]
	if !near(in.OverlapM2, left+right, 0.02) || in.ByBank == nil || !near(in.ByBank.LeftM2, left, 0.02) || !near(in.ByBank.RightM2, right, 0.02) {
		t.Errorf("in the area %+v by bank %+v, want %v and %v", in.OverlapM2, in.ByBank, left, right)
	}
	if in.ByBank.LeftM2+in.ByBank.RightM2-in.OverlapM2 > 0.001 || in.Document == nil || in.Document.Number != "甲公告〔2020〕1号" || in.Document.Date != "2020-01-01" || in.Geometry == nil {
		t.Errorf("%+v %+v", in, in.Document)
	}
	if !near(a.InManagementArea.Part, left+right, 0.02) || !near(a.InManagementArea.Percent, 100*(left+right)/420460, 0.006) {
		t.Errorf("in any area: %+v", a.InManagementArea)
	}
	zones := map[string]float64{}
	for _, z := range a.ZoneTotals {
		zones[z.Type+string(z.Bank)] = z.M2
	}
	l1 := overlay.AreaM2(rectangle(106.41, riverLat, 106.42, riverLat+half))
	for z, want := range map[string]float64{"1left": l1, "3left": left - l1, "4right": right} {
		if !near(zones[z], want, 0.02) {
			t.Errorf("zone %s: %v, want %v", z, zones[z], want)
		}
	}
	length := func(lat float64) float64 { return lref.Length(lineOf(106.41, lat, 106.44, lat)) }
	if len(a.Shoreline) != 2 || a.Shoreline[0].Bank != geo.Left || !near(a.Shoreline[0].LengthM, length(riverLat+half), 0.01) || !near(a.Shoreline[1].LengthM, length(riverLat-half), 0.01) {
		t.Errorf("shoreline %+v, want %v m a bank", a.Shoreline, length(riverLat))
	}
	if len(a.Stakes) != 1 || a.Stakes[0].Name != nil || a.StakePrecisionM == nil || *a.StakePrecisionM != 50 || len(a.Outfalls) != 1 || len(a.Problems) != 2 || len(a.Land) != 1 || len(a.PlanItems) != 1 || len(a.Plans) != 1 || len(a.Protections) != 1 {
		t.Errorf("%d stakes %+v, %d outfalls, %d problems, %d land, %d items, %d plans", len(a.Stakes), a.Stakes, len(a.Outfalls), len(a.Problems), len(a.Land), len(a.PlanItems), len(a.Plans))
	}
	if a.RuleProfile == nil || !strings.HasPrefix(*a.RuleProfile, "tolerance-default@") || a.DataVersion == 0 || a.AsOf != "2022-07-01" {
		t.Errorf("head: %+v", a)
	}

	// F57: net cages of 125.4 mu, 88 of them inside.
	up := ofArea(106.41, riverLat+half, 0.02, geo.M2OfMu(125.4)-geo.M2OfMu(88)).FlatCoords()[5]
	down := bisect(0, half, geo.M2OfMu(88), func(h float64) float64 {
		return overlay.AreaM2(rectangle(106.41, riverLat+half-h, 106.43, riverLat+half))
	})
	w := rectangle(106.41, riverLat+half-down, 106.43, up)
	a = touchesBody{}
	post(t, srv, "/api/v1/touches?as_of=2022-07-01", "application/json", footprint(t, w), &a)
	if a.InManagementArea.Percent != 70.18 || a.Areas[0].OfPolygon.Percent != 70.18 || !near(a.Areas[0].OverlapMu, 88, 0.01) {
		t.Errorf("88 of 125.4 mu: %+v, %+v", a.InManagementArea, a.Areas[0])
	}
}

// Scenario 28, Q2's part: before and after the day on which the new line holds the answer differs, and each names its document.
func TestScenario_28_Touches(t *testing.T) {
	t.Parallel()
	srv, _ := overlayServer(t)
	strip := footprint(t, rectangle(106.41, riverLat+0.6*half, 106.42, riverLat+0.9*half))
	for day, areas := range map[string]int{"2019-12-31": 0, "2022-12-31": 1, "2023-01-01": 0} {
		var a touchesBody
		post(t, srv, "/api/v1/touches?as_of="+day, "application/geo+json", strip, &a)
		if len(a.Areas) != areas {
			t.Errorf("%s: %+v", day, a.Areas)
		}
	}
	// What is not announced is for those who may see it, who say so.
	planner := func(path string) int { return len(touched(t, srv, path, strip, true).Areas) }
	if got := planner("/api/v1/touches?as_of=2023-01-01"); got != 0 {
		t.Errorf("a planner who does not ask for drafts: %d", got)
	}
	if got := planner("/api/v1/touches?as_of=2023-01-01&drafts=true"); got != 1 {
		t.Errorf("a planner: %d", got)
	}
	if resp := post(t, srv, "/api/v1/touches?drafts=true", "application/geo+json", strip, nil); resp.StatusCode != http.StatusNotFound {
		t.Errorf("anyone: %d", resp.StatusCode)
	}
}

// Scenario 32: a problem found in 2022 just inside the line of then lies outside that of now: both are told.
func TestScenario_32(t *testing.T) {
	t.Parallel()
	srv, db := overlayServer(t)
	type standing struct {
		On, Verdict string
		InArea      *shareBody `json:"in_area"`
		Area, Line  *touchedBody
		ToAreaM     *float64 `json:"to_area_m"`
		ToLineM     *float64 `json:"to_line_m"`
	}
	ask := func(key string) (out struct {
		Then, Now standing
		Changed   *bool
	},
	) {
		path := fmt.Sprintf("/api/v1/problems/%d/inside", idOfKey(t, db, "problem", key))
		if status := get(t, srv, path, &out); status != http.StatusOK {
			t.Fatalf("%s: %d", path, status)
		}
		return out
	}
	a := ask("problem")
	if a.Then.On != "2022-06-01" || a.Then.Verdict != "inside" || a.Now.Verdict != "outside" || a.Changed == nil || !*a.Changed {
		t.Fatalf("%+v", a)
	}
	in, out := lref.Distance(106.42, riverLat+0.8*half, 106.42, riverLat+half), lref.Distance(106.42, riverLat+0.8*half, 106.42, riverLat+half/2)
	if !near(*a.Then.ToLineM, in, 0.01) || !near(*a.Now.ToLineM, out, 0.01) || !near(*a.Then.ToAreaM, in, 0.01) || !near(*a.Now.ToAreaM, out, 0.01) {
		t.Errorf("%v %v, want %v and %v", *a.Then.ToLineM, *a.Now.ToLineM, in, out)
	}
	if a.Then.Line.Document.Number != "甲公告〔2020〕1号" || a.Now.Line.Document.Number != "甲公告〔2023〕2号" || a.Then.Area.Document.Number != "甲公告〔2020〕1号" {
		t.Errorf("documents %+v, %+v", a.Then.Line, a.Now.Line)
	}
	if f := ask("field"); f.Then.Verdict != "inside" || f.Now.Verdict != "partly" || !near(f.Now.InArea.Percent, 50, 0.02) || *f.Now.ToLineM != 0 {
		t.Errorf("a field: %+v", f)
	}
	if h := ask("heap"); h.Then.Verdict != "inside" || h.Now.Verdict != "inside" {
		t.Errorf("a heap of a point and a line: %+v", h)
	}
	if n := ask("nowhere"); n.Then.Verdict != "unknown" || n.Now.Verdict != "unknown" || n.Changed != nil {
		t.Errorf("a problem without a place: %+v", n)
	}
}

func idOfKey(t *testing.T, db *pgtest.Database, entity, key string) int64 {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), db.DSN("hetu_ro"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(t.Context()) }()
	var id int64
	if err := conn.QueryRow(t.Context(), "SELECT id FROM hetu."+pgx.Identifier{entity}.Sanitize()+" WHERE key = $1", key).Scan(&id); err != nil {
		t.Fatal(err)
	}
	return id
}

// Q10: farmland inside is legal but flagged, a redline restrains; shares, towns, and the days of both.
func TestLandOverlaps(t *testing.T) {
	t.Parallel()
	srv, _ := overlayServer(t)
	type answer struct {
		Count    int
		TotalM2  float64 `json:"total_m2"`
		Overlaps []struct {
			Item, Land struct {
				Type, Name *string
				Dated      string
				ValidFrom  string `json:"valid_from"`
				Document   *struct{ Date string }
			}
			OverlapM2 float64   `json:"overlap_m2"`
			OfItem    shareBody `json:"of_item"`
			OfLand    shareBody `json:"of_land"`
			Effect    struct{ Kind string }
			Towns     []struct {
				Division *struct{ Name string }
				M2       float64
			}
		}
		Truncated bool
	}
	ask := func(query string) (a answer) {
		if status := get(t, srv, "/api/v1/overlaps?as_of=2022-07-01&"+query, &a); status != http.StatusOK {
			t.Fatalf("%s: %d", query, status)
		}
		return a
	}
	a := ask("theme=" + "%E6%B0%B8%E4%B9%85%E5%9F%BA%E6%9C%AC%E5%86%9C%E7%94%B0")
	if a.Count != 1 {
		t.Fatalf("farmland: %+v", a)
	}
	o := a.Overlaps[0]
	farm := overlay.AreaM2(rectangle(106.42, riverLat-half, 106.44, riverLat-half/2))
	if !near(o.OverlapM2, farm, 0.02) || o.Effect.Kind != "legal_flagged" || o.Land.Dated != "2020-05-01" || o.Item.ValidFrom != "2020-01-01" || o.Item.Document.Date != "2020-01-01" {
		t.Errorf("%+v, want %v m²", o, farm)
	}
	if !near(o.OfLand.Percent, 100.0/3, 0.01) || len(o.Towns) != 2 || o.Towns[0].Division.Name != "甲乡" || !near(o.Towns[0].M2, farm/2, 0.02) || !near(o.Towns[0].M2+o.Towns[1].M2, o.OverlapM2, 0.02) {
		t.Errorf("shares %+v, towns %+v", o.OfLand, o.Towns)
	}
	if all := ask("limit=1"); all.Count != 1 || !all.Truncated {
		t.Errorf("one of two: %+v", all)
	}
	if zones := ask("kind=zone"); zones.Count != 2 || zones.Overlaps[0].Effect.Kind == zones.Overlaps[1].Effect.Kind {
		t.Errorf("zones: %+v", zones)
	}
	if p := ask("kind=protection"); p.Count != 1 || !near(p.Overlaps[0].OverlapM2, 2*farm, 0.5) {
		t.Errorf("protection: %+v", p)
	}
	if b := ask("division=520181001"); b.Count != 1 || !near(b.TotalM2, farm/2, 0.02) {
		t.Errorf("in one town: %+v", b)
	}
	if none := ask("river=424242"); none.Count != 0 {
		t.Errorf("of no river: %+v", none)
	}
}

// Q11: what the line of 2023 lost of that of 2020, by town and with what lies in it; by day and by number; and how far the line moved.
func TestDiff(t *testing.T) {
	t.Parallel()
	srv, db := overlayServer(t)
	type answer struct {
		From, To struct {
			Version  int
			Document *struct{ Number string }
		}
		FromM2       *float64 `json:"from_m2"`
		ToM2         *float64 `json:"to_m2"`
		Gained, Lost *struct {
			M2     float64
			Pieces []struct {
				M2       float64
				Geometry *json.RawMessage
			}
			Towns []struct {
				Division *struct{ Name string }
				M2       float64
			}
			Inside []struct{ Kind string }
		}
		Shifts []overlay.Shift
	}
	ask := func(path string) (a answer) {
		if status := get(t, srv, path, &a); status != http.StatusOK {
			t.Fatalf("%s: %d", path, status)
		}
		return a
	}
	path := fmt.Sprintf("/api/v1/areas/%d/diff", idOfKey(t, db, "area", "area"))
	a := ask(path + "?from=2022-12-31&to=2023-01-01&as_of=2022-12-31")
	lost := overlay.AreaM2(rectangle(west, riverLat+half/2, east, riverLat+half))
	if !near(a.Lost.M2, lost, 0.02) || a.Gained.M2 != 0 || !near(*a.FromM2-*a.ToM2, lost, 0.02) || len(a.Lost.Pieces) != 1 || a.Lost.Pieces[0].Geometry == nil {
		t.Errorf("lost %+v, want %v", a.Lost, lost)
	}
	if len(a.Lost.Towns) != 2 || !near(a.Lost.Towns[0].M2+a.Lost.Towns[1].M2, lost, 0.03) || a.From.Document.Number == a.To.Document.Number {
		t.Errorf("towns %+v, documents %+v %+v", a.Lost.Towns, a.From.Document, a.To.Document)
	}
	kinds := map[string]int{}
	for _, f := range a.Lost.Inside {
		kinds[f.Kind]++
	}
	if kinds["outfall"] != 1 || kinds["problem"] != 2 || kinds["land"] != 1 {
		t.Errorf("inside what was lost: %v", kinds)
	}
	if b := ask(fmt.Sprintf("%s?from=%d&to=%d&as_of=2022-12-31", path, a.From.Version, a.To.Version)); !near(b.Lost.M2, a.Lost.M2, 0) {
		t.Errorf("by number: %v, by day %v", b.Lost.M2, a.Lost.M2)
	}
	if back := ask(path + "?from=2023-01-01&to=2022-12-31"); !near(back.Gained.M2, a.Lost.M2, 0) || back.Lost.M2 != 0 {
		t.Errorf("the other way: %+v", back.Gained)
	}
	b := ask(fmt.Sprintf("/api/v1/boundaries/%d/diff?from=2022-12-31&to=2023-01-01", idOfKey(t, db, "boundary", "left")))
	moved := lref.Distance(106.43, riverLat+half, 106.43, riverLat+half/2)
	if len(b.Shifts) != 1 || b.Shifts[0].Direction != "inward" || !near(b.Shifts[0].LargestM, moved, 0.01) || b.Shifts[0].FromLabel != "K0+000" {
		t.Errorf("shifts %+v, want %v m inward", b.Shifts, moved)
	}
	if b.Lost == nil || !near(b.Lost.M2, lost, 1) || b.Gained.M2 != 0 {
		t.Errorf("between the lines: %+v %+v", b.Gained, b.Lost)
	}
	draft := fmt.Sprintf("/api/v1/areas/%d/diff?from=2022-12-31", idOfKey(t, db, "area", "draft"))
	if status := get(t, srv, draft, nil); status != http.StatusNotFound {
		t.Errorf("a draft is told to anyone: %d", status)
	}
}

type occupiedBody struct {
	Sums []struct {
		Bank     geo.Bank
		By       string
		ZoneType *string `json:"zone_type"`
		Division *struct{ Name string }
		LengthM  float64 `json:"length_m"`
	}
	Stretches []struct {
		Bank       geo.Bank
		Line, How  string
		ZoneType   *string `json:"zone_type"`
		Start, End [2]float64
		StartM     float64 `json:"start_m"`
		EndM       float64 `json:"end_m"`
		StartLabel string  `json:"start_label"`
		LengthM    float64 `json:"length_m"`
	}
}

func occupiedBy(t *testing.T, srv *httptest.Server, g geom.T) (a occupiedBody) {
	t.Helper()
	if resp := post(t, srv, "/api/v1/occupied?as_of=2022-07-01", "application/geo+json", footprint(t, g), &a); resp.StatusCode != http.StatusOK {
		t.Fatalf("%d: %+v", resp.StatusCode, a)
	}
	return a
}

// along gives the metres in all of a bank, and what its stretches are.
func (a occupiedBody) along(bank geo.Bank) (m float64, stretches []string) {
	for _, s := range a.Sums {
		if s.Bank == bank && s.By == "all" {
			m += s.LengthM
		}
	}
	for _, s := range a.Stretches {
		if s.Bank == bank {
			stretches = append(stretches, fmt.Sprintf("%s %s %.0f", s.Line, s.How, s.LengthM))
		}
	}
	return m, stretches
}

// Q12: metres of each bank by zone type and division, told apart; a footprint beside the line is measured by what faces it.
func TestOccupied(t *testing.T) {
	t.Parallel()
	srv, _ := overlayServer(t)
	ask := func(g geom.T) occupiedBody { return occupiedBy(t, srv, g) }
	sums := func(a occupiedBody) map[string]float64 {
		out := map[string]float64{}
		for _, s := range a.Sums {
			key := string(s.Bank) + " " + s.By
			if s.ZoneType != nil {
				key += " " + *s.ZoneType
			}
			if s.Division != nil {
				key += " " + s.Division.Name
			}
			out[key] = s.LengthM
		}
		return out
	}
	long := func(a, b, lat float64) float64 { return lref.Length(lineOf(a, lat, b, lat)) }
	bridge := ask(rectangle(106.415, riverLat-2*half, 106.435, riverLat+2*half))
	want := map[string]float64{
		"left all": long(106.415, 106.435, riverLat+half), "right all": long(106.415, 106.435, riverLat-half),
		"left zone_type 1": long(106.415, 106.42, riverLat+half), "left zone_type 3": long(106.42, 106.435, riverLat+half), "right zone_type 4": long(106.415, 106.435, riverLat-half),
		"left division 甲乡": long(106.415, 106.43, riverLat+half), "left division 乙乡": long(106.43, 106.435, riverLat+half),
		"right division 甲乡": long(106.415, 106.43, riverLat-half), "right division 乙乡": long(106.43, 106.435, riverLat-half),
	}
	got := sums(bridge)
	for key, m := range want {
		if !near(got[key], m, 0.02) {
			t.Errorf("%s: %v, want %v", key, got[key], m)
		}
	}
	if len(got) != len(want) {
		t.Errorf("sums %v", got)
	}
	for _, s := range bridge.Stretches {
		if s.Line != "boundary" || s.How != "inside" || s.Start[0] > s.End[0] || s.StartM < s.EndM || !strings.HasPrefix(s.StartLabel, "K") {
			t.Errorf("%+v", s)
		}
	}
	hut := ask(rectangle(106.44, riverLat+0.4*half, 106.441, riverLat+0.6*half))
	if len(hut.Stretches) != 1 || hut.Stretches[0].How != "facing" || hut.Stretches[0].Bank != geo.Left || !near(hut.Stretches[0].LengthM, long(106.44, 106.441, riverLat+half), 0.05) {
		t.Errorf("a hut between the line and the water: %+v", hut.Stretches)
	}
	if far := ask(rectangle(106.35, 26.45, 106.36, 26.46)); len(far.Stretches) != 0 || len(far.Sums) != 0 {
		t.Errorf("far away: %+v", far)
	}
}

// parted makes one footprint of rectangles.
func parted(rectangles ...*geom.MultiPolygon) *geom.MultiPolygon {
	out := geom.NewMultiPolygon(geom.XY)
	for _, r := range rectangles {
		if err := out.Push(r.Polygon(0)); err != nil {
			panic(err)
		}
	}
	return out
}

// Each part of a footprint occupies what it faces or what runs through it, and nothing of what lies between two parts.
func TestOccupiedByParts(t *testing.T) {
	t.Parallel()
	const pier = 0.0002 // 20 m wide
	low, high := riverLat+0.4*half, riverLat+0.6*half
	beside := func(lon float64) *geom.MultiPolygon { return rectangle(lon, low, lon+pier, high) }
	through := func(lon float64) *geom.MultiPolygon { return rectangle(lon, low, lon+pier, riverLat+1.5*half) }
	wide := lref.Length(lineOf(106.41, riverLat+half, 106.41+pier, riverLat+half))
	bankLine := func(t *testing.T, b *pg.Batch) {
		t.Helper()
		if err := b.Add(t.Context(), pg.BankLine{
			Record: rec("bank", "", ""), Kind: "bank", River: "river", Bank: geo.Left,
			Geom: geom.NewLineStringFlat(geom.XYZ, []float64{west, riverLat + 0.5*half, 0, east, riverLat + 0.5*half, 0}),
		}); err != nil {
			t.Fatal(err)
		}
	}
	plain, _ := overlayServer(t)
	banked, _ := overlayServer(t, bankLine)
	tests := []struct {
		name string
		srv  *httptest.Server
		g    geom.T
		m    float64
		want []string
	}{
		{"two piers beside the line", plain, parted(beside(106.41), beside(106.45)), 2 * wide, []string{"boundary facing 20", "boundary facing 20"}},
		{"one through the line, one beside it", plain, parted(through(106.41), beside(106.45)), 2 * wide, []string{"boundary inside 20", "boundary facing 20"}},
		{"two that face the same", plain, parted(beside(106.41), rectangle(106.41, riverLat+0.7*half, 106.41+pier, riverLat+0.8*half)), wide, []string{"boundary facing 20"}},
		{"one through the line, one that faces the same", plain, parted(rectangle(106.41, riverLat+0.9*half, 106.41+pier, riverLat+2*half), beside(106.41)), wide, []string{"boundary inside 20"}},
		{"one beside the line and half of what another takes", plain, parted(rectangle(106.41, riverLat+0.9*half, 106.41+pier, riverLat+2*half), rectangle(106.41+pier/2, low, 106.41+3*pier/2, high)), 1.5 * wide, []string{"boundary inside 20", "boundary facing 10"}},
		{"through the bank line", banked, parted(beside(106.41), beside(106.45)), 2 * wide, []string{"bank_line inside 20", "bank_line inside 20"}},
		{"on either side of the bank line", banked, parted(rectangle(106.41, riverLat+0.1*half, 106.41+pier, riverLat+0.2*half), rectangle(106.45, riverLat+0.8*half, 106.45+pier, high+0.3*half)), 2 * wide, []string{"bank_line facing 20", "bank_line facing 20"}},
		{"through the boundary, beside the bank line", banked, rectangle(106.41, riverLat+0.7*half, 106.41+pier, riverLat+2*half), wide, []string{"bank_line facing 20"}},
	}
	for _, tt := range tests {
		m, got := occupiedBy(t, tt.srv, tt.g).along(geo.Left)
		if diff := cmp.Diff(tt.want, got); diff != "" || !near(m, tt.m, 0.05) {
			t.Errorf("%s: %v m, want %v; %s", tt.name, m, tt.m, diff)
		}
	}
}

// loop is a river that flows east, round a loop of 7 km with a neck 150 m wide, and on east.
func loop(t *testing.T, b *pg.Batch) {
	t.Helper()
	route := lref.Measured(lineOf(106.40, 26.55, 106.42, 26.55, 106.42, 26.56, 106.41, 26.57, 106.42, 26.58, 106.4315, 26.57, 106.4215, 26.56, 106.4215, 26.55, 106.44, 26.55), "mouth")
	rows := []pg.Row{
		pg.River{Record: rec("loop", "", ""), Name: "环河", RiverKind: "river"},
		pg.Route{Record: rec("loop route", "", ""), River: "loop", MeasureOrigin: "mouth", FlowDir: "with", LengthM: route.FlatCoords()[2], Geom: route},
		pg.Area{Record: rec("loop area", "", ""), Name: "环河管理范围", River: "loop", Status: "announced", Geom: rectangle(106.39, 26.54, 106.45, 26.59)},
	}
	if err := b.Add(t.Context(), rows...); err != nil {
		t.Fatal(err)
	}
}

// insideLoop adds the bank line of the loop's inner side, which is the right bank.
func insideLoop(t *testing.T, b *pg.Batch) {
	t.Helper()
	line := geom.NewLineStringFlat(geom.XYZ, nil)
	for _, p := range [][2]float64{{106.4202, 26.5502}, {106.4202, 26.5601}, {106.4103, 26.57}, {106.42, 26.5797}, {106.4312, 26.57}, {106.4213, 26.5601}, {106.4213, 26.5502}} {
		line = geom.NewLineStringFlat(geom.XYZ, append(line.FlatCoords(), p[0], p[1], 0))
	}
	if err := b.Add(t.Context(), pg.BankLine{Record: rec("loop bank", "", ""), Kind: "bank", River: "loop", Bank: geo.Right, Geom: line}); err != nil {
		t.Fatal(err)
	}
}

// In the neck of a loop a field faces two short stretches and not the loop; inside a bend it faces the bend in one.
func TestOccupiedInBends(t *testing.T) {
	t.Parallel()
	neck := rectangle(106.4205, 26.552, 106.4210, 26.554)
	long := lref.Distance(106.42, 26.552, 106.42, 26.554)
	for name, fill := range map[string][]func(*testing.T, *pg.Batch){"centre_line": {loop}, "bank_line": {loop, insideLoop}} {
		srv, _ := overlayServer(t, fill...)
		a := occupiedBy(t, srv, neck)
		m, got := a.along(geo.Right)
		stretch := fmt.Sprintf("%s facing %.0f", name, long)
		if diff := cmp.Diff([]string{stretch, stretch}, got); diff != "" || !near(m, 2*long, 0.5) {
			t.Errorf("in the neck, %s: %v m, want 2 × %v; %s", name, m, long, diff)
		}
		if m, got := a.along(geo.Left); m != 0 {
			t.Errorf("in the neck, %s, on the other bank: %v", name, got)
		}
		// The upper end of the loop, a corner of 84°: the field's edges run 45 m to 200 m off both arms.
		bend := occupiedBy(t, srv, rectangle(106.4195, 26.5770, 106.4205, 26.5790))
		if len(bend.Stretches) != 1 || bend.Stretches[0].Line != name || !(bend.Stretches[0].LengthM > 200 && bend.Stretches[0].LengthM < 600) {
			t.Errorf("in a bend, %s: %+v", name, bend.Stretches)
		}
		// Across the river, outside the neck on its left bank: one arm is near.
		if m, got := occupiedBy(t, srv, rectangle(106.4190, 26.552, 106.4195, 26.554)).along(geo.Left); name == "centre_line" && (len(got) != 1 || !near(m, long, 0.5)) {
			t.Errorf("outside the neck: %v", got)
		}
	}
}

// A small polygon does not tell the public where a stake stands: by its node it is touched, and there alone. Staff is told exactly.
func TestTouchedStakes(t *testing.T) {
	t.Parallel()
	srv, _ := overlayServer(t)
	stands := geo.LonLat{106.421, riverLat - half}
	node := stands.Snapped(50)
	if lref.Distance(stands[0], stands[1], node[0], node[1]) < 3 {
		t.Fatalf("the stake stands at a node, %v", node)
	}
	ask := func(at geo.LonLat, staff bool) touchesBody {
		const side = 0.00001 // about a metre
		return touched(t, srv, "/api/v1/touches?geometry=true", footprint(t, rectangle(at[0]-side/2, at[1]-side/2, at[0]+side/2, at[1]+side/2)), staff)
	}
	if a := ask(stands, false); len(a.Stakes) != 0 {
		t.Errorf("where it stands, for the public: %+v", a.Stakes)
	}
	want := fmt.Sprintf(`{"type":"Point","coordinates":[%v,%v]}`, node[0], node[1])
	if a := ask(node, false); len(a.Stakes) != 1 || a.Stakes[0].Name != nil || *a.Stakes[0].Type != "physical" || string(*a.Stakes[0].Geometry) != want {
		t.Errorf("at its node, for the public: %+v, want %s", a.Stakes, want)
	}
	if a := ask(stands, true); len(a.Stakes) != 1 || a.StakePrecisionM != nil || *a.Stakes[0].Name != "左二支流-右001" {
		t.Errorf("where it stands, for staff: %+v", a.Stakes)
	}
	if a := ask(node, true); len(a.Stakes) != 0 {
		t.Errorf("at its node, for staff: %+v", a.Stakes)
	}
}

// What is wrong with a body is told with its place, and is never a 500.
func TestBadPolygons(t *testing.T) {
	t.Parallel()
	srv, _ := overlayServer(t)
	ring := `[[106.41,26.5],[106.42,26.5],[106.42,26.51],[106.41,26.5]]`
	many := strings.Repeat(`[106.41,26.5],`, 10_000)
	tests := []struct {
		name, body string
		status     int
		pointer    string
	}{
		{"empty", ``, 400, "/"},
		{"white", " \n", 400, "/"},
		{"no JSON", `hello`, 400, "/"},
		{"half", `{"type":"Polygon","coordinates":[[[106`, 400, ""},
		{"null", `null`, 400, "/"},
		{"a list", `[]`, 400, "/"},
		{"a number", `12`, 400, "/"},
		{"no type", `{}`, 400, "/type"},
		{"type is a number", `{"type":5}`, 400, "/type"},
		{"a point", `{"type":"Point","coordinates":[106.4,26.5]}`, 400, "/type"},
		{"a line", `{"type":"LineString","coordinates":` + ring + `}`, 400, "/type"},
		{"a collection", `{"type":"GeometryCollection","geometries":[]}`, 400, "/type"},
		{"features", `{"type":"FeatureCollection","features":[]}`, 400, "/type"},
		{"a feature of nothing", `{"type":"Feature","properties":{}}`, 400, "/geometry"},
		{"a feature of null", `{"type":"Feature","geometry":null}`, 400, "/geometry"},
		{"a feature in a feature", `{"type":"Feature","geometry":{"type":"Feature","geometry":{}}}`, 400, "/geometry/type"},
		{"no coordinates", `{"type":"Polygon"}`, 400, "/coordinates"},
		{"coordinates are text", `{"type":"Polygon","coordinates":"x"}`, 400, "/coordinates"},
		{"coordinates are null", `{"type":"Polygon","coordinates":null}`, 400, "/coordinates"},
		{"no ring", `{"type":"Polygon","coordinates":[]}`, 422, "/coordinates"},
		{"no polygon", `{"type":"MultiPolygon","coordinates":[]}`, 422, "/coordinates"},
		{"an empty ring", `{"type":"Polygon","coordinates":[[]]}`, 422, "/coordinates/0"},
		{"too few", `{"type":"Polygon","coordinates":[[[106.41,26.5],[106.42,26.5],[106.41,26.5]]]}`, 422, "/coordinates/0"},
		{"not closed", `{"type":"Polygon","coordinates":[[[106.41,26.5],[106.42,26.5],[106.42,26.51],[106.4,26.5]]]}`, 422, "/coordinates/0"},
		{"one number", `{"type":"Polygon","coordinates":[[[106.41],[106.42,26.5],[106.42,26.51],[106.41]]]}`, 400, "/coordinates/0/0"},
		{"four numbers", `{"type":"Polygon","coordinates":[[[106.41,26.5,1,2]]]}`, 400, "/coordinates/0/0"},
		{"text in it", `{"type":"Polygon","coordinates":[[["106.41",26.5]]]}`, 400, "/coordinates/0/0/0"},
		{"mixed", `{"type":"Polygon","coordinates":[[[106.41,[26.5]]]]}`, 400, "/coordinates/0/0/1"},
		{"mixed otherwise", `{"type":"Polygon","coordinates":[[[106.41,26.5],3]]}`, 400, "/coordinates/0/1"},
		{"NaN", `{"type":"Polygon","coordinates":[[[NaN,26.5]]]}`, 400, ""},
		{"1e400", `{"type":"Polygon","coordinates":[[[1e400,26.5]]]}`, 422, "/coordinates/0/0/0"},
		{"1e308", `{"type":"Polygon","coordinates":[[[1e308,26.5],[106.42,26.5],[106.42,26.51],[1e308,26.5]]]}`, 422, "/coordinates/0/0"},
		{"swapped", `{"type":"Polygon","coordinates":[[[26.5,106.41],[26.5,106.42],[26.51,106.42],[26.5,106.41]]]}`, 422, "/coordinates/0/0"},
		{"too deep", `{"type":"MultiPolygon","coordinates":[[[[[106.41,26.5]]]]]}`, 400, "/coordinates/0/0/0/0"},
		{"far too deep", `{"type":"Polygon","coordinates":` + strings.Repeat("[", 100_000) + `}`, 400, "/coordinates/0/0/0/0"},
		{"deep beside", `{"x":` + strings.Repeat(`{"a":`, 50_000) + `1` + strings.Repeat("}", 50_000) + `}`, 400, "/x"},
		{"twice", `{"type":"Polygon","type":"Polygon","coordinates":[` + ring + `]}`, 400, "/type"},
		{"coordinates twice", `{"type":"Polygon","coordinates":[` + ring + `],"coordinates":[` + ring + `]}`, 400, "/coordinates"},
		{"more follows", `{"type":"Polygon","coordinates":[` + ring + `]} {}`, 400, "/"},
		{"a grid whose number holds ours", `{"type":"Polygon","crs":{"type":"name","properties":{"name":"EPSG:44901"}},"coordinates":[` + ring + `]}`, 422, "/crs"},
		{"a grid beside which ours is named", `{"type":"Polygon","crs":{"type":"name","was":"EPSG:4490","properties":{"name":"EPSG:4545"}},"coordinates":[` + ring + `]}`, 422, "/crs"},
		{"another grid", `{"type":"Polygon","crs":{"type":"name","properties":{"name":"EPSG:4545"}},"coordinates":[` + ring + `]}`, 422, "/crs"},
		{"a multipolygon's shape is a polygon's", `{"type":"MultiPolygon","coordinates":[` + ring + `]}`, 422, "/coordinates/0/0"},
		{"crossing itself", `{"type":"Polygon","coordinates":[[[106.41,26.5],[106.42,26.51],[106.42,26.5],[106.41,26.52],[106.41,26.5]]]}`, 422, "/coordinates/0"},
		{"touching itself", `{"type":"Polygon","coordinates":[[[106.41,26.5],[106.43,26.5],[106.43,26.52],[106.42,26.5],[106.41,26.52],[106.41,26.5]]]}`, 422, "/coordinates"},
		{"nothing in it", `{"type":"Polygon","coordinates":[[[106.41,26.5],[106.42,26.5],[106.43,26.5],[106.41,26.5]]]}`, 422, "/coordinates/0"},
		{"one place", `{"type":"Polygon","coordinates":[[[106.41,26.5],[106.41,26.5],[106.41,26.5],[106.41,26.5]]]}`, 422, "/coordinates/0"},
		{"a feature crossing itself", `{"type":"Feature","geometry":{"type":"MultiPolygon","coordinates":[[[[106.41,26.5],[106.42,26.51],[106.42,26.5],[106.41,26.52],[106.41,26.5]]]]}}`, 422, "/geometry/coordinates/0/0"},
		{"a hole outside", `{"type":"Polygon","coordinates":[` + ring + `,[[106.45,26.5],[106.46,26.5],[106.46,26.51],[106.45,26.5]]]}`, 422, "/coordinates"},
		{"parts on each other", `{"type":"MultiPolygon","coordinates":[[` + ring + `],[` + ring + `]]}`, 422, ""},
		{"too many vertices", `{"type":"Polygon","coordinates":[[` + many + `[106.41,26.5]]]}`, 422, ""},
		{"200,000 vertices", `{"type":"Polygon","coordinates":[[` + strings.Repeat(many, 20) + `[106.41,26.5]]]}`, 413, ""},
	}
	for _, path := range []string{"/api/v1/touches", "/api/v1/occupied"} {
		for _, tt := range tests {
			var p problemBody
			resp := post(t, srv, path, "application/geo+json", tt.body, &p)
			if resp.StatusCode != tt.status || p.Status != tt.status || p.Detail == "" {
				t.Errorf("%s %s: %d %+v, want %d", path, tt.name, resp.StatusCode, p, tt.status)
			}
			if tt.pointer != "" && (len(p.Errors) != 1 || p.Errors[0].Pointer != tt.pointer) {
				t.Errorf("%s %s: names %+v, want %s", path, tt.name, p.Errors, tt.pointer)
			}
		}
	}
	whole := `{"type":"Polygon","coordinates":[` + ring + `]}`
	for _, contentType := range []string{"", "text/plain", "application/xml", "application/json;;"} {
		if resp := post(t, srv, "/api/v1/touches", contentType, whole, nil); resp.StatusCode != http.StatusUnsupportedMediaType {
			t.Errorf("type %q: %d", contentType, resp.StatusCode)
		}
	}
	for _, good := range []string{
		whole, `{"type":"Feature","properties":{"a":[1,{"b":2}]},"geometry":` + whole + `}`, `{"coordinates":[` + ring + `],"type":"Polygon","bbox":[1,2,3,4]}`,
		`{"type":"Polygon","coordinates":[[[106.41,26.5,5],[106.42,26.5,5],[106.42,26.51,5],[106.41,26.5,5]]]}`,
	} {
		if resp := post(t, srv, "/api/v1/touches", "application/json; charset=utf-8", good, nil); resp.StatusCode != http.StatusOK {
			t.Errorf("%s: %d", good, resp.StatusCode)
		}
	}
}

// Parameters of overlays that make no sense are told by name.
func TestBadOverlayParameters(t *testing.T) {
	t.Parallel()
	srv, db := overlayServer(t)
	area := fmt.Sprintf("/api/v1/areas/%d/diff", idOfKey(t, db, "area", "area"))
	for _, tt := range []struct {
		path    string
		status  int
		pointer string
	}{
		{"/api/v1/overlaps?kind=reach", 400, "kind"},
		{"/api/v1/overlaps?kind=", 400, "kind"},
		{"/api/v1/overlaps?river=x", 400, "river"},
		{"/api/v1/overlaps?river=-1", 400, "river"},
		{"/api/v1/overlaps?limit=0", 400, "limit"},
		{"/api/v1/overlaps?limit=2001", 400, "limit"},
		{"/api/v1/overlaps?geometry=yes", 400, "geometry"},
		{"/api/v1/overlaps?division=&theme=x", 400, "division"},
		{"/api/v1/overlaps?theme=", 400, "theme"},
		{"/api/v1/overlaps?division=nowhere", 404, "division"},
		{"/api/v1/overlaps?drafts=true", 404, ""},
		{"/api/v1/overlaps?themes=x", 400, "themes"},
		{"/api/v1/overlaps?theme=" + strings.Repeat("x", 101), 400, "theme"},
		{"/api/v1/overlaps?as_of=2026-13-01", 400, "as_of"},
		{area, 400, "from"},
		{area + "?from=", 400, "from"},
		{area + "?from=v1", 400, "from"},
		{area + "?from=2022-01-01&to=x", 400, "to"},
		{area + "?from=1999-01-01", 404, "from"},
		{area + "?from=2022-05-01&to=99", 404, "to"},
		{area + "?from=99", 404, "from"},
		{area + "?from=99999999999", 400, "from"},
		{"/api/v1/areas/424242/diff?from=2022-01-01", 404, "id"},
		{"/api/v1/areas/x/diff?from=2022-01-01", 404, "id"},
		{"/api/v1/boundaries/99999999999999999999/diff?from=2022-01-01", 404, "id"},
		{"/api/v1/problems/424242/inside", 404, "id"},
		{"/api/v1/problems/x/inside", 404, "id"},
		{"/api/v1/problems/1/inside?lon=1", 400, "lon"},
	} {
		var p problemBody
		resp := do(t, srv, http.MethodGet, tt.path, &p)
		if resp.StatusCode != tt.status || p.Detail == "" || tt.pointer != "" && (len(p.Errors) != 1 || p.Errors[0].Pointer != tt.pointer) {
			t.Errorf("%s: %d %+v, want %d naming %q", tt.path, resp.StatusCode, p, tt.status, tt.pointer)
		}
	}
	whole := footprint(t, rectangle(106.41, 26.5, 106.42, 26.51))
	for path, pointer := range map[string]string{
		"/api/v1/touches?lon=1": "lon", "/api/v1/occupied?level=9": "level", "/api/v1/occupied?level=x": "level", "/api/v1/touches?geometry=1": "geometry", "/api/v1/touches?as_of=": "as_of",
	} {
		var p problemBody
		if resp := post(t, srv, path, "application/geo+json", whole, &p); resp.StatusCode != http.StatusBadRequest || len(p.Errors) != 1 || p.Errors[0].Pointer != pointer {
			t.Errorf("%s: %d %+v", path, resp.StatusCode, p)
		}
	}
	if resp := do(t, srv, http.MethodGet, "/api/v1/touches", nil); resp.StatusCode != http.StatusMethodNotAllowed || resp.Header.Get("Allow") != "POST" {
		t.Errorf("GET: %d, Allow %q", resp.StatusCode, resp.Header.Get("Allow"))
	}
}

// The answer is the same, to the byte, wherever the ring starts and however it winds, and each time it is asked for.
func TestTouchesIsTheSame(t *testing.T) {
	t.Parallel()
	srv, _ := overlayServer(t)
	at := [][2]float64{{106.41, 26.499}, {106.43, 26.4993}, {106.435, 26.502}, {106.42, 26.5005}, {106.405, 26.501}}
	var first string
	for start := range at {
		for _, step := range []int{1, -1} {
			var flat []float64
			for i := range len(at) + 1 {
				p := at[((start+i*step)%len(at)+len(at))%len(at)]
				flat = append(flat, p[0], p[1])
			}
			var got json.RawMessage
			post(t, srv, "/api/v1/touches?as_of=2022-07-01&geometry=true", "application/geo+json", footprint(t, geom.NewPolygonFlat(geom.XY, flat, []int{len(flat)})), &got)
			if first == "" {
				first = string(got)
			}
			if string(got) != first {
				t.Fatalf("from vertex %d by %d:\n%s\nfirst:\n%s", start, step, got, first)
			}
		}
	}
	var a touchesBody
	if err := json.Unmarshal([]byte(first), &a); err != nil || len(a.Areas) != 1 || a.Areas[0].ByBank == nil {
		t.Errorf("%v: %+v", err, a)
	}
}

// brokenStore is a store whose overlays take too long.
type brokenStore struct{ api.Store }

func (brokenStore) Overlay(context.Context, access.View, func(overlay.Source) error) error {
	return geo.Wrapf(context.DeadlineExceeded, geo.CodeUnavailable, "the question took too long and was stopped")
}

// A question that takes too long is a 503 that says when to come again.
func TestOverlayThatTakesTooLong(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t, pgtest.Clock(today))
	cfg := config(t, db.Store)
	cfg.Store = brokenStore{db.Store}
	handler, err := api.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(handler)
	t.Cleanup(srv.Close)
	whole := footprint(t, rectangle(106.41, 26.5, 106.42, 26.51))
	for _, resp := range []*http.Response{
		post(t, srv, "/api/v1/touches", "application/geo+json", whole, nil), post(t, srv, "/api/v1/occupied", "application/geo+json", whole, nil),
		do(t, srv, http.MethodGet, "/api/v1/overlaps", nil), do(t, srv, http.MethodGet, "/api/v1/problems/1/inside", nil), do(t, srv, http.MethodGet, "/api/v1/areas/1/diff?from=2020-01-01", nil),
	} {
		if resp.StatusCode != http.StatusServiceUnavailable || resp.Header.Get("Retry-After") == "" {
			t.Errorf("%s: %d, Retry-After %q", resp.Request.URL, resp.StatusCode, resp.Header.Get("Retry-After"))
		}
	}
}
