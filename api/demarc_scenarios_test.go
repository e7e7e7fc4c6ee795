package api_test

import (
	"archive/zip"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"image"
	"image/jpeg"
	"io"
	"math"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/twpayne/go-geom"

	"hetu/data/ingest"
	"hetu/data/pg"
	"hetu/data/pgtest"
	"hetu/geo"
	"hetu/geo/access"
	"hetu/geo/crs"
	"hetu/geo/lref"
	"hetu/geo/overlay"
	"hetu/geo/project"
	"hetu/tiles/mvttext"
)

// metres gives a place some metres east and north of another.
func metres(lon, lat, east, north float64) (x, y float64) {
	return lon + east/(111_320*math.Cos(lat*math.Pi/180)), lat + north/110_780
}

// Scenario 20, the bend: where the levee turns more tightly than its guard land is wide, the line has no loop, and stands nowhere nearer to the toe than
// the width.
func TestScenario_20_TightBend(t *testing.T) {
	t.Parallel()
	c := plainCourse(bankTops(30)...)
	c.swing = 0
	c.lengthM = 2000
	// The left toe goes round a corner inland and back, on an arc of five metres.
	var xyz []float64
	add := func(east, north float64) {
		x, y := metres(c.lon, c.lat, east, north)
		xyz = append(xyz, x, y, 0)
	}
	add(0, 60)
	for a := 90.0; a >= 0; a -= 15 {
		add(995+5*math.Cos(a*math.Pi/180), 55+5*math.Sin(a*math.Pi/180))
	}
	add(1000, 50)
	add(1000, 45)
	add(2000, 45)
	c.more = []pg.Row{pg.BankLine{Record: pg.Record{Key: "toe", Source: "测量 2026"}, Kind: "levee_toe", River: "r", Bank: geo.Left, ToeSide: "landside", LeveeClass: new(2), Geom: geom.NewLineStringFlat(geom.XYZ, xyz)}}
	s := newShore(t, c)
	at := s.project(t, s.planner, nil)
	candidate := s.candidate(t, at, object{"wants": []object{{"bank": "left", "basis": "levee_toe", "width_m": 15}, {"bank": "right", "basis": "natural_bank"}}})
	left := candidate.pieces()[0]
	var flat []float64
	for i := 0; i+2 < len(xyz); i += 3 {
		flat = append(flat, xyz[i], xyz[i+1])
	}
	toe := lref.Measured(geom.NewLineStringFlat(geom.XY, flat), "source")
	for _, v := range left.Line.Coordinates {
		if hit := lref.Project(toe, v[0], v[1]); hit.DistanceM < 15-0.05 {
			t.Errorf("%.3f m from the toe at %v", hit.DistanceM, v)
		}
	}
	if run := s.check(t, at, candidate.pieces()); len(run.of("G1")) != 0 || run.Blockers != 0 {
		t.Errorf("found:\n%v", run)
	}
}

// Scenario 21: a bank that rests on levee, natural bank and levee again: the pieces tile the route, the connectors are listed, there is no gap.
func TestScenario_21(t *testing.T) {
	t.Parallel()
	c := plainCourse(append(
		bankTops(30), surveyed{"levee_toe", geo.Left, 45, 0, 0.35, 2}, surveyed{"levee_toe", geo.Left, 45, 0.65, 1, 2}, surveyed{"levee_toe", geo.Right, 45, 0, 0.35, 2}, surveyed{"levee_toe", geo.Right, 45, 0.65, 1, 2},
	)...)
	s := newShore(t, c)
	at := s.project(t, s.planner, nil)
	third, two := s.length*0.35, s.length*0.65
	var wants []object
	for _, bank := range []string{"left", "right"} {
		wants = append(wants, object{"bank": bank, "from_m": 0, "to_m": third, "basis": "levee_toe"}, object{"bank": bank, "from_m": third, "to_m": two, "basis": "natural_bank"},
			object{"bank": bank, "from_m": two, "to_m": s.length, "basis": "levee_toe"})
	}
	candidate := s.candidate(t, at, object{"wants": wants})
	for _, bank := range []geo.Bank{geo.Left, geo.Right} {
		var of []pieceOf
		for _, p := range candidate.pieces() {
			if p.Bank == bank {
				of = append(of, p)
			}
		}
		slices.SortFunc(of, func(a, b pieceOf) int { return int(a.FromM - b.FromM) })
		if len(of) != 3 || of[0].FromM != 0 || math.Abs(of[2].ToM-s.length) > 0.01 || of[0].ToM != of[1].FromM || of[1].ToM != of[2].FromM {
			t.Errorf("%s: %+v", bank, of)
		}
	}
	kinds := map[string]int{}
	for _, k := range candidate.Connectors {
		kinds[k.Properties.Kind]++
		if k.Properties.Kind == "basis_change" && (k.Properties.LengthM < 19 || k.Properties.LengthM > 30) {
			t.Errorf("the connector at %.1f is %.1f m long", k.Properties.AtM, k.Properties.LengthM)
		}
	}
	if kinds["basis_change"] != 4 || kinds["end"] != 2 {
		t.Errorf("connectors: %v", kinds)
	}
	s.commitPieces(t, s.planner, at, candidate.pieces())
	if run := s.check(t, at, nil); run.Blockers != 0 {
		t.Errorf("found:\n%v", run)
	}
}

