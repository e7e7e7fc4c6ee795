package demarc_test

import (
	"context"
	"errors"
	"math"
	"slices"
	"testing"

	"github.com/twpayne/go-geom"

	"hetu/geo"
	"hetu/geo/crs"
	"hetu/geo/demarc"
	"hetu/geo/lref"
	"hetu/geo/overlay"
)

// valley is an elevation model of 5 m cells of a valley with a channel that runs east along y = 0: the ground rises by slope with the
// distance from it, and falls by a metre a kilometre downstream.
func valley(slope float64, change func(x, y, h float64) float64) (demarc.Stretch, demarc.DEM) {
	zone := crs.System{Kind: crs.GaussKruger, CentralMeridian: 105, FalseEasting: 500_000}
	const cell, cols, rows, north = 5.0, 500, 240, 3_300_600.0
	dem := demarc.DEM{System: zone, X: 600_000, Y: north, CellX: cell, CellY: cell, Cols: cols, Rows: rows, Datum: "1985", Source: "made"}
	for r := range rows {
		for c := range cols {
			x, y := (float64(c)+0.5)*cell, 600-(float64(r)+0.5)*cell
			h := 100 - x/1000 + slope*math.Abs(y)
			if change != nil {
				h = change(x, y, h)
			}
			dem.Heights = append(dem.Heights, float32(h))
		}
	}
	var flat []float64
	for x := 600_200.0; x <= 602_300; x += 100 {
		lon, lat := zone.ToLonLat(x, north-600)
		flat = append(flat, lon, lat)
	}
	route := lref.Measured(geom.NewLineStringFlat(geom.XY, flat), "source")
	_, to, _ := lref.Ends(route)
	return demarc.Stretch{Route: route, FromM: 0, ToM: to}, dem
}

func levels(to, up, down float64) []demarc.Level {
	return []demarc.Level{{MeasureM: to, HeightM: down, Datum: "1985"}, {MeasureM: 0, HeightM: up, Datum: "1985"}}
}

// A surface five metres above a channel between slopes of one in ten stands fifty metres to either side of it.
func TestFloodOfAValley(t *testing.T) {
	t.Parallel()
	s, dem := valley(0.1, nil)
	flood, notes, err := demarc.FloodLines(t.Context(), s, dem, levels(s.ToM, 104.8, 104.8-s.ToM/1000))
	if err != nil || len(notes) > 0 {
		t.Fatal(err, notes)
	}
	for bank, line := range map[geo.Bank]*geom.LineString{geo.Left: flood.Left, geo.Right: flood.Right} {
		flat := line.FlatCoords()
		first, last := lref.Project(s.Route, flat[0], flat[1]), lref.Project(s.Route, flat[len(flat)-2], flat[len(flat)-1])
		if first.MeasureM > 1 || last.MeasureM < s.ToM-1 {
			t.Errorf("%s runs from %.1f to %.1f", bank, first.MeasureM, last.MeasureM)
		}
		for i := 2; i+3 < len(flat); i += 2 {
			hit := lref.Project(s.Route, flat[i], flat[i+1])
			if hit.Bank != bank || math.Abs(hit.DistanceM-50) > 0.2 {
				t.Fatalf("%s stands at %.2f m on the %s", bank, hit.DistanceM, hit.Bank)
			}
		}
	}
	// The candidate with an offset rests on it.
	s.Survey = flood.Survey()
	for i := range s.Survey {
		s.Survey[i].ID = int64(i + 1)
	}
	width := 10.0
	lines, _, err := demarc.Candidate(geo.Patient{}, s, []demarc.Want{
		{Bank: geo.Left, FromM: 0, ToM: s.ToM, Basis: demarc.DesignFlood, WidthM: &width},
		{Bank: geo.Right, FromM: 0, ToM: s.ToM, Basis: demarc.DesignFlood, WidthM: &width},
	}, demarc.WidthProfile{})
	if err != nil {
		t.Fatal(err)
	}
	area, err := demarc.Area(lines)
	if err != nil {
		t.Fatal(err)
	}
	if m2 := overlay.AreaM2(area); math.Abs(m2/(120*s.ToM)-1) > 0.003 {
		t.Errorf("%.0f m², not %.0f", m2, 120*s.ToM)
	}
}

