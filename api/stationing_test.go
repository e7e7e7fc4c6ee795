package api_test

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/twpayne/go-geom"
	"pgregory.net/rapid"

	"hetu/data/pg"
	"hetu/geo"
	"hetu/geo/duty"
	"hetu/geo/lref"
	"hetu/geo/network"
	"hetu/geo/stationing"
)

// located, hydrolocated and segment are answers as a client reads them.
type located struct {
	stationing.Located
	How         string
	DataVersion int64 `json:"data_version"`
}

type hydrolocated struct {
	stationing.Hydrolocated
	How string
}

type segment struct {
	Type string
	stationing.Segment
	How      string
	Features []struct {
		Properties struct {
			Part    geo.Bank
			LengthM float64 `json:"length_m"`
		}
		Geometry struct {
			Type        string
			Coordinates [][2]float64
		}
	}
}

// meandering draws a river as rivers run, the angle of flow a sine of the way; from a swing of 1.6 on the arms of a bend pass each
// other as parallel channels. It runs downstream, with bends of 800 m.
func meandering(lon, lat, swing, step, heading float64, n int) []float64 {
	flat := []float64{lon, lat}
	for i := range n - 1 {
		angle := heading + swing*math.Cos(2*math.Pi*float64(i)*step/800)
		lon += step * math.Cos(angle) / 99600
		lat += step * math.Sin(angle) / 110780
		flat = append(flat, math.Round(lon*1e9)/1e9, math.Round(lat*1e9)/1e9)
	}
	return flat
}

// banksOf draws a bank line on either side, from vertex to vertex, without what lies beyond a bend's centre.
func banksOf(flat []float64, offset float64) []float64 {
	route := lref.Measured(geom.NewLineStringFlat(geom.XY, flat), "mouth")
	var out []float64
	for m := 2; m < route.NumCoords()*3; m += 3 {
		p, err := lref.LocateOffset(route, route.FlatCoords()[m], offset)
		if err == nil && lref.Project(route, p.Lon, p.Lat).DistanceM > math.Abs(offset)*0.95 {
			out = append(out, p.Lon, p.Lat, 0)
		}
	}
	return out
}

func upside(flat []float64, stride int) []float64 {
	var out []float64
	for i := len(flat) - stride; i >= 0; i -= stride {
		out = append(out, flat[i:i+stride]...)
	}
	return out
}

func always(key pg.Key) pg.Record { return pg.Record{Key: key, Source: "test"} }

// drawn is a river as a source has it.
type drawn struct {
	key     pg.Key
	origin  string
	flipped bool      // digitised against the flow, its banks too
	flat    []float64 // downstream
	offset  float64   // of its bank lines; 0: none
}

// rows makes the network of the line and its route, as an import does, a county reach of all of it, and its bank lines.
func (d drawn) rows(t *testing.T) []pg.Row {
	t.Helper()
	flat := d.flat
	if d.flipped {
		flat = upside(flat, 2)
	}
	net, _ := network.Build([]network.Line{{Group: string(d.key), Kind: network.River, Geom: geom.NewLineStringFlat(geom.XY, flat)}},
		network.Options{Against: d.flipped, Direction: network.Digitised})
	routes := net.Routes()
	if len(routes) != 1 || len(net.Edges) != 1 {
		t.Fatalf("%s became %d routes of %d edges", d.key, len(routes), len(net.Edges))
	}
	route := lref.Measured(routes[0].Geom, d.origin)
	return d.stored(route, false)
}

