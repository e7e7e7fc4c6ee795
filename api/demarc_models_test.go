package api_test

import (
	"fmt"
	"io"
	"math"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/twpayne/go-geom"

	"hetu/data/pg"
	"hetu/geo"
	"hetu/geo/lref"
)

// ground is a GeoTIFF of cells of 0.0001 degrees over a box, with the heights that a place has.
func ground(t *testing.T, west, south, east, north float64, srs []string, height func(lon, lat float64) float64) []byte {
	t.Helper()
	const cell = 0.0001
	cols, rows := int(math.Round((east-west)/cell)), int(math.Round((north-south)/cell))
	var b strings.Builder
	fmt.Fprintf(&b, "ncols %d\nnrows %d\nxllcorner %g\nyllcorner %g\ncellsize %g\nNODATA_value -9999\n", cols, rows, west, south, cell)
	for r := range rows {
		for c := range cols {
			fmt.Fprintf(&b, "%.3f ", height(west+(float64(c)+0.5)*cell, south+(float64(rows-r)-0.5)*cell))
		}
		b.WriteByte('\n')
	}
	dir := t.TempDir()
	asc, tif := filepath.Join(dir, "a.asc"), filepath.Join(dir, "a.tif")
	if err := os.WriteFile(asc, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	args := append(append([]string{"-q", "-ot", "Float32"}, srs...), asc, tif)
	if out, err := exec.CommandContext(t.Context(), "gdal_translate", args...).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	made, err := os.ReadFile(tif)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// valleyOf is ground that rises by a metre each ten from the river, which nobody surveyed otherwise.
func (s *shore) valleyOf(t *testing.T, srs ...string) []byte {
	t.Helper()
	finder := lref.NewFinder(s.route)
	return ground(t, 106.395, 26.594, 106.435, 26.607, srs, func(lon, lat float64) float64 {
		if hit, ok := finder.Project(lon, lat, 300); ok {
			return 100 + hit.DistanceM/10
		}
		return 130
	})
}

const tiff = "Content-Type: image/tiff"

type sentModel struct {
	SHA256 string `json:"sha256"`
	Cols   int
	CellM  float64 `json:"cell_m"`
	By     string
}

// A river that nobody surveyed is demarcated over HTTP by an elevation model and flood levels: the model is sent for the project, the candidate rests on the
// edge of the flood, and passes the check.
func TestCandidateOverAModelThatWasSent(t *testing.T) {
	t.Parallel()
	s := newShore(t, plainCourse())
	at := s.project(t, s.planner, nil)
	models := at + "/elevation-models"
	sent := s.valleyOf(t, "-a_srs", "EPSG:4490")
	var m, again sentModel
	s.must(t, s.planner, http.MethodPost, models+"?name=dem&source=%E8%88%AA%E6%B5%8B2026", sent, &m, tiff)
	s.must(t, s.planner, http.MethodPost, models+"?name=dem&source=x", sent, &again, tiff)
	if m.SHA256 != again.SHA256 || m.Cols != 400 || math.Abs(m.CellM-10.5) > 0.5 || m.By != "wang" {
		t.Errorf("%+v, then %+v", m, again)
	}
	flood := func(model string, levels ...object) object {
		return object{"flood": object{"model": model, "source": "设计洪水位 2026", "levels": levels}}
	}
	level := func(at, height float64) object { return object{"at_m": at, "height_m": height} }
	whole := []object{level(0, 105), level(s.length, 105)}
	candidate := s.candidate(t, at, flood(m.SHA256, whole...))
	if len(candidate.Features) != 2 || len(candidate.Connectors) != 2 {
		t.Fatalf("%+v", candidate)
	}
	for _, p := range candidate.pieces() {
		if p.Basis != "design_flood" || p.WidthM != 10 || !strings.Contains(p.Source, "设计洪水位") {
			t.Errorf("%s rests on %s, %g m: %s", p.Bank, p.Basis, p.WidthM, p.Source)
		}
		for _, v := range p.Line.Coordinates {
			if hit := lref.Project(s.route, v[0], v[1]); math.Abs(hit.DistanceM-60) > 4 || hit.Bank != p.Bank {
				t.Fatalf("%s: %.1f m from the river, on the %s", p.Bank, hit.DistanceM, hit.Bank)
			}
		}
	}
	s.commitPieces(t, s.planner, at, candidate.pieces())
	if run := s.check(t, at, nil); run.Blockers != 0 {
		t.Errorf("the candidate is found at fault:\n%v", run)
	}
	for _, tt := range []struct {
		name, pointer string
		body          object
	}{
		{"no such model", "/flood/model", flood(strings.Repeat("0", 64), whole...)},
		{"no levels", "/flood/levels", flood(m.SHA256)},
		{"levels of a part", "/flood/levels", flood(m.SHA256, level(0, 105), level(s.length/2, 105))},
		{"under the ground", "/flood/levels", flood(m.SHA256, level(0, 90), level(s.length, 90))},
		{"no height", "/flood/levels/0/height_m", flood(m.SHA256, object{"at_m": 0})},
	} {
		var p problemBody
		if resp := s.call(t, s.planner, http.MethodPost, at+"/candidates", tt.body, &p); resp.StatusCode != http.StatusBadRequest || len(p.Errors) == 0 || p.Errors[0].Pointer != tt.pointer {
			t.Errorf("%s: %d %+v", tt.name, resp.StatusCode, p)
		}
	}
	s.must(t, s.planner, http.MethodDelete, models+"/"+m.SHA256, nil, nil)
	var p problemBody
	if resp := s.call(t, s.planner, http.MethodPost, at+"/candidates", flood(m.SHA256, whole...), &p); resp.StatusCode != http.StatusBadRequest {
		t.Errorf("over a model that was taken away: %d %+v", resp.StatusCode, p)
	}
	var left struct{ Models []sentModel }
	s.must(t, s.planner, http.MethodGet, models, nil, &left)
	if len(left.Models) != 0 {
		t.Errorf("left: %+v", left)
	}
}

// What is no elevation model for the project is refused as it comes, with what helps, and nothing of it is kept.
func TestModelsThatAreRefused(t *testing.T) {
	t.Parallel()
	s := newShore(t, plainCourse())
	at := s.project(t, s.planner, nil)
	models := at + "/elevation-models"
	bare := s.valleyOf(t)
	elsewhere := ground(t, 100, 30, 100.01, 30.01, []string{"-a_srs", "EPSG:4490"}, func(_, _ float64) float64 { return 1 })
	const said = "?name=dem&source=x"
	for _, tt := range []struct {
		name, key, query, kind, detail string
		body                           []byte
		status                         int
	}{
		{"another type", s.planner, said, "text/plain", "GeoTIFF", []byte("ncols 1"), http.StatusUnsupportedMediaType},
		{"no TIFF", s.planner, said, "image/tiff", "no GeoTIFF", []byte("ncols 4\nnrows 4\n"), http.StatusUnprocessableEntity},
		{"half of one", s.planner, said + "&crs=EPSG:4490", "image/tiff", "GDAL", bare[:len(bare)/2], http.StatusUnprocessableEntity},
		{"a head alone", s.planner, said, "image/tiff", "", []byte("II*\x00\x08\x00\x00\x00"), http.StatusUnprocessableEntity},
		{"no system", s.planner, said, "image/tiff", "EPSG:4547", bare, http.StatusBadRequest},
		{"a system that is none", s.planner, said + "&crs=4490", "image/tiff", "EPSG:4547", bare, http.StatusBadRequest},
		{"elsewhere", s.planner, said, "image/tiff", "does not reach", elsewhere, http.StatusBadRequest},
		{"another datum", s.planner, said + "&datum=1956", "image/tiff", "1985", bare, http.StatusBadRequest},
		{"without a source", s.planner, "?name=dem", "image/tiff", "", bare, http.StatusBadRequest},
		{"of a reviewer", s.reviewer, said, "image/tiff", "planner", bare, http.StatusForbidden},
		{"of a stranger", s.stranger, said, "image/tiff", "", bare, http.StatusNotFound},
	} {
		var p problemBody
		if resp := s.call(t, tt.key, http.MethodPost, models+tt.query, tt.body, &p, "Content-Type: "+tt.kind); resp.StatusCode != tt.status || !strings.Contains(p.Detail, tt.detail) {
			t.Errorf("%s: %d %+v", tt.name, resp.StatusCode, p)
		}
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL+models+said, io.LimitReader(zeros{}, 200<<20))
	if err != nil {
		t.Fatal(err)
	}
	req.ContentLength = 200 << 20
	req.Header.Set("Authorization", s.planner)
	req.Header.Set("Content-Type", "image/tiff")
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("200 MB: %d", resp.StatusCode)
	}
	var left struct{ Models []sentModel }
	s.must(t, s.planner, http.MethodGet, models, nil, &left)
	if len(left.Models) != 0 {
		t.Errorf("kept: %+v", left)
	}
	s.must(t, s.planner, http.MethodPost, models+said+"&crs=EPSG:4490", bare, nil, tiff)
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

type lakeOf struct {
	Geometry   drawnLine
	Properties struct {
		Basis   string
		WidthM  float64 `json:"width_m"`
		Source  string
		LengthM float64 `json:"length_m"`
		AreaM2  float64 `json:"area_m2"`
	}
	Stakes []struct {
		Name     string
		Lon, Lat float64
	}
	Notes []struct{ Code, En string }
}

// The boundary of a reservoir stands at the profile's width around the contour of its level, or around a surveyed shore, with four stakes as far apart as
// each other from its most western place.
func TestLakeCandidate(t *testing.T) {
	t.Parallel()
	c := plainCourse()
	lon, lat := 106.415, 26.6005
	var circle []float64
	for i := range 73 {
		a := -2 * math.Pi * float64(i%72) / 72 // clockwise
		x, y := metres(lon, lat, 150*math.Cos(a), 150*math.Sin(a))
		circle = append(circle, x, y, 0)
	}
	c.more = []pg.Row{
		pg.BankLine{Record: pg.Record{Key: "shore", Source: "水库测量"}, Kind: "bank", River: "r", Bank: geo.Left, Geom: geom.NewLineStringFlat(geom.XYZ, circle)},
		pg.BankLine{Record: pg.Record{Key: "open", Source: "水库测量"}, Kind: "bank", River: "r", Bank: geo.Left, Geom: geom.NewLineStringFlat(geom.XYZ, circle[:90])},
	}
	s := newShore(t, c)
	at := s.project(t, s.planner, nil)
	var m sentModel
	bowl := ground(t, 106.405, 26.595, 106.425, 26.606, []string{"-a_srs", "EPSG:4490"}, func(x, y float64) float64 { return 100 + lref.Distance(lon, lat, x, y)/20 })
	s.must(t, s.planner, http.MethodPost, at+"/elevation-models?name=bowl&source=x", bowl, &m, tiff)
	around := func(name string, body object, radius, width float64, basis string) {
		var lake lakeOf
		s.must(t, s.planner, http.MethodPost, at+"/lake-candidates", body, &lake)
		ring := lake.Geometry.Coordinates
		if n := len(ring); n < 20 || ring[0] != ring[n-1] || lake.Properties.Basis != basis || lake.Properties.WidthM != width || len(lake.Notes) != 0 {
			t.Fatalf("%s: %d places, %+v", name, len(ring), lake)
		}
		for _, v := range ring {
			if d := lref.Distance(lon, lat, v[0], v[1]); math.Abs(d-radius) > 1 || v[0] < ring[0][0] {
				t.Fatalf("%s: %.2f m from the middle at %v", name, d, v)
			}
		}
		if want := math.Pi * radius * radius; math.Abs(lake.Properties.AreaM2/want-1) > 0.01 || math.Abs(lake.Properties.LengthM/(2*math.Pi*radius)-1) > 0.01 {
			t.Errorf("%s: %.0f m², %.0f m", name, lake.Properties.AreaM2, lake.Properties.LengthM)
		}
		for i, k := range lake.Stakes {
			a := math.Pi + float64(i)*math.Pi/2
			x, y := metres(lon, lat, radius*math.Cos(a), radius*math.Sin(a))
			if k.Name != fmt.Sprintf("红枫湖-%03d", i+1) || lref.Distance(k.Lon, k.Lat, x, y) > radius/20 {
				t.Errorf("%s: stake %+v, want it at %.5f %.5f", name, k, x, y)
			}
		}
		if len(lake.Stakes) != 4 {
			t.Errorf("%s: %d stakes", name, len(lake.Stakes))
		}
	}
	around("by its level", object{"name": "红枫湖", "model": m.SHA256, "height_m": 110, "lon": lon, "lat": lat}, 210, 10, "design_flood")
	around("the highest known, at a width", object{"name": "红枫湖", "model": m.SHA256, "height_m": 110, "historic": true, "lon": lon, "lat": lat, "width_m": 30, "source": "水库管理办法"}, 230, 30, "historic_flood")
	around("where the profile has none", object{"name": "红枫湖", "profile": "width-national", "model": m.SHA256, "height_m": 110, "lon": lon, "lat": lat}, 200, 0, "design_flood")
	closed, open := s.surveyID(t, "shore"), s.surveyID(t, "open")
	around("by a surveyed shore", object{"name": "红枫湖", "survey_id": closed}, 160, 10, "natural_bank")
	for _, tt := range []struct {
		name, pointer string
		body          object
	}{
		{"nothing", "/model", object{}},
		{"no place", "/lon", object{"model": m.SHA256, "height_m": 110}},
		{"no height", "/height_m", object{"model": m.SHA256, "lon": lon, "lat": lat}},
		{"under the ground", "/height_m", object{"model": m.SHA256, "height_m": 90, "lon": lon, "lat": lat}},
		{"another model", "/model", object{"model": "x", "height_m": 110, "lon": lon, "lat": lat}},
		{"an open shore", "/survey_id", object{"survey_id": open}},
		{"no such shore", "/survey_id", object{"survey_id": 1 << 40}},
		{"both", "/survey_id", object{"survey_id": closed, "height_m": 110}},
		{"a width that is none", "/width_m", object{"survey_id": closed, "width_m": -1}},
	} {
		var p problemBody
		if resp := s.call(t, s.planner, http.MethodPost, at+"/lake-candidates", tt.body, &p); resp.StatusCode != http.StatusBadRequest || len(p.Errors) == 0 || p.Errors[0].Pointer != tt.pointer {
			t.Errorf("%s: %d %+v", tt.name, resp.StatusCode, p)
		}
	}
}

// surveyID is the id of a survey line, by its key.
func (s *shore) surveyID(t *testing.T, key string) int64 {
	t.Helper()
	st, err := s.store.Stretch(t.Context(), s.river, 0, s.length, geo.DateOf(today()))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]int{"shore": 73, "open": 30}[key]
	for _, l := range st.Survey {
		if l.Line.NumCoords() == want {
			return l.ID
		}
	}
	t.Fatalf("no survey line of %d places", want)
	return 0
}