// notched moves a bank's line to so many metres from the river, between two shares of the way.
func (s *shore) notched(t *testing.T, pieces []pieceOf, bank geo.Bank, from, to, offM, notchM float64) []pieceOf {
	t.Helper()
	out := slices.Clone(pieces)
	for i, p := range out {
		if p.Bank != bank {
			continue
		}
		flat := slices.Concat(beside(t, s.route, bank, 0, from, offM), beside(t, s.route, bank, from+0.004, to-0.004, notchM), beside(t, s.route, bank, to, 1, offM))
		out[i].Line = drawnLine{Type: "LineString"}
		for k := 0; k+1 < len(flat); k += 2 {
			out[i].Line.Coordinates = append(out[i].Line.Coordinates, [2]float64{flat[k], flat[k+1]})
		}
	}
	return out
}

// Scenario 22: a notch of six metres around a house: the finder of shrunk lines tells the area that is lost and the house; the project goes no further
// until the finding is waived, by name.
func TestScenario_22(t *testing.T) {
	t.Parallel()
	c := plainCourse(bankTops(30)...)
	house := besideAt(t, c.line(), geo.Left, 0.5, 37)
	x, y := metres(house[0], house[1], 2, 2)
	c.more = []pg.Row{pg.Land{Record: pg.Record{Key: "house", Source: "房屋普查"}, Theme: "房屋", Name: "李家老屋", Geom: square(house[0], house[1], x, y)}}
	s := newShore(t, c)
	at, pieces := s.drawn(t)
	if run := s.check(t, at, nil); run.Blockers+run.Warnings != 0 {
		t.Fatalf("before:\n%v", run)
	}
	notched := s.notched(t, pieces, geo.Left, 0.48, 0.52, 40, 34)
	for i := range notched {
		notched[i].Reason = "避让房屋"
	}
	s.commitPieces(t, s.planner, at, notched)
	run := s.check(t, at, nil)
	found := run.of("G13")
	if run.Blockers != 0 || len(found) != 1 || !strings.Contains(found[0].Zh, "李家老屋") || found[0].Unit != "m2" || found[0].Bank != "left" || found[0].Place == nil {
		t.Fatalf("found:\n%v", run)
	}
	if want := 6.0 * 0.04 * s.length; found[0].Size < want*0.8 || found[0].Size > want*1.1 {
		t.Errorf("%.1f m² are lost, want about %.1f", found[0].Size, want)
	}
	s.move(t, s.planner, at, object{"to": "checked"})
	var p problemBody
	if resp := s.call(t, s.reviewer, http.MethodPost, at+"/transitions", object{"to": "consulted"}, &p, s.revision(t, at)); resp.StatusCode != http.StatusConflict {
		t.Errorf("consulted without a waiver: %d %+v", resp.StatusCode, p)
	}
	var open findingsBody
	s.must(t, s.planner, http.MethodGet, at+"/findings", nil, &open)
	open.open()
	if len(open.Findings) != 1 || open.Findings[0].Rule != "G13" || open.Findings[0].WaivedBy != nil {
		t.Fatalf("%+v", open)
	}
	if resp := s.call(t, s.reviewer, http.MethodPost, at+"/waivers", object{"finding_id": open.Findings[0].ID, "reason": " "}, nil); resp.StatusCode != http.StatusBadRequest {
		t.Errorf("waived without a reason: %d", resp.StatusCode)
	}
	s.must(t, s.reviewer, http.MethodPost, at+"/waivers", object{"finding_id": open.Findings[0].ID, "reason": "房屋建于划界之前"}, nil)
	s.must(t, s.planner, http.MethodGet, at+"/findings", nil, &open)
	open.open()
	if w := open.Findings[0].WaivedBy; w == nil || *w != "zhao" {
		t.Errorf("waived by %v", w)
	}
	s.move(t, s.reviewer, at, object{"to": "consulted"})
	s.move(t, s.reviewer, at, object{"to": "approved"})
	doc, _ := s.announcement(t, "甲政告〔2026〕22号", "22")
	s.move(t, s.publisher, at, object{"to": "announced", "legal_doc_id": doc, "effective_from": "2026-12-01"})
}

// Scenario 23: a line that crosses to the water's side, one that runs upstream, and a second one on the left bank: each has its own rule, and a place.
func TestScenario_23(t *testing.T) {
	t.Parallel()
	s := newShore(t, plainCourse(bankTops(30)...))
	at, pieces := s.drawn(t)
	tests := []struct {
		name, rule, bank string
		lines            func() []pieceOf
	}{
		{"to the water's side", "G6", "left", func() []pieceOf { return s.notched(t, pieces, geo.Left, 0.4, 0.6, 40, 25) }},
		{"upstream", "G5", "right", func() []pieceOf {
			out := slices.Clone(pieces)
			for i := range out {
				if out[i].Bank == geo.Right {
					out[i].Line.Coordinates = slices.Clone(out[i].Line.Coordinates)
					slices.Reverse(out[i].Line.Coordinates)
				}
			}
			return out
		}},
		{"two on the left", "G4", "left", func() []pieceOf {
			second := s.notched(t, pieces[:1], geo.Left, 0.4, 0.6, 60, 60)
			return append(second, pieces...)
		}},
	}
	for _, tt := range tests {
		run := s.check(t, at, tt.lines())
		found := run.of(tt.rule)
		if len(found) == 0 || found[0].Severity != "blocker" || found[0].Bank != tt.bank || found[0].Place == nil || run.Committed {
			t.Errorf("%s: want %s, found:\n%v", tt.name, tt.rule, run)
		}
	}
	// What is committed so is stopped by the check, which tells each fault.
	s.commitPieces(t, s.planner, at, tests[0].lines())
	var p problemBody
	if resp := s.call(t, s.planner, http.MethodPost, at+"/transitions", object{"to": "checked"}, &p, s.revision(t, at)); resp.StatusCode != http.StatusUnprocessableEntity || len(p.Errors) == 0 || p.Errors[0].Pointer != "G6" {
		t.Errorf("checked: %d %+v", resp.StatusCode, p)
	}
	// Only what touches a changed range is told, and nothing is of the rest.
	var whole, near, far checkOf
	s.must(t, s.planner, http.MethodPost, at+"/checks", nil, &whole)
	s.must(t, s.planner, http.MethodPost, fmt.Sprintf("%s/checks?from=%.0f&to=%.0f", at, s.length*0.45, s.length*0.55), nil, &near)
	s.must(t, s.planner, http.MethodPost, fmt.Sprintf("%s/checks?from=%.0f&to=%.0f", at, 0.0, s.length*0.1), nil, &far)
	if len(near.of("G6")) != 1 || len(far.of("G6")) != 0 || len(whole.of("G6")) != 1 {
		t.Errorf("G6 of the whole %d, near %d, far %d", len(whole.of("G6")), len(near.of("G6")), len(far.of("G6")))
	}
	var last struct {
		By    string
		Check checkOf
	}
	s.must(t, s.reviewer, http.MethodGet, at+"/checks", nil, &last)
	if last.By != "wang" || last.Check.rules() != whole.rules() {
		t.Errorf("the last run: %+v", last)
	}
}