// stored makes the rows of a river whose route is given.
func (d drawn) stored(route *geom.LineString, calibrated bool) []pg.Row {
	low, high, _ := lref.Ends(route)
	line := geom.NewLineStringFlat(geom.XY, d.flat)
	flow := "with"
	if d.flipped {
		flow = "against"
	}
	end := len(d.flat) - 2
	rows := []pg.Row{
		pg.River{Record: always(d.key), Name: string(d.key), RiverKind: "river", Division: "county", ManagingLevels: []int16{3}},
		pg.Route{Record: always(d.key), River: d.key, MeasureOrigin: d.origin, Calibrated: calibrated, FlowDir: flow, LengthM: lref.Length(route), Geom: route},
		pg.Node{Record: always(d.key + " head"), Kind: "source", Geom: geom.NewPointFlat(geom.XY, d.flat[:2])},
		pg.Node{Record: always(d.key + " mouth"), Kind: "outlet", Geom: geom.NewPointFlat(geom.XY, d.flat[end:])},
		pg.Edge{Record: always(d.key), Route: d.key, FromM: low, ToM: high, From: d.key + " head", To: d.key + " mouth", Main: true},
		pg.Reach{Record: always(d.key), Name: string(d.key), River: d.key, Route: d.key, FromM: low, ToM: high, BankScope: geo.Both, Level: geo.County, Division: "county", Geom: line},
	}
	if d.offset == 0 {
		return rows
	}
	for side, offset := range map[geo.Bank]float64{geo.Left: -d.offset, geo.Right: d.offset} {
		bank := banksOf(d.flat, offset)
		if d.flipped {
			bank = upside(bank, 3)
		}
		rows = append(rows, pg.BankLine{Record: always(d.key + " " + pg.Key(side)), Kind: "bank", River: d.key, Bank: side, Geom: geom.NewLineStringFlat(geom.XYZ, bank)})
	}
	return rows
}

// drawing fills a store with rivers, and what else.
func drawing(t *testing.T, rivers []drawn, more ...pg.Row) func(*testing.T, *pg.Batch) {
	t.Helper()
	rows := []pg.Row{pg.Division{Record: always("county"), CodeScheme: "local", Code: "520181", Name: "示例县", Level: geo.County, Kind: "县"}}
	for _, d := range rivers {
		rows = append(rows, d.rows(t)...)
	}
	return func(t *testing.T, b *pg.Batch) {
		t.Helper()
		if err := b.Add(t.Context(), append(rows, more...)...); err != nil {
			t.Fatal(err)
		}
	}
}

// riverIDs gives the ids of rivers by name.
func riverIDs(t *testing.T, srv *httptest.Server) map[string]int64 {
	t.Helper()
	var list struct{ Rivers []duty.ListedRiver }
	get(t, srv, "/api/v1/rivers?limit=1000", &list)
	out := map[string]int64{}
	for _, r := range list.Rivers {
		out[r.Name] = r.ID
	}
	return out
}

// asks gets an answer, which must be one.
func asks[T any](t interface {
	Helper()
	Fatalf(string, ...any)
}, srv *httptest.Server, path string, args ...any,
) (out T) {
	t.Helper()
	path = fmt.Sprintf(path, args...)
	resp, err := srv.Client().Get(srv.URL + path) //nolint:noctx // the test's own server
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	defer func() { _ = resp.Body.Close() }()
	var body strings.Builder
	if _, err := io.Copy(&body, resp.Body); err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("%s: status %d, %v: %s", path, resp.StatusCode, err, body.String())
	}
	if err := json.Unmarshal([]byte(body.String()), &out); err != nil {
		t.Fatalf("%s: %v in %s", path, err, body.String())
	}
	return out
}

func apartM(a, b geo.LonLat) float64 { return lref.Distance(a[0], a[1], b[0], b[1]) }