// A river that comes back beside itself: the ray from one end of the stretch crosses the flood of the other arm too, and each bank's edge keeps to its own
// arm, thirty metres off, from the one end to the other.
func TestFloodOfAMeander(t *testing.T) {
	t.Parallel()
	// Down one arm along y = 0, half round (1500, 100), and back along y = 200.
	off := func(x, y float64) float64 {
		if x > 1500 {
			return math.Abs(math.Hypot(x-1500, y-100) - 100)
		}
		return min(math.Abs(y), math.Abs(y-200))
	}
	s, dem := valley(0, func(x, y, _ float64) float64 { return 100 + 0.1*off(x, y) })
	var flat []float64
	add := func(x, y float64) {
		lon, lat := dem.System.ToLonLat(600_000+x, 3_300_000+y)
		flat = append(flat, lon, lat)
	}
	for x := 300.0; x <= 1500; x += 100 {
		add(x, 0)
	}
	for a := -85.0; a < 90; a += 5 {
		add(1500+100*math.Cos(a*math.Pi/180), 100+100*math.Sin(a*math.Pi/180))
	}
	for x := 1500.0; x >= 300; x -= 100 {
		add(x, 200)
	}
	for _, origin := range []string{"source", "mouth"} {
		s.Route = lref.Measured(geom.NewLineStringFlat(geom.XY, slices.Clone(flat)), origin)
		s.FromM, s.ToM, _ = lref.Ends(s.Route)
		flood, _, err := demarc.FloodLines(t.Context(), s, dem, levels(s.ToM, 103, 103))
		if err != nil {
			t.Fatal(err)
		}
		for bank, line := range map[geo.Bank]*geom.LineString{geo.Left: flood.Left, geo.Right: flood.Right} {
			flat := line.FlatCoords()
			low, high := math.Inf(1), math.Inf(-1)
			for i := 0; i < len(flat); i += 2 {
				hit := lref.Project(s.Route, flat[i], flat[i+1])
				low, high = min(low, hit.MeasureM), max(high, hit.MeasureM)
				if hit.Bank != bank || math.Abs(hit.DistanceM-30) > 1 {
					t.Fatalf("%s, %s: %.1f m off on the %s at %.0f", origin, bank, hit.DistanceM, hit.Bank, hit.MeasureM)
				}
			}
			if low > 1 || high < s.ToM-1 {
				t.Errorf("%s, %s: from %.0f to %.0f of %.0f", origin, bank, low, high, s.ToM)
			}
		}
	}
}

// Low ground behind a dyke stays dry, a hole under 500 m² is closed, a larger one is an island.
func TestFloodIsConnectedToTheChannel(t *testing.T) {
	t.Parallel()
	s, dem := valley(0.1, func(x, y, h float64) float64 {
		switch {
		case y > 100 && y < 130 && x > 500 && x < 1500: // a hollow
			return 90
		case math.Hypot(x-1000, y) < 10: // about 314 m²
			return 120
		case math.Hypot(x-1600, y+15) < 15: // about 707 m²
			return 120
		}
		return h
	})
	flood, notes, err := demarc.FloodLines(t.Context(), s, dem, levels(s.ToM, 104.8, 104.8-s.ToM/1000))
	if err != nil {
		t.Fatal(err)
	}
	if len(notes) != 1 || notes[0].Code != demarc.NoteIsland || math.Abs(notes[0].Size-707) > 100 {
		t.Errorf("%+v", notes)
	}
	if flood.Area.NumPolygons() != 1 || flood.Area.Polygon(0).NumLinearRings() != 2 {
		t.Errorf("%d polygons, %d rings", flood.Area.NumPolygons(), flood.Area.Polygon(0).NumLinearRings())
	}
	if f := overlay.Check(flood.Area); f != nil {
		t.Error(f)
	}
	flat := flood.Left.FlatCoords()
	for i := 0; i < len(flat); i += 2 {
		if hit := lref.Project(s.Route, flat[i], flat[i+1]); hit.DistanceM > 60 {
			t.Fatalf("the hollow behind the slope was flooded: %.1f m", hit.DistanceM)
		}
	}
}