// Scenario 25: a river across 109°30′E and one across 106°30′E, where two zones meet: lengths and areas agree whichever zone the results are in, within 1 ppm,
// and there is no seam in tiles.
func TestScenario_25(t *testing.T) {
	t.Parallel()
	for _, border := range []struct {
		name                 string
		lon, lat, middle     float64
		west, east           geo.SRID
		westNamed, eastNamed geo.SRID // with the zone's number before Y
	}{{"109.5", 109.49, 40.60, 109.5, 4545, 4546, 4524, 4525}, {"106.5", 106.48, 26.60, 106.5, 4544, 4545, 4523, 4524}} {
		t.Run(border.name, func(t *testing.T) {
			t.Parallel()
			c := plainCourse(bankTops(30)...)
			c.lon, c.lat, c.middle = border.lon, border.lat, border.middle
			acrossZones(t, c, border.west, border.east, border.westNamed, border.eastNamed)
		})
	}
}

// acrossZones holds what is made of a river that runs from one zone into the next against both of them.
func acrossZones(t *testing.T, c course, zones ...geo.SRID) {
	t.Helper()
	s := newShore(t, c)
	at, pieces := s.drawn(t)
	var area areaOf
	s.must(t, s.planner, http.MethodGet, at+"/area", nil, &area)
	if len(area.Parts) != 2 || area.Parts[0].Name != "甲乡" || area.Parts[1].Name != "乙乡" {
		t.Fatalf("%+v", area.Parts)
	}
	if sum := area.Parts[0].AreaM2 + area.Parts[1].AreaM2; math.Abs(sum-area.AreaM2) > 0.02 {
		t.Errorf("parts sum to %.3f, all is %.3f", sum, area.AreaM2)
	}
	for _, code := range zones {
		zone, ok := crs.ByEPSG(code)
		if !ok {
			t.Fatalf("no EPSG:%d", code)
		}
		there := func(lon, lat float64) (float64, float64) {
			x, y := zone.FromLonLat(lon, lat)
			return zone.ToLonLat(math.Round(x*1e4)/1e4, math.Round(y*1e4)/1e4) // as tables print them
		}
		if m2 := overlay.AreaM2(area.Geometry.through(there)); math.Abs(m2/area.AreaM2-1) > 1e-6 {
			t.Errorf("EPSG:%d: %.3f m², in degrees %.3f", code, m2, area.AreaM2)
		}
		for _, p := range pieces {
			line := p.Line.geom()
			through := line.Clone()
			flat := through.FlatCoords()
			for i := 0; i+1 < len(flat); i += 2 {
				flat[i], flat[i+1] = there(flat[i], flat[i+1])
			}
			if a, b := lref.Length(line), lref.Length(through); math.Abs(a/b-1) > 1e-6 {
				t.Errorf("EPSG:%d: %s is %.4f m long, in degrees %.4f", code, p.Bank, b, a)
			}
		}
	}
	s.must(t, s.planner, http.MethodPost, at+"/stakes", object{"profile": "stakes-dense"}, nil, s.revision(t, at))
	if c.middle == 109.5 { // once: packages are made by another program, which takes its time
		s.sameAcrossZones(t, at, zones[0], zones[1])
	}
	s.announce(t, at, "甲政告〔2026〕25号", "2026-11-24")
	s.noSeam(t, c.middle)
}

// sameAcrossZones holds the stake tables of two zones against each other.
func (s *shore) sameAcrossZones(t *testing.T, at string, zone, next geo.SRID) {
	t.Helper()
	tables := func(zone geo.SRID) map[string][]byte {
		return s.unzipped(t, fmt.Sprintf("%s/package.zip?zone=%d&encoding=UTF-8", at, zone))
	}
	west, east := tables(zone), tables(next)
	a, b := tableOf(t, west["tables/界桩成果表.csv"]), tableOf(t, east["tables/界桩成果表.csv"])
	if len(a) < 10 || len(a) != len(b) {
		t.Fatalf("%d and %d rows", len(a), len(b))
	}
	for i := range a {
		lon, lat := placeIn(t, a[i], zone)
		lon2, lat2 := placeIn(t, b[i], next)
		if a[i][3] != b[i][3] || lref.Distance(lon, lat, lon2, lat2) > 0.0002 {
			t.Errorf("%s stands %.5f m apart in two zones", a[i][0], lref.Distance(lon, lat, lon2, lat2))
		}
	}
}