// Scenario 17: point -> K -> point comes back within a centimetre on a bend whose arms run as parallel channels; between the arms
// both are told; 999.6 m prints K1+000; a measure that two segments share is one point; a rounded label of an end is that end.
func TestScenario_17(t *testing.T) {
	t.Parallel()
	flat := meandering(106.4, 26.6, 2.05, 14, 0.3, 400)
	srv := serve(t, drawing(t, []drawn{{key: "曲河", origin: "mouth", flat: flat}}))
	river := riverIDs(t, srv)["曲河"]
	route := lref.Measured(geom.NewLineStringFlat(geom.XY, flat), "mouth").FlatCoords()
	for i := 0; i < len(route); i += 3 * 17 {
		lon, lat := route[i], route[i+1]
		if i+3 < len(route) {
			lon, lat = (lon+2*route[i+3])/3, (lat+2*route[i+4])/3
		}
		h := asks[hydrolocated](t, srv, "/api/v1/hydro/rivers/%d/measure?lon=%.9f&lat=%.9f", river, lon, lat)
		back := asks[located](t, srv, "/api/v1/hydro/rivers/%d/locate?m=%v", river, h.Found[0].MeasureM)
		if d := apartM(back.Point, geo.LonLat{lon, lat}); d > 0.01 || h.Found[0].Bank != geo.Centre {
			t.Errorf("%v,%v is %s and came back %.4f m off, on %s", lon, lat, h.Found[0].Label, d, h.Found[0].Bank)
		}
		vertex := asks[located](t, srv, "/api/v1/hydro/rivers/%d/locate?m=%v", river, route[i+2])
		if d := apartM(vertex.Point, geo.LonLat{route[i], route[i+1]}); d > 0.008 {
			t.Errorf("the vertex at %v, which two segments share, is %.4f m off", route[i+2], d)
		}
	}
	if got := asks[located](t, srv, "/api/v1/hydro/rivers/%d/locate?m=999.6", river); got.Label != "K1+000" || got.MeasureM != 999.6 {
		t.Errorf("999.6 m is %s", got.Label)
	}
	wantArms(t, srv, river, route)
	wantEnds(t, srv, river, route[2])
}

// wantArms asks halfway between two arms of a bend: both are told, on the two sides that they have it on.
func wantArms(t *testing.T, srv *httptest.Server, river int64, route []float64) {
	t.Helper()
	line := geom.NewLineStringFlat(geom.XYM, route)
	for i := 0; i < len(route); i += 3 {
		for j := i + 3*20; j < min(len(route), i+3*60); j += 3 {
			if lref.Distance(route[i], route[i+1], route[j], route[j+1]) > 60 {
				continue
			}
			lon, lat := (route[i]+route[j])/2, (route[i+1]+route[j+1])/2
			if len(lref.Candidates(line, lon, lat, 20)) < 2 {
				continue
			}
			h := asks[hydrolocated](t, srv, "/api/v1/hydro/rivers/%d/measure?lon=%.9f&lat=%.9f", river, lon, lat)
			if !h.Tie || len(h.Found) < 2 || math.Abs(float64(h.Found[0].MeasureM-h.Found[1].MeasureM)) < 200 {
				t.Errorf("between two arms: %+v", h)
			}
			return
		}
	}
	t.Error("the bend has no parallel arms")
}

// wantEnds asks for the labels of the route's upper end, above and below it.
func wantEnds(t *testing.T, srv *httptest.Server, river int64, length float64) {
	t.Helper()
	label := lref.Label(math.Ceil(length))
	end := asks[located](t, srv, "/api/v1/hydro/rivers/%d/locate?stake=%s", river, url.QueryEscape(label))
	typed := asks[located](t, srv, "/api/v1/hydro/rivers/%d/locate?stake=%s", river, label) // the + as a person types it
	if d := math.Ceil(length) - length; (end.Clamped != (d > 0.01 && d <= 0.5)) || end.Clamped && !strings.Contains(end.How, "taken to it") {
		t.Errorf("%s on %v m: clamped %v, %s", label, length, end.Clamped, end.How)
	}
	if diff := cmp.Diff(end, typed); diff != "" {
		t.Error(diff)
	}
	var p problemBody
	if status := get(t, srv, fmt.Sprintf("/api/v1/hydro/rivers/%d/locate?m=%v", river, length+0.6), &p); status != 400 || len(p.Errors) != 1 || p.Errors[0].Pointer != "m" {
		t.Errorf("past the end: status %d, %+v", status, p)
	}
}

