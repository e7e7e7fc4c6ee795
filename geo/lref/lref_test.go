package lref_test

import (
	"math"
	"slices"
	"testing"

	"github.com/twpayne/go-geom"
	"pgregory.net/rapid"

	"hetu/geo"
	"hetu/geo/lref"
)

// Reference lengths are PostGIS 3.3.2, ST_Length(geography) on the CGCS2000 spheroid (SRID 4490).
func TestDistance(t *testing.T) {
	t.Parallel()
	tests := []struct{ lon1, lat1, lon2, lat2, want float64 }{
		{0, 0, 1, 0, 111319.49079327358}, // a times one degree, exactly
		{106, 26, 106, 27, 110795.72206925476},
		{109.5, 40.5, 109.51, 40.51, 1396.9736909000374},
		{106.4, 26.5, 106.4, 26.5, 0},
	}
	for _, tt := range tests {
		got := lref.Distance(tt.lon1, tt.lat1, tt.lon2, tt.lat2)
		if math.Abs(got-tt.want) > 1e-3 {
			t.Errorf("from %v,%v to %v,%v: got %.5f, want %.5f", tt.lon1, tt.lat1, tt.lon2, tt.lat2, got, tt.want)
		}
	}
}

func TestLabel(t *testing.T) {
	t.Parallel()
	for m, want := range map[float64]string{0: "K0+000", 999.4: "K0+999", 999.6: "K1+000", 12345: "K12+345", -20: "-K0+020"} {
		if got := lref.Label(m); got != want {
			t.Errorf("%v: got %s, want %s", m, got, want)
		}
	}
}

// line draws a wandering line of 2 to 30 points near 清镇, none of them equal to its neighbour.
func line(rt *rapid.T) *geom.LineString {
	n := rapid.IntRange(2, 30).Draw(rt, "points")
	x, y := 106.4, 26.6
	flat := []float64{x, y}
	for range n - 1 {
		x += rapid.Float64Range(0.0005, 0.01).Draw(rt, "dx")
		y += rapid.Float64Range(-0.01, 0.01).Draw(rt, "dy")
		flat = append(flat, x, y)
	}
	return geom.NewLineStringFlat(geom.XY, flat)
}

// shifted gives a route (XYM) whose measures are all byM metres more, as a levee's stationing begins at 61160 rather than at 0.
func shifted(route *geom.LineString, byM float64) *geom.LineString {
	out := slices.Clone(route.FlatCoords())
	for i := 2; i < len(out); i += 3 {
		out[i] += byM
	}
	return geom.NewLineStringFlat(geom.XYM, out)
}

func reversed(l *geom.LineString) *geom.LineString {
	in, out := l.FlatCoords(), []float64{}
	for i := len(in) - 2; i >= 0; i -= 2 {
		out = append(out, in[i], in[i+1])
	}
	return geom.NewLineStringFlat(geom.XY, out)
}

// Point -> K -> point comes back within a centimetre.
func TestMeasureRoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		route := lref.Measured(line(rt), "mouth")
		m := rapid.Float64Range(0, 1).Draw(rt, "share") * route.FlatCoords()[2]
		lon, lat, err := lref.Locate(route, m)
		if err != nil {
			rt.Fatal(err)
		}
		hit := lref.Project(route, lon, lat)
		if hit.DistanceM > 0.001 || math.Abs(hit.MeasureM-m) > 0.01 || hit.Bank != geo.Centre {
			rt.Fatalf("K %.4f came back as %+v", m, hit)
		}
	})
}

// A river digitised against its flow, once turned, gives the same banks: left is left whatever was drawn first; and seen
// from a river that flows the other way, left is right.
func TestBankFollowsFlow(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		l := line(rt)
		lon := rapid.Float64Range(106.39, 106.6).Draw(rt, "lon")
		lat := rapid.Float64Range(26.5, 26.7).Draw(rt, "lat")
		down := lref.Project(lref.Measured(l, "mouth"), lon, lat)
		up := lref.Project(lref.Measured(reversed(l), "mouth"), lon, lat)
		if down.Bank == geo.Centre {
			return
		}
		if math.Abs(down.DistanceM-up.DistanceM) > 1e-6 {
			rt.Fatalf("the distance changed: %v and %v", down.DistanceM, up.DistanceM)
		}
		if down.Bank == up.Bank && math.Abs(down.Lon-up.Lon) < 1e-12 {
			rt.Fatalf("both ways the position is on the %s bank", down.Bank)
		}
	})
}

// The origin of measure changes labels, not geometry.
func TestOriginMovesLabelsOnly(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		l := line(rt)
		mouth, source := lref.Measured(l, "mouth"), lref.Measured(l, "source")
		length := lref.Length(l)
		a := rapid.Float64Range(0, 0.9).Draw(rt, "from") * length
		b := min(length, a+rapid.Float64Range(0.01, 0.1).Draw(rt, "share")*length+0.1)
		x, err := lref.Substring(mouth, a, b)
		if err != nil {
			rt.Fatal(err)
		}
		y, err := lref.Substring(source, length-b, length-a)
		if err != nil {
			rt.Fatal(err)
		}
		// M changes evenly in degrees along a segment, as PostGIS has it; metres do so only to some 20 ppm.
		if math.Abs(lref.Length(x)-lref.Length(y)) > 0.001 || math.Abs(lref.Length(x)-(b-a)) > 0.01 {
			rt.Fatalf("%v and %v, asked for %v", lref.Length(x), lref.Length(y), b-a)
		}
	})
}

func TestBankOutsideABend(t *testing.T) {
	t.Parallel()
	// East, then a sharp turn back to the west-south-west: from beyond the tip only the turn tells the side.
	route := lref.Measured(geom.NewLineStringFlat(geom.XY, []float64{106.4, 26.6, 106.41, 26.6, 106.4, 26.598}), "mouth")
	for _, lat := range []float64{26.5995, 26.6, 26.6005} {
		if got := lref.Project(route, 106.411, lat).Bank; got != geo.Left {
			t.Errorf("outside a right turn at %v: got %s, want left", lat, got)
		}
	}
}

func TestOffRoute(t *testing.T) {
	t.Parallel()
	route := lref.Measured(geom.NewLineStringFlat(geom.XY, []float64{106.4, 26.6, 106.41, 26.6}), "mouth")
	if _, _, err := lref.Locate(route, 5000); geo.CodeOf(err) != geo.CodeInvalid {
		t.Errorf("a measure off the route: got %v", err)
	}
	if _, err := lref.Substring(route, 500, 100); geo.CodeOf(err) != geo.CodeInvalid {
		t.Errorf("a range upside down: got %v", err)
	}
}