func placeIn(t *testing.T, row []string, code geo.SRID) (lon, lat float64) {
	t.Helper()
	zone, _ := crs.ByEPSG(code)
	north, err := strconv.ParseFloat(row[5], 64)
	if err != nil {
		t.Fatal(err)
	}
	east, err := strconv.ParseFloat(row[6], 64)
	if err != nil {
		t.Fatal(err)
	}
	return zone.ToLonLat(east, north)
}

type areaOf struct {
	AreaM2   float64 `json:"area_m2"`
	Geometry polygonsOf
	Parts    []struct {
		Name   string
		AreaM2 float64 `json:"area_m2"`
	}
}

type polygonsOf struct{ Coordinates [][][][2]float64 }

func (p polygonsOf) through(f func(lon, lat float64) (float64, float64)) *geom.MultiPolygon {
	out := geom.NewMultiPolygon(geom.XY)
	for _, polygon := range p.Coordinates {
		var flat []float64
		var ends []int
		for _, ring := range polygon {
			for _, v := range ring {
				x, y := f(v[0], v[1])
				flat = append(flat, x, y)
			}
			ends = append(ends, len(flat))
		}
		_ = out.Push(geom.NewPolygonFlat(geom.XY, flat, ends))
	}
	return out
}

// unzipped gives the members of a package.
func (s *shore) unzipped(t *testing.T, path string) map[string][]byte {
	t.Helper()
	raw := s.file(t, s.planner, path)
	z, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string][]byte{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		if out[f.Name], err = io.ReadAll(r); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

// file gives what is not JSON.
func (s *shore) file(t *testing.T, key, path string) []byte {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL+path, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", key)
	resp, err := s.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	underTest(t, exchange{req: req, status: resp.StatusCode, header: resp.Header, body: body})
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("%s: %d %.500s", path, resp.StatusCode, body)
	}
	return body
}

// tableOf gives the rows of a table below its two rows of head.
func tableOf(t *testing.T, text []byte) [][]string {
	t.Helper()
	r := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(text, []byte("\ufeff"))))
	r.FieldsPerRecord = -1
	rows, err := r.ReadAll()
	if err != nil || len(rows) < 3 {
		t.Fatalf("%d rows: %v", len(rows), err)
	}
	return rows[2:]
}

type projectStake struct {
	ID        int64
	Version   int
	Name      string
	Number    int
	Kind      string
	Bank      geo.Bank
	MeasureM  float64 `json:"measure_m"`
	Lon, Lat  float64
	H1985     *float64 `json:"h_1985"`
	OffsetM   *float64 `json:"offset_from_line_m"`
	CheckedOn string   `json:"checked_on"`
	Photo     *string  `json:"photo_sha256"`
	Place     string
	Why       string
}

func (s *shore) stakesOf(t *testing.T, at string) []projectStake {
	t.Helper()
	var out struct{ Stakes []projectStake }
	s.must(t, s.planner, http.MethodGet, at+"/stakes", nil, &out)
	return out.Stakes
}

// Scenario 26: stakes are placed and numbered per bank; the table is the printed one; a physical stake 0.8 m off its line is a moved one 移位桩; a number is
// not given again when its stake is gone.
func TestScenario_26(t *testing.T) {
	t.Parallel()
	s := newShore(t, plainCourse(bankTops(30)...))
	at, _ := s.drawn(t)
	var made project.StakesMade
	s.must(t, s.planner, http.MethodPost, at+"/stakes", object{"profile": "stakes-rural"}, &made, s.revision(t, at))
	stakes := s.stakesOf(t, at)
	if len(stakes) != made.Placed || made.Placed < 10 || len(made.IDs) != made.Placed {
		t.Fatalf("%d placed, %d there", made.Placed, len(stakes))
	}
	next := map[geo.Bank]int{}
	last := map[geo.Bank]float64{geo.Left: -1, geo.Right: -1}
	for _, k := range stakes {
		next[k.Bank]++
		side := map[geo.Bank]string{geo.Left: "左", geo.Right: "右"}[k.Bank]
		if k.Number != next[k.Bank] || k.MeasureM < last[k.Bank] || k.Name != fmt.Sprintf("示例河-%s%03d", side, k.Number) || k.Kind != "electronic" || k.Place == "" {
			t.Errorf("%+v", k)
		}
		last[k.Bank] = k.MeasureM
	}
	if run := s.check(t, at, nil); run.Blockers != 0 {
		t.Errorf("with stakes:\n%v", run)
	}
	if resp := s.call(t, s.planner, http.MethodPost, at+"/stakes", object{"profile": "stakes-rural"}, nil, s.revision(t, at)); resp.StatusCode != http.StatusConflict {
		t.Errorf("placed twice: %d", resp.StatusCode)
	}
	s.printed(t, at, stakes)
	s.visited(t, at, stakes[3])
	s.numbers(t, at, stakes)
	s.placedAnew(t, at)
}