// Scenario 18: the same river digitised against the flow, its bank lines too, gives the same answers.
func TestScenario_18(t *testing.T) {
	t.Parallel()
	flat := meandering(106.4, 26.6, 1.4, 17, 2.1, 200)
	srv := serve(t, drawing(t, []drawn{{key: "顺", origin: "mouth", flat: flat, offset: 35}, {key: "逆", origin: "mouth", flipped: true, flat: flat, offset: 35}}))
	rivers := riverIDs(t, srv)
	length := lref.Length(geom.NewLineStringFlat(geom.XY, flat))
	answers := func(river int64) (out []string) {
		for share := 0.0; share < 1; share += 0.0613 {
			m := share * length
			at := asks[located](t, srv, "/api/v1/hydro/rivers/%d/locate?m=%.3f&offset=-25", river, m)
			out = append(out, geometryOf(at))
			if len(at.Banks) != 2 || at.Banks[0].OffsetM > 0 || at.Banks[1].OffsetM < 0 || at.Banks[0].Found != "square" && share > 0.1 && share < 0.9 && len(at.Banks) < 2 {
				t.Errorf("banks at %v: %+v", m, at.Banks)
			}
			h := asks[hydrolocated](t, srv, "/api/v1/hydro/rivers/%d/measure?lon=%.9f&lat=%.9f", river, at.Beside.Point[0], at.Beside.Point[1])
			if h.Found[0].DistanceM > 5 && h.Found[0].Bank != "left" {
				t.Errorf("25 m to the left at %v is on the %s bank", m, h.Found[0].Bank)
			}
			for _, f := range h.Found {
				out = append(out, fmt.Sprintf("%s %s %.3f %.3f %.7f", f.Label, f.Bank, f.OffsetM, f.MeasureM, f.Point))
			}
		}
		return append(out, linesOf(asks[segment](t, srv, "/api/v1/hydro/rivers/%d/segment?from=K0+500&to=K1+700", river))...)
	}
	if diff := cmp.Diff(answers(rivers["顺"]), answers(rivers["逆"])); diff != "" {
		t.Errorf("digitised against the flow:\n%s", diff)
	}
}

// geometryOf gives what an answer says but for ids and labels.
func geometryOf(a located) string {
	s := fmt.Sprintf("%.7f %.3f %.7f", a.Point, a.AzimuthDeg, a.Beside.Point)
	for _, b := range a.Banks {
		s += fmt.Sprintf(" %s %.7f %.3f %.3f %s", b.Bank, b.Point, b.DistanceM, b.OffsetM, b.Found)
	}
	if a.Plane != nil {
		s += fmt.Sprintf(" %d %.3f %.3f", a.Plane.EPSG, a.Plane.NorthM, a.Plane.EastM)
	}
	return s
}

func linesOf(s segment) (out []string) {
	for _, f := range s.Features {
		out = append(out, fmt.Sprintf("%s %.3f %s %.7f", f.Properties.Part, f.Properties.LengthM, f.Geometry.Type, f.Geometry.Coordinates))
	}
	return out
}

