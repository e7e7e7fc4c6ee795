package lref_test

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/twpayne/go-geom"
	"pgregory.net/rapid"

	"hetu/geo"
	"hetu/geo/lref"
)

// Between two points measures are even along the ellipsoid, at a point they are the point's, past the ends they go on metre by
// metre; positions stay, whatever order the points come in.
func TestCalibrate(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		route := lref.Measured(meander(rt), rapid.SampledFrom([]string{"mouth", "source"}).Draw(rt, "origin"))
		plain := lref.Measured(route, "source")
		length := highest(plain)
		sign := rapid.SampledFrom([]float64{-1, 1}).Draw(rt, "sign")
		n := rapid.IntRange(2, 5).Draw(rt, "points")
		var points []lref.Calibration
		var at []float64
		m := 61160.0
		for i := range n {
			at = append(at, length*(float64(i)+rapid.Float64Range(0.1, 0.9).Draw(rt, "share"))/float64(n))
			lon, lat, err := lref.Locate(plain, at[i])
			if err != nil {
				rt.Fatal(err)
			}
			points = append(points, lref.Calibration{Lon: lon, Lat: lat, MeasureM: m})
			m += sign * rapid.Float64Range(50, 2000).Draw(rt, "step")
		}
		got, err := lref.Calibrate(route, rapid.Permutation(slices.Clone(points)).Draw(rt, "order"), 0)
		if err != nil {
			rt.Fatal(err)
		}
		for i, p := range points {
			if hit := lref.Project(got, p.Lon, p.Lat); math.Abs(hit.MeasureM-p.MeasureM) > 0.01 {
				rt.Fatalf("point %d has %v, not %v", i, hit.MeasureM, p.MeasureM)
			}
			if i > 0 {
				half := (points[i-1].MeasureM + p.MeasureM) / 2
				wantPlace(rt, got, half, plain, (at[i-1]+at[i])/2)
			}
		}
		flat := got.FlatCoords()
		if math.Abs(flat[2]-(points[0].MeasureM-sign*at[0])) > 0.01 || math.Abs(flat[len(flat)-1]-(points[n-1].MeasureM+sign*(length-at[n-1]))) > 0.01 {
			rt.Fatalf("the ends have %v and %v", flat[2], flat[len(flat)-1])
		}
		if math.Abs(lref.Length(got)-length) > 1e-3 || got.SRID() != route.SRID() {
			rt.Fatalf("the line has become %v m long, not %v", lref.Length(got), length)
		}
	})
}

// wantPlace holds the place of one route at a measure against that of another.
func wantPlace(rt *rapid.T, a *geom.LineString, m float64, b *geom.LineString, n float64) {
	rt.Helper()
	x1, y1, err1 := lref.Locate(a, m)
	x2, y2, err2 := lref.Locate(b, n)
	if d := lref.Distance(x1, y1, x2, y2); err1 != nil || err2 != nil || d > 0.01 {
		rt.Fatalf("%v and %v are %v m apart: %v %v", m, n, d, err1, err2)
	}
}

func TestCalibrateByOnePointShifts(t *testing.T) {
	t.Parallel()
	line := sine(1.5, 15, 0, 100)
	for _, origin := range []string{"mouth", "source"} {
		route := lref.Measured(line, origin)
		lon, lat, err := lref.Locate(route, 500)
		if err != nil {
			t.Fatal(err)
		}
		got, err := lref.Calibrate(route, []lref.Calibration{{Lon: lon, Lat: lat, MeasureM: 112086}}, 0)
		if err != nil {
			t.Fatal(err)
		}
		want := shifted(route, 112086-500)
		for m := 112086 - 400.0; m < 112086+400; m += 37 {
			x1, y1, err1 := lref.Locate(got, m)
			x2, y2, err2 := lref.Locate(want, m)
			if err1 != nil || err2 != nil || lref.Distance(x1, y1, x2, y2) > 0.001 {
				t.Errorf("%s: %v lies elsewhere: %v %v", origin, m, err1, err2)
			}
		}
	}
}

func TestCalibrateRefuses(t *testing.T) {
	t.Parallel()
	route := lref.Measured(geom.NewLineStringFlat(geom.XY, []float64{106.4, 26.6, 106.45, 26.6}), "mouth")
	at := func(lon, m float64) lref.Calibration { return lref.Calibration{Lon: lon, Lat: 26.6, MeasureM: m} }
	far := at(106.42, 2000)
	far.Lat = 26.61
	dot := lref.Measured(geom.NewLineStringFlat(geom.XY, []float64{106.4, 26.6, 106.4, 26.6}), "mouth")
	tests := []struct {
		name   string
		route  *geom.LineString
		points []lref.Calibration
		within float64
		says   []string
	}{
		{"no point", route, nil, 0, []string{"at least one"}},
		{"far off", route, []lref.Calibration{at(106.41, 1000), far}, 0, []string{"point 2", "K2+000", "1108 m", "500 m"}},
		{"farther than asked for", route, []lref.Calibration{far}, 1000, []string{"point 1", "1000 m"}},
		{"not monotonic", route, []lref.Calibration{at(106.41, 1000), at(106.43, 1500), at(106.42, 2000)}, 0, []string{"point 3 (K2+000.00)", "point 2 (K1+500.00)"}},
		{"equal", route, []lref.Calibration{at(106.41, 1000), at(106.43, 1000)}, 0, []string{"point 1", "point 2"}},
		{"one place", route, []lref.Calibration{at(106.41, 1000), at(106.41, 1200)}, 0, []string{"1 (K1+000)", "2 (K1+200)", "one place"}},
		{"no measure", route, []lref.Calibration{at(106.41, math.NaN())}, 0, []string{"point 1", "K12+345"}},
		{"no position", route, []lref.Calibration{at(math.NaN(), 5)}, 0, []string{"point 1"}},
		{"no length", dot, []lref.Calibration{at(106.4, 5)}, 0, []string{"without length"}},
	}
	for _, tt := range tests {
		_, err := lref.Calibrate(tt.route, tt.points, tt.within)
		if geo.CodeOf(err) != geo.CodeInvalid {
			t.Errorf("%s: got %v", tt.name, err)
			continue
		}
		for _, s := range tt.says {
			if !strings.Contains(err.Error(), s) {
				t.Errorf("%s: %q does not say %q", tt.name, err, s)
			}
		}
	}
	if _, err := lref.Calibrate(route, []lref.Calibration{far}, 1200); err != nil {
		t.Errorf("within what is asked for: %v", err)
	}
}