// placedAnew has the stakes placed once more along lines that did not change: each stays what it is, also the one that stands off the line, with
// what was seen of it; where one was taken away a new number is given.
func (s *shore) placedAnew(t *testing.T, at string) {
	t.Helper()
	before := s.stakesOf(t, at)
	s.must(t, s.planner, http.MethodPost, at+"/stakes", object{"profile": "stakes-rural", "replace": true}, nil, s.revision(t, at))
	after := map[string]projectStake{}
	for _, k := range s.stakesOf(t, at) {
		after[k.Name] = k
	}
	photos := 0
	for _, k := range before {
		now, stays := after[k.Name]
		if k.Kind == "moved" && !stays {
			continue // it stands farther off than a stake may be placed anew
		}
		if !stays || now.ID != k.ID || now.Number != k.Number || (now.Photo == nil) != (k.Photo == nil) {
			t.Errorf("%+v became %+v", k, now)
		}
		if now.Photo != nil {
			photos++
		}
	}
	if len(after) < len(before) {
		t.Errorf("%d stakes became %d, with %d photos", len(before), len(after), photos)
	}
	if run := s.check(t, at, nil); run.Blockers != 0 {
		t.Errorf("placed anew:\n%v", run)
	}
}

// printed holds the table against the stakes.
func (s *shore) printed(t *testing.T, at string, stakes []projectStake) {
	t.Helper()
	rows := tableOf(t, s.file(t, s.planner, at+"/stakes/table.csv"))
	if len(rows) != len(stakes) {
		t.Fatalf("%d rows of %d stakes", len(rows), len(stakes))
	}
	byName := map[string]projectStake{}
	for _, k := range stakes {
		byName[k.Name] = k
	}
	zone, _ := crs.ByEPSG(4544) // 35, where 106.4°E lies
	before := math.Inf(-1)
	for _, r := range rows {
		k := byName[r[0]]
		east, north := zone.FromLonLat(k.Lon, k.Lat)
		want := []string{k.Name, lref.Label(k.MeasureM), k.Place, fmt.Sprintf("E%.8f", math.Round(k.Lon*1e8)/1e8), fmt.Sprintf("N%.8f", math.Round(k.Lat*1e8)/1e8), fmt.Sprintf("%.4f", north), fmt.Sprintf("%.4f", east), "", "电子桩"}
		if !slices.Equal(r, want) {
			t.Errorf("the row is %v, want %v", r, want)
		}
		if k.MeasureM < before {
			t.Errorf("%s is out of the order of measures", k.Name)
		}
		before = k.MeasureM
	}
	if book := s.file(t, s.planner, at+"/stakes/table.xlsx"); string(book[:2]) != "PK" {
		t.Error("table.xlsx is no workbook")
	}
	if book := s.file(t, s.planner, fmt.Sprintf("%s/stakes/%d/certificate.xlsx", at, stakes[0].ID)); string(book[:2]) != "PK" {
		t.Error("certificate.xlsx is no workbook")
	}
}

// visited checks a stake in 0.8 m off its line, with a photo whose camera wrote more than pixels.
func (s *shore) visited(t *testing.T, at string, k projectStake) {
	t.Helper()
	north := 0.8
	if k.Bank == geo.Right {
		north = -0.8
	}
	lon, lat := metres(k.Lon, k.Lat, 0, north)
	path := fmt.Sprintf("%s/stakes/%d/check-in", at, k.ID)
	var p problemBody
	if resp := s.call(t, s.planner, http.MethodPost, path, object{"lon": lon, "lat": lat, "kind": "physical"}, &p, s.seenAs(t, at, k.ID)); resp.StatusCode != http.StatusUnprocessableEntity || len(p.Errors) != 1 || p.Errors[0].Pointer != "/kind" || !strings.Contains(p.Detail, "移位桩") {
		t.Errorf("physical, 0.8 m off: %d %+v", resp.StatusCode, p)
	}
	var photo bytes.Buffer
	if err := jpeg.Encode(&photo, image.NewRGBA(image.Rect(0, 0, 8, 8)), nil); err != nil {
		t.Fatal(err)
	}
	exif := append([]byte("\xff\xd8\xff\xe1\x00\x0fExif\x00\x00secret!"), photo.Bytes()[2:]...)
	var in projectStake
	s.must(t, s.planner, http.MethodPost, path, object{"lon": lon, "lat": lat, "h_1985": 1263.456, "photo": exif}, &in, s.seenAs(t, at, k.ID))
	if in.Kind != "moved" || in.OffsetM == nil || math.Abs(*in.OffsetM-0.8) > 0.2 || in.CheckedOn != "2026-11-24" || in.Name != k.Name || in.H1985 == nil || in.Photo == nil {
		t.Errorf("after the visit: %+v", in)
	}
	if b := s.file(t, s.planner, fmt.Sprintf("%s/stakes/%d/photo", at, k.ID)); bytes.Contains(b, []byte("secret")) || string(b[:2]) != "\xff\xd8" {
		t.Error("the photo is not its pixels alone")
	}
	for _, r := range tableOf(t, s.file(t, s.planner, at+"/stakes/table.csv")) {
		if r[0] == k.Name && (r[8] != "移位桩" || r[7] != "1263.46") {
			t.Errorf("the row is %v", r)
		}
	}
	if run := s.check(t, at, nil); run.Blockers != 0 {
		t.Errorf("with a moved stake:\n%v", run)
	}
}