// Scenario 19: measured from the source, a river has other labels and the same places.
func TestScenario_19(t *testing.T) {
	t.Parallel()
	flat := meandering(106.4, 26.6, 1.2, 15, 5.5, 180)
	srv := serve(t, drawing(t, []drawn{{key: "自河口", origin: "mouth", flat: flat, offset: 35}, {key: "自河源", origin: "source", flat: flat, offset: 35}}))
	rivers := riverIDs(t, srv)
	mouth, source := rivers["自河口"], rivers["自河源"]
	route := lref.Measured(geom.NewLineStringFlat(geom.XY, flat), "mouth").FlatCoords()
	length := route[2]
	for i := 0; i < len(route); i += 3 * 13 { // at vertices: between them M is even in degrees, which is metres to 20 ppm
		a := asks[located](t, srv, "/api/v1/hydro/rivers/%d/locate?m=%v&offset=12", mouth, route[i+2])
		b := asks[located](t, srv, "/api/v1/hydro/rivers/%d/locate?m=%v&offset=12", source, length-route[i+2])
		if apartM(a.Point, b.Point) > 0.02 || apartM(a.Beside.Point, b.Beside.Point) > 0.02 || math.Abs(a.AzimuthDeg-b.AzimuthDeg) > 0.01 || len(a.Banks) != len(b.Banks) {
			t.Errorf("%s is %s from the source: %s, %s", a.Label, b.Label, geometryOf(a), geometryOf(b))
		}
		for k := range a.Banks {
			if a.Banks[k].Bank != b.Banks[k].Bank || a.Banks[k].Found != b.Banks[k].Found || apartM(a.Banks[k].Point, b.Banks[k].Point) > 0.05 {
				t.Errorf("%s: banks %+v and %+v", a.Label, a.Banks[k], b.Banks[k])
			}
		}
		if a.Route.MeasureOrigin != "mouth" || b.Route.MeasureOrigin != "source" || len(a.Reaches) != 1 || len(b.Reaches) != 1 || a.Reaches[0].Division == nil {
			t.Errorf("routes %+v and %+v, reaches %+v and %+v", a.Route, b.Route, a.Reaches, b.Reaches)
		}
	}
	from, to := route[3*40+2], route[3*10+2]
	a := asks[segment](t, srv, "/api/v1/hydro/rivers/%d/segment?from=%v&to=%v", mouth, from, to)
	b := asks[segment](t, srv, "/api/v1/hydro/rivers/%d/segment?from=%v&to=%v", source, length-to, length-from)
	if len(a.Features) != 3 || len(b.Features) != 3 || a.FromLabel == b.FromLabel {
		t.Fatalf("%d and %d lines, from %s and %s", len(a.Features), len(b.Features), a.FromLabel, b.FromLabel)
	}
	for i, f := range a.Features {
		g := b.Features[i]
		if f.Properties.Part != g.Properties.Part || math.Abs(f.Properties.LengthM-g.Properties.LengthM) > 0.05 ||
			apartM(f.Geometry.Coordinates[0], g.Geometry.Coordinates[0]) > 0.05 {
			t.Errorf("%s: %.3f m and %.3f m", f.Properties.Part, f.Properties.LengthM, g.Properties.LengthM)
		}
	}
}

// Whatever the river and wherever on it, through the store: a place's measure is that of its point, the offset comes back with its
// side, and the parts of a range are as long as the range.
func TestStationsOfMeanders(t *testing.T) {
	t.Parallel()
	var rivers []drawn
	for i := range 6 {
		origin := []string{"mouth", "source"}[i%2]
		swing, heading := 0.3+float64(i)*0.32, float64(i)*1.1
		rivers = append(rivers, drawn{key: pg.Key(fmt.Sprint("河", i)), origin: origin, flipped: i%3 == 0, flat: meandering(105.2+float64(i)*0.3, 26.1, swing, 9+3*float64(i), heading, 90)})
	}
	srv := serve(t, drawing(t, rivers))
	ids := riverIDs(t, srv)
	rapid.Check(t, func(rt *rapid.T) {
		d := rapid.SampledFrom(rivers).Draw(rt, "river")
		river, length := ids[string(d.key)], lref.Length(geom.NewLineStringFlat(geom.XY, d.flat))
		m := math.Floor(rapid.Float64Range(0, 1).Draw(rt, "share")*length*1000) / 1000
		offset := rapid.SampledFrom([]float64{-4, 4}).Draw(rt, "offset")
		a := asks[located](rt, srv, "/api/v1/hydro/rivers/%d/locate?m=%.3f&offset=%v", river, m, offset)
		on := asks[hydrolocated](rt, srv, "/api/v1/hydro/rivers/%d/measure?lon=%v&lat=%v", river, a.Point[0], a.Point[1])
		if math.Abs(float64(on.Found[0].MeasureM)-m) > 0.02 || on.Found[0].DistanceM > 0.01 {
			rt.Fatalf("%s at %v came back as %+v", a.Label, m, on.Found[0])
		}
		beside := asks[hydrolocated](rt, srv, "/api/v1/hydro/rivers/%d/measure?lon=%v&lat=%v", river, a.Beside.Point[0], a.Beside.Point[1])
		if f := beside.Found[0]; f.Bank != map[float64]geo.Bank{-4: geo.Left, 4: geo.Right}[offset] || math.Abs(float64(f.OffsetM)-offset) > 0.3 {
			rt.Fatalf("%v m beside %s is on the %s, %v m", offset, a.Label, f.Bank, f.OffsetM)
		}
		near := asks[hydrolocated](rt, srv, "/api/v1/hydro/hydrolocation?lon=%v&lat=%v", a.Beside.Point[0], a.Beside.Point[1])
		if near.Found[0].River == nil || near.Found[0].River.ID != river || near.Found[0].MeasureM != beside.Found[0].MeasureM {
			rt.Fatalf("of any river: %+v", near.Found[0])
		}
		if m < 1 || m > length-1 {
			return
		}
		low := asks[segment](rt, srv, "/api/v1/hydro/rivers/%d/segment?from=0&to=%.3f&bank=centre", river, m)
		high := asks[segment](rt, srv, "/api/v1/hydro/rivers/%d/segment?from=%.3f&to=%.3f&bank=centre", river, m, length-0.001)
		if d := low.Features[0].Properties.LengthM + high.Features[0].Properties.LengthM - length; math.Abs(d) > 0.02 {
			rt.Fatalf("the parts at %v differ from the whole by %v m", m, d)
		}
	})
}