// What makes no flood is refused with a reason.
func TestFloodRefuses(t *testing.T) {
	t.Parallel()
	s, dem := valley(0.1, nil)
	good := levels(s.ToM, 104.8, 102)
	tests := []struct {
		name   string
		change func(*demarc.DEM, *[]demarc.Level)
	}{
		{"another datum", func(m *demarc.DEM, _ *[]demarc.Level) { m.Datum = "1956" }},
		{"levels that end before the stretch", func(_ *demarc.DEM, l *[]demarc.Level) { *l = (*l)[1:] }},
		{"no level", func(_ *demarc.DEM, l *[]demarc.Level) { *l = nil }},
		{"a level that is no number", func(_ *demarc.DEM, l *[]demarc.Level) { (*l)[0].HeightM = math.NaN() }},
		{"a dry channel", func(_ *demarc.DEM, l *[]demarc.Level) { (*l)[0].HeightM, (*l)[1].HeightM = 1, 1 }},
		{"too few heights", func(m *demarc.DEM, _ *[]demarc.Level) { m.Heights = m.Heights[1:] }},
		{"cells without a width", func(m *demarc.DEM, _ *[]demarc.Level) { m.CellX = 0 }},
		{"mixed floods", func(_ *demarc.DEM, l *[]demarc.Level) { (*l)[0].Historic = true }},
	}
	for _, tt := range tests {
		d, l := dem, append([]demarc.Level(nil), good...)
		tt.change(&d, &l)
		if _, _, err := demarc.FloodLines(t.Context(), s, d, l); geo.CodeOf(err) != geo.CodeInvalid {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
}

// A round lake of 200 m: its ring at the level, closed, counter-clockwise, from its most western place.
func TestLakeRing(t *testing.T) {
	t.Parallel()
	_, dem := valley(0.1, func(x, y, _ float64) float64 { return 100 + 0.05*math.Hypot(x-1000, y) })
	lon, lat := dem.System.ToLonLat(601_000, 3_300_000)
	flood, ring, notes, err := demarc.LakeRing(t.Context(), dem, demarc.Level{HeightM: 110, Datum: "1985"}, lon, lat)
	if err != nil || len(notes) > 0 {
		t.Fatal(err, notes)
	}
	if m2 := overlay.AreaM2(flood.Area); math.Abs(m2/(math.Pi*200*200)-1) > 0.005 {
		t.Errorf("%.0f m²", m2)
	}
	flat := ring.FlatCoords()
	if n := len(flat); flat[0] != flat[n-2] || flat[1] != flat[n-1] {
		t.Error("the ring is open")
	}
	for i := 2; i < len(flat); i += 2 {
		if flat[i] < flat[0] {
			t.Error("it does not begin at its most western place")
		}
		if d := lref.Distance(lon, lat, flat[i], flat[i+1]); math.Abs(d-200) > 1 {
			t.Fatalf("%.2f m", d)
		}
	}
}

// A flood that nobody waits for any more ends.
func TestFloodEndsWithItsContext(t *testing.T) {
	t.Parallel()
	s, dem := valley(0.1, nil)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := demarc.FloodLines(ctx, s, dem, levels(s.ToM, 104.8, 102)); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

// The boundary of a lake stands at its width outward of the shore, however that was digitised; a bay that the width closes is counted in and told.
func TestLakeBoundary(t *testing.T) {
	t.Parallel()
	zone := crs.System{Kind: crs.GaussKruger, CentralMeridian: 105, FalseEasting: 500_000}
	shore := func(xy ...float64) *geom.LineString {
		var flat []float64
		for i := 0; i+1 < len(xy); i += 2 {
			lon, lat := zone.ToLonLat(600_000+xy[i], 3_300_000+xy[i+1])
			flat = append(flat, lon, lat)
		}
		return geom.NewLineStringFlat(geom.XY, flat)
	}
	square := shore(0, 0, 100, 0, 100, 100, 0, 100, 0, 0)
	turned := shore(0, 0, 0, 100, 100, 100, 100, 0, 0, 0)
	a, notes, err := demarc.LakeBoundary(square, 10)
	if err != nil || len(notes) > 0 {
		t.Fatal(err, notes)
	}
	if want := 100*100 + 4*100*10 + math.Pi*100; math.Abs(a.AreaM2-want) > 10 || a.WidthM != 10 {
		t.Errorf("%.1f m², want %.1f", a.AreaM2, want)
	}
	b, _, err := demarc.LakeBoundary(turned, 10)
	if err != nil || math.Abs(a.AreaM2-b.AreaM2) > 0.01 || lref.Distance(a.Ring.FlatCoords()[0], a.Ring.FlatCoords()[1], b.Ring.FlatCoords()[0], b.Ring.FlatCoords()[1]) > 0.001 {
		t.Errorf("turned: %.2f and %.2f m², %v", a.AreaM2, b.AreaM2, err)
	}
	if on, _, err := demarc.LakeBoundary(square, 0); err != nil || math.Abs(on.AreaM2-10_000) > 5 || len(on.Around(4)) != 4 {
		t.Errorf("the shore itself: %.1f m², %v", on.AreaM2, err)
	}
	// A ring of water with a gap of ten metres: land in its middle is shut off at a width of eight.
	cove := shore(0, 0, 200, 0, 200, 200, 105, 200, 105, 180, 180, 180, 180, 20, 20, 20, 20, 180, 95, 180, 95, 200, 0, 200, 0, 0)
	_, notes, err = demarc.LakeBoundary(cove, 8)
	if err != nil || len(notes) != 1 || notes[0].Code != demarc.NotePocket || notes[0].Size < 15_000 {
		t.Errorf("a cove: %+v, %v", notes, err)
	}
	for name, tt := range map[string]struct {
		shore *geom.LineString
		width float64
	}{
		"open": {shore(0, 0, 100, 0, 100, 100, 0, 100), 10}, "a bow": {shore(0, 0, 100, 100, 100, 0, 0, 100, 0, 0), 10}, "no width": {square, math.NaN()}, "negative": {square, -1},
		"nothing": {nil, 10}, "a line": {shore(0, 0, 100, 0), 10}, "metres": {geom.NewLineStringFlat(geom.XY, []float64{600_000, 1, 600_001, 1, 600_001, 2, 600_000, 1}), 10},
	} {
		if _, _, err := demarc.LakeBoundary(tt.shore, tt.width); geo.CodeOf(err) != geo.CodeInvalid {
			t.Errorf("%s: %v", name, err)
		}
	}
}