// numbers takes stake 7 of the left bank away and adds one where it stood.
func (s *shore) numbers(t *testing.T, at string, stakes []projectStake) {
	t.Helper()
	var seventh projectStake
	highest := 0
	for _, k := range stakes {
		if k.Bank == geo.Left {
			highest = max(highest, k.Number)
			if k.Number == 7 {
				seventh = k
			}
		}
	}
	s.must(t, s.planner, http.MethodDelete, fmt.Sprintf("%s/stakes/%d", at, seventh.ID), nil, nil, s.revision(t, at))
	var made project.StakesMade
	s.must(t, s.planner, http.MethodPost, at+"/stakes", object{"lon": seventh.Lon, "lat": seventh.Lat}, &made, s.revision(t, at))
	if want := fmt.Sprintf("示例河-左%03d", highest+1); made.Placed != 1 || made.Names[0] != want {
		t.Errorf("the new stake is %v, want %s", made.Names, want)
	}
	again := s.stakesOf(t, at)
	if len(again) != len(stakes) || slices.ContainsFunc(again, func(k projectStake) bool { return k.Name == seventh.Name }) {
		t.Errorf("%d stakes, and %s among them", len(again), seventh.Name)
	}
	if run := s.check(t, at, nil); run.Blockers != 0 {
		t.Errorf("with a stake added:\n%v", run)
	}
}

type zoneSum struct {
	DivisionID *int64 `json:"division_id"`
	Name       string
	Bank       geo.Bank
	LengthM    float64 `json:"length_m"`
	Types      map[string]struct {
		Count   int
		LengthM float64 `json:"length_m"`
		Share   share
	}
}

// Scenario 27: zones of four types tile both banks, L001 lies upstream, one that meets the boundary in two parts is refused, the sums of counties are the
// river's, and the banks are kept apart.
func TestScenario_27(t *testing.T) {
	t.Parallel()
	s := newShore(t, plainCourse(bankTops(30)...))
	at, pieces := s.drawn(t)
	var zones []object
	for _, bank := range []string{"left", "right"} {
		for i := range 4 {
			zones = append(zones, object{"bank": bank, "from_m": s.length * float64(i) / 4, "to_m": s.length * float64(i+1) / 4, "type": i + 1, "basis": "岸线规划", "restraints": "禁止新建"})
		}
	}
	var p problemBody
	if resp := s.call(t, s.planner, http.MethodPut, at+"/zones", object{"zones": zones[1:]}, &p, s.revision(t, at)); resp.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(p.Detail, "no zone from") {
		t.Errorf("with a gap: %d %+v", resp.StatusCode, p)
	}
	s.must(t, s.planner, http.MethodPut, at+"/zones", object{"zones": zones}, nil, s.revision(t, at))
	var listed struct {
		Zones []struct {
			RegionID string `json:"regionid"`
			Type     int
			Bank     geo.Bank
			FromM    float64 `json:"from_m"`
			ToM      float64 `json:"to_m"`
			LenKm    float64 `json:"len_km"`
			Start    [2]float64
		}
	}
	s.must(t, s.planner, http.MethodGet, at+"/zones", nil, &listed)
	if len(listed.Zones) != 8 || listed.Zones[0].RegionID != "L001" || math.Abs(listed.Zones[0].ToM-s.length) > 0.01 || listed.Zones[0].Type != 4 || listed.Zones[4].RegionID != "R001" {
		t.Errorf("%+v", listed.Zones)
	}
	if run := s.check(t, at, nil); run.Blockers != 0 {
		t.Errorf("with zones:\n%v", run)
	}
	s.sums(t, at)
	s.open(t, at, pieces, zones)
}

// sums holds the sums of counties and towns against the river's.
func (s *shore) sums(t *testing.T, at string) {
	t.Helper()
	var sums struct {
		ByCounty []zoneSum `json:"by_county"`
		ByTown   []zoneSum `json:"by_town"`
		River    []zoneSum
	}
	s.must(t, s.planner, http.MethodGet, at+"/zones/statistics", nil, &sums)
	if len(sums.River) != 2 || sums.River[0].Bank == sums.River[1].Bank || len(sums.ByTown) != 4 {
		t.Fatalf("%+v", sums)
	}
	for _, of := range sums.River {
		for name, by := range map[string][]zoneSum{"county": sums.ByCounty, "town": sums.ByTown} {
			for kind, whole := range of.Types {
				length, count := 0.0, 0
				for _, part := range by {
					if part.Bank == of.Bank {
						length, count = length+part.Types[kind].LengthM, count+part.Types[kind].Count
					}
				}
				if math.Abs(length-whole.LengthM) > 0.05 || count != whole.Count || whole.Count != 1 {
					t.Errorf("%s bank, type %s by %s: %.2f m of %d, the river has %.2f m of %d", of.Bank, kind, name, length, count, whole.LengthM, whole.Count)
				}
			}
		}
		if of.LengthM < 2900 || of.LengthM > 3200 {
			t.Errorf("the %s bank is %.1f m long", of.Bank, of.LengthM)
		}
	}
}

// open leaves the left line open, and has a zone meet it in two parts.
func (s *shore) open(t *testing.T, at string, pieces []pieceOf, zones []object) {
	t.Helper()
	var parted []pieceOf
	for _, p := range pieces {
		if p.Bank != geo.Left {
			parted = append(parted, p)
			continue
		}
		n := len(p.Line.Coordinates)
		up, down := p, p
		up.FromM, down.ToM = s.length*0.55, s.length*0.45
		up.Line.Coordinates, down.Line.Coordinates = p.Line.Coordinates[:n*45/100], p.Line.Coordinates[n*55/100:]
		parted = append(parted, up, down)
	}
	s.commitPieces(t, s.planner, at, parted)
	var p problemBody
	whole := append([]object{{"bank": "left", "from_m": 0, "to_m": s.length, "type": 1}}, zones[4:]...)
	if resp := s.call(t, s.planner, http.MethodPut, at+"/zones", object{"zones": whole}, &p, s.revision(t, at)); resp.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(p.Detail, "in two parts") {
		t.Errorf("a zone that meets the boundary in two parts: %d %+v", resp.StatusCode, p)
	}
}