// A braided river has several routes: its measure is asked of all, a K of the longest unless one is named, and it is said.
func TestStationsOfBraids(t *testing.T) {
	t.Parallel()
	long := []float64{106.4, 26.6, 106.41, 26.6002, 106.42, 26.6}
	short := []float64{106.405, 26.6001, 106.41, 26.5999, 106.415, 26.6001}
	arm := drawn{key: "汊", origin: "source", flat: short}
	route := lref.Measured(geom.NewLineStringFlat(geom.XY, short), "source")
	srv := serve(t, drawing(t, []drawn{{key: "辫河", origin: "mouth", flat: long}},
		pg.Route{Record: always(arm.key), River: "辫河", MeasureOrigin: "source", FlowDir: "with", LengthM: lref.Length(route), Geom: route},
		pg.Route{Record: always("无名"), MeasureOrigin: "source", FlowDir: "with", LengthM: 500, Geom: lref.Measured(geom.NewLineStringFlat(geom.XY, []float64{106.5, 26.6, 106.505, 26.6}), "source")}))
	river := riverIDs(t, srv)["辫河"]
	h := asks[hydrolocated](t, srv, "/api/v1/hydro/rivers/%d/measure?lon=106.41&lat=26.60005", river)
	if len(h.Found) != 2 || !h.Tie || h.Found[0].Route.ID == h.Found[1].Route.ID || !strings.Contains(h.How, "all 2 routes") {
		t.Fatalf("between two arms: %+v, %s", h.Found, h.How)
	}
	a := asks[located](t, srv, "/api/v1/hydro/rivers/%d/locate?m=100", river)
	if a.Route.MeasureOrigin != "mouth" || !strings.Contains(a.How, "longest of the river's 2 routes") {
		t.Errorf("the longest: %+v, %s", a.Route, a.How)
	}
	other := h.Found[slices.IndexFunc(h.Found, func(f stationing.Hydrolocation) bool { return f.Route.ID != a.Route.ID })].Route.ID
	if b := asks[located](t, srv, "/api/v1/hydro/rivers/%d/locate?m=100&route=%d", river, other); b.Route.ID != other || b.Route.MeasureOrigin != "source" || !strings.Contains(b.How, "asked for") {
		t.Errorf("the other: %+v, %s", b.Route, b.How)
	}
	if n := asks[hydrolocated](t, srv, "/api/v1/hydro/hydrolocation?lon=106.502&lat=26.6001"); len(n.Found) != 1 || n.Found[0].River != nil {
		t.Errorf("a line of no river: %+v", n.Found)
	}
}

// A calibrated route (标定) answers in the measures of its stones, and says that they are no lengths.
func TestStationsOfCalibratedRoute(t *testing.T) {
	t.Parallel()
	flat := meandering(106.4, 26.6, 0.9, 20, 1, 120)
	plain := lref.Measured(geom.NewLineStringFlat(geom.XY, flat), "source")
	var stones []lref.Calibration
	for i, m := range []float64{300, 1200, 2000} {
		lon, lat, err := lref.Locate(plain, m)
		if err != nil {
			t.Fatal(err)
		}
		stones = append(stones, lref.Calibration{Lon: lon, Lat: lat, MeasureM: 61160 + 1000*float64(i)})
	}
	route, err := lref.Calibrate(plain, stones, 0)
	if err != nil {
		t.Fatal(err)
	}
	levee := drawn{key: "示例大堤", origin: "custom", flat: flat}
	srv := serve(t, drawing(t, nil, levee.stored(route, true)...))
	river := riverIDs(t, srv)["示例大堤"]
	for _, s := range stones {
		a := asks[located](t, srv, "/api/v1/hydro/rivers/%d/locate?stake=%s", river, url.QueryEscape(lref.Label(s.MeasureM)))
		if d := apartM(a.Point, geo.LonLat{s.Lon, s.Lat}); d > 0.02 || !a.Route.Calibrated || a.Route.MeasureOrigin != "custom" {
			t.Errorf("%s is %.3f m off, route %+v", a.Label, d, a.Route)
		}
		h := asks[hydrolocated](t, srv, "/api/v1/hydro/rivers/%d/measure?lon=%.9f&lat=%.9f", river, s.Lon, s.Lat)
		if math.Abs(float64(h.Found[0].MeasureM)-s.MeasureM) > 0.02 {
			t.Errorf("the stone of %v is at %v", s.MeasureM, h.Found[0].MeasureM)
		}
	}
	part := asks[segment](t, srv, "/api/v1/hydro/rivers/%d/segment?from=61%%2B160&to=K62%%2B160", river)
	if got := part.Features[0].Properties.LengthM; math.Abs(got-900) > 0.05 || !strings.Contains(part.How, "no bank line") {
		t.Errorf("a kilometre of stones is %v m long, not 900; %s", got, part.How)
	}
}