// Scenario 31, drafts and stakes: a planner of county A sees the drafts of A and not those of B, who is told of none at all; the public is told of stakes by
// its grid alone; the audit has both.
func TestScenario_31(t *testing.T) {
	t.Parallel()
	s := newShore(t, plainCourse(bankTops(30)...))
	ours, _ := s.drawn(t)
	s.must(t, s.planner, http.MethodPost, ours+"/stakes", object{"profile": "stakes-rural"}, nil, s.revision(t, ours))
	theirs := s.project(t, s.stranger, object{"division_id": s.other, "name": "乙县划界"})
	for _, path := range []string{"", "/area", "/stakes", "/stakes/table.csv", "/stakes/table.xlsx", "/stakes/1/certificate.xlsx", "/stakes/1/photo", "/zones", "/zones/statistics", "/checks", "/package.zip"} {
		for who, tt := range map[string]struct{ key, at string }{"A of B": {s.planner, theirs}, "B of A": {s.stranger, ours}, "the public of A": {"", ours}} {
			if resp := s.call(t, tt.key, http.MethodGet, tt.at+path, nil, nil); resp.StatusCode != http.StatusNotFound {
				t.Errorf("%s is told of %s: %d", who, path, resp.StatusCode)
			}
		}
	}
	for _, path := range []string{"/candidates", "/checks", "/stakes", "/previews/thin", "/stakes/1/check-in"} {
		if resp := s.call(t, s.stranger, http.MethodPost, ours+path, object{}, nil); resp.StatusCode != http.StatusNotFound {
			t.Errorf("B posts to %s of A: %d", path, resp.StatusCode)
		}
	}
	if resp := s.call(t, s.reviewer, http.MethodPost, ours+"/stakes", object{"profile": "stakes-rural", "replace": true}, nil, s.revision(t, ours)); resp.StatusCode != http.StatusForbidden {
		t.Errorf("a reviewer places stakes: %d", resp.StatusCode)
	}
	var listed struct{ Projects []projectSeen }
	s.must(t, s.planner, http.MethodGet, "/api/v1/projects", nil, &listed)
	if len(listed.Projects) != 1 || !strings.HasSuffix(ours, fmt.Sprint("/", listed.Projects[0].ID)) {
		t.Errorf("A is listed %+v", listed)
	}
	stakes := s.stakesOf(t, ours)
	k := stakes[2]
	nearest := fmt.Sprintf("/api/v1/nearest?kind=stakes&limit=1&lon=%.7f&lat=%.7f&within=1000", k.Lon+0.0001, k.Lat+0.0001)
	var draft struct{ Things []json.RawMessage }
	s.must(t, "", http.MethodGet, nearest, nil, &draft)
	if len(draft.Things) != 0 {
		t.Errorf("the public is told of a draft's stake: %s", draft.Things)
	}
	s.announce(t, ours, "甲政告〔2026〕31号", "2026-11-24")
	s.byGrid(t, nearest, k)
	s.drawnByDivision(t)
	s.inAudit(t)
}

// drawnByDivision has the tile of a new draft asked for by those who may see it, and by those who may not.
func (s *shore) drawnByDivision(t *testing.T) {
	t.Helper()
	at := s.project(t, s.planner, object{"name": "再划"})
	s.commitPieces(t, s.planner, at, s.candidate(t, at, object{}).pieces())
	if _, err := s.atlas.Load(t.Context(), s.store.Atlas(), "", nil); err != nil {
		t.Fatal(err)
	}
	path := "/tiles/draft/12/3258/1733.mvt"
	for who, tt := range map[string]struct {
		key    string
		status int
		lines  int
	}{"A": {s.planner, http.StatusOK, 2}, "B": {s.stranger, http.StatusNoContent, 0}, "the public": {"", http.StatusNotFound, 0}} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL+path, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		if tt.key != "" {
			req.Header.Set("Authorization", tt.key)
		}
		resp, err := s.Client().Do(req)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		lines := 0
		if resp.StatusCode == http.StatusOK {
			text, err := mvttext.Text(body)
			if err != nil {
				t.Fatal(err)
			}
			lines = strings.Count(text, "LINESTRING")
		}
		if resp.StatusCode != tt.status || lines != tt.lines {
			t.Errorf("the tile of drafts to %s: %d with %d lines, want %d with %d", who, resp.StatusCode, lines, tt.status, tt.lines)
		}
	}
}

// byGrid holds what the public is told of a stake against its grid of fifty metres.
func (s *shore) byGrid(t *testing.T, nearest string, k projectStake) {
	t.Helper()
	var raw json.RawMessage
	s.must(t, "", http.MethodGet, nearest, nil, &raw)
	if bytes.Contains(raw, []byte(k.Name)) {
		t.Errorf("the public is told the name of a stake: %s", raw)
	}
	var told struct {
		Things []struct {
			Point [2]float64
		}
	}
	if err := json.Unmarshal(raw, &told); err != nil {
		t.Fatal(err)
	}
	if len(told.Things) != 1 {
		t.Fatalf("the public is told of %s", raw)
	}
	if p := told.Things[0].Point; lref.Distance(p[0], p[1], k.Lon, k.Lat) < 1 || lref.Distance(p[0], p[1], k.Lon, k.Lat) > 36 {
		t.Errorf("the public is told that a stake stands at %v, %.2f m off", p, lref.Distance(p[0], p[1], k.Lon, k.Lat))
	}
	for _, path := range []string{"/api/v1/touches"} {
		polygon := object{"type": "Polygon", "coordinates": [][][]float64{{{k.Lon - 0.001, k.Lat - 0.001}, {k.Lon + 0.001, k.Lat - 0.001}, {k.Lon + 0.001, k.Lat + 0.001}, {k.Lon - 0.001, k.Lat + 0.001}, {k.Lon - 0.001, k.Lat - 0.001}}}}
		s.must(t, "", http.MethodPost, path, polygon, &raw, "Content-Type: application/geo+json")
		if bytes.Contains(raw, []byte(fmt.Sprintf("%.7f", k.Lon))) || bytes.Contains(raw, []byte(k.Name)) {
			t.Errorf("%s tells the public exactly of a stake: %.2000s", path, raw)
		}
	}
}

// inAudit looks for what A did and what B was refused.
func (s *shore) inAudit(t *testing.T) {
	t.Helper()
	admin := newKey(t, s.store, newAccount(t, s.store, "admin", access.Admin, access.Everywhere))
	var raw []byte
	for _, chain := range []string{"access", "write"} {
		var rows json.RawMessage
		s.must(t, admin, http.MethodGet, "/api/v1/audit?limit=1000&chain="+chain, nil, &rows)
		raw = append(raw, rows...)
	}
	for _, want := range []string{"stakes of project", "project_stakes", "wang", "yi", "refused"} {
		if !bytes.Contains(raw, []byte(want)) {
			t.Errorf("the audit does not tell of %q: %.3000s", want, raw)
		}
	}
}

// Scenario 33: the package's Shapefile in GBK is brought in again: geometry, fields and lengths are those of the project, and its system is told. The same state
// gives the same bytes.
func TestScenario_33(t *testing.T) {
	t.Parallel()
	s := newShore(t, plainCourse(append(bankTops(30), surveyed{"levee_toe", geo.Left, 60, 0, 1, 2})...))
	at, pieces := s.drawn(t)
	s.must(t, s.planner, http.MethodPost, at+"/stakes", object{"profile": "stakes-rural"}, nil, s.revision(t, at))
	one, two := s.file(t, s.planner, at+"/package.zip?encoding=GBK"), s.file(t, s.planner, at+"/package.zip?encoding=GBK")
	if !bytes.Equal(one, two) {
		t.Error("the same state gives other bytes")
	}
	members := s.unzipped(t, at+"/package.zip?encoding=GBK")
	dir, err := os.MkdirTemp("", "hetu-package-") //nolint:usetesting // t.TempDir is closed to the GDAL child's user
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil { //nolint:gosec // G302: the child enters it
		t.Fatal(err)
	}
	for name, b := range members {
		if strings.HasPrefix(name, "shp/管理范围线.") {
			if err := os.WriteFile(filepath.Join(dir, filepath.Base(name)), b, 0o644); err != nil { //nolint:gosec // G306: the child reads it
				t.Fatal(err)
			}
		}
	}
	if !bytes.Contains(members["shp/管理范围线.prj"], []byte("CGCS2000")) || !strings.Contains(string(members["shp/管理范围线.cpg"]), "GBK") {
		t.Errorf("%s %s", members["shp/管理范围线.prj"], members["shp/管理范围线.cpg"])
	}
	db := pgtest.New(t, pgtest.Clock(today))
	back := &shore{plans: &plans{store: db.Store}, route: s.route}
	back.fillShore(t, plainCourse())
	_, err = ingest.Run(t.Context(), db.Store, ingest.Request{
		Path: filepath.Join(dir, "管理范围线.shp"), As: "boundary", Today: geo.DateOf(today()), Yes: true, Source: "成果包", Temp: dir, Map: map[string]string{"名称": "river", "乡镇": "division"},
	})
	if err != nil {
		t.Fatal(err)
	}
	s.sameBack(t, back, pieces)
}

// sameBack holds what came back against the project's pieces, which are cut at the border of the towns.
func (s *shore) sameBack(t *testing.T, back *shore, pieces []pieceOf) {
	t.Helper()
	rows, err := back.store.FindBoundaries(t.Context(), []pg.Key{"r"}, geo.DateOf(today()))
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != 4 {
		t.Fatalf("%d lines came back, want 4: two banks in two towns", len(rows))
	}
	for _, p := range pieces {
		line := lref.Measured(p.Line.geom(), "source")
		length := 0.0
		for _, r := range rows {
			if r.Bank != p.Bank {
				continue
			}
			if r.BasisKind != p.Basis {
				t.Errorf("%s bank: the basis came back as %s, was %s", p.Bank, r.BasisKind, p.Basis)
			}
			length += lref.Length(r.Geom)
			flat := r.Geom.FlatCoords()
			for i := 0; i+1 < len(flat); i += 2 {
				if hit := lref.Project(line, flat[i], flat[i+1]); hit.DistanceM > 0.0002 {
					t.Errorf("%s bank: a vertex came back %.6f m off", p.Bank, hit.DistanceM)
				}
			}
		}
		if want := lref.Length(line); math.Abs(length-want) > 0.001 {
			t.Errorf("%s bank: %.4f m came back, %.4f went", p.Bank, length, want)
		}
	}
}