// Bad input to linear reference is told by the parameter's name, with what helps; what is not there is 404.
func TestStationingBadInput(t *testing.T) {
	t.Parallel()
	srv := serve(t, drawing(t, []drawn{{key: "河", origin: "mouth", flat: []float64{106.4, 26.6, 106.41, 26.6}}},
		pg.River{Record: always("无线"), Name: "无线", RiverKind: "river", Division: "county"}))
	ids := riverIDs(t, srv)
	river, bare := fmt.Sprintf("/api/v1/hydro/rivers/%d/", ids["河"]), fmt.Sprintf("/api/v1/hydro/rivers/%d/", ids["无线"])
	const near, somewhere = "/api/v1/nearest?lon=106.4&lat=26.6", "lon=106.405&lat=26.6"
	wantProblems(t, srv, []badInput{
		{river + "locate", 400, "m"},
		{river + "locate?m=", 400, "m"},
		{river + "locate?m=abc", 400, "m"},
		{river + "locate?m=NaN", 400, "m"},
		{river + "locate?m=1e9", 400, "m"},
		{river + "locate?m=-1", 400, "m"},
		{river + "locate?m=997", 400, "m"},
		{river + "locate?m=100&stake=K0%2B100", 400, "stake"},
		{river + "locate?stake=", 400, "stake"},
		{river + "locate?stake=K12%2B5", 400, "stake"},
		{river + "locate?stake=K9%2B000", 400, "stake"},
		{river + "locate?stake=" + strings.Repeat("1", 100), 400, "stake"},
		{river + "locate?m=100&offset=far", 400, "offset"},
		{river + "locate?m=100&offset=", 400, "offset"},
		{river + "locate?m=100&offset=-2000.1", 400, "offset"},
		{river + "locate?m=100&route=0", 400, "route"},
		{river + "locate?m=100&route=x", 400, "route"},
		{river + "locate?m=100&route=99999", 400, "route"},
		{river + "locate?m=100&bank=left", 400, "bank"},
		{river + "locate?m=100&as_of=2026-02-30", 400, "as_of"},
		{river + "locate?m=100&m=200", 400, "m"},
		{"/api/v1/hydro/rivers/x/locate?m=100", 404, "id"},
		{"/api/v1/hydro/rivers/424242/locate?m=100", 404, "id"},
		{bare + "locate?m=100", 404, "id"},
		{river + "measure", 400, "lon"},
		{river + "measure?lon=106.4", 400, "lat"},
		{river + "measure?lon=26.6&lat=106.4", 400, "lon"},
		{river + "measure?" + somewhere + "&max_offset=0", 400, "max_offset"},
		{river + "measure?" + somewhere + "&max_offset=2001", 400, "max_offset"},
		{river + "measure?lon=106.5&lat=26.6", 404, "max_offset"},
		{bare + "measure?" + somewhere, 404, "id"},
		{"/api/v1/hydro/rivers/424242/measure?" + somewhere, 404, "id"},
		{river + "segment?to=100", 400, "from"},
		{river + "segment?from=100", 400, "to"},
		{river + "segment?from=K0%2B100&to=K9%2B100", 400, "to"},
		{river + "segment?from=200&to=100", 400, "from"},
		{river + "segment?from=100&to=100", 400, "from"},
		{river + "segment?from=0&to=100&bank=middle", 400, "bank"},
		{river + "segment?from=0&to=100&bank=", 400, "bank"},
		{river + "segment?from=0&to=100&route=7", 400, "route"},
		{"/api/v1/hydro/rivers/424242/segment?from=0&to=1", 404, "id"},
		{"/api/v1/hydro/hydrolocation", 400, "lon"},
		{"/api/v1/hydro/hydrolocation?lon=106.4&lat=26.65", 404, "max_offset"},
		{"/api/v1/hydro/hydrolocation?lon=106.4&lat=26.65&max_offset=all", 400, "max_offset"},
		{"/api/v1/hydro/hydrolocation?lon=106.4&lat=26.65&max_offset=2001", 400, "max_offset"},
		{"/api/v1/hydro/hydrolocation?lon=106.4&lat=26.6&route=5", 400, "route"},
		{near, 400, "kind"},
		{near + "&kind=chiefs", 400, "kind"},
		{near + "&kind=outfalls&by=road", 400, "by"},
		{near + "&kind=outfalls&limit=0", 400, "limit"},
		{near + "&kind=outfalls&limit=101", 400, "limit"},
		{near + "&kind=outfalls&within=0", 400, "within"},
		{near + "&kind=outfalls&within=100001", 400, "within"},
		{"/api/v1/nearest?kind=outfalls&lon=106.4", 400, "lat"},
	})
	var p problemBody
	if get(t, srv, "/api/v1/nearest?kind=outfalls&lon=110&lat=30&by=water", &p); p.Status != 404 || len(p.Errors) != 2 || p.Errors[0].Pointer != "lon" || p.Errors[1].Pointer != "lat" || !strings.Contains(p.Detail, "by=air") {
		t.Errorf("no water is near: %+v", p)
	}
	get(t, srv, "/api/v1/hydro/hydrolocation?lon=106.405&lat=26.604", &p)
	if !strings.Contains(p.Detail, "河, is 443.") {
		t.Errorf("the nearest is not told: %s", p.Detail)
	}
}

// An empty store has no river near anything, and says so.
func TestStationingOfNothing(t *testing.T) {
	t.Parallel()
	srv := serve(t, nothing)
	wantProblems(t, srv, []badInput{
		{"/api/v1/hydro/hydrolocation?lon=106.4&lat=26.6", 404, ""},
		{"/api/v1/nearest?lon=106.4&lat=26.6&kind=outfalls&by=water", 404, ""},
	})
	if a := asks[stationing.Nearest](t, srv, "/api/v1/nearest?lon=106.4&lat=26.6&kind=outfalls"); a.Count != 0 || a.Things == nil {
		t.Errorf("%+v", a)
	}
}

type badInput struct {
	path    string
	status  int
	pointer string // of the one error; "": no matter
}

func wantProblems(t *testing.T, srv *httptest.Server, tests []badInput) {
	t.Helper()
	for _, tt := range tests {
		var p problemBody
		if status := get(t, srv, tt.path, &p); status != tt.status || p.Status != tt.status || p.Detail == "" {
			t.Errorf("%s: status %d, body %+v", tt.path, status, p)
		}
		if tt.pointer != "" && (len(p.Errors) != 1 || p.Errors[0].Pointer != tt.pointer) {
			t.Errorf("%s: names %+v, want %s", tt.path, p.Errors, tt.pointer)
		}
	}
}
