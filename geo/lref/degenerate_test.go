package lref_test

import (
	"math"
	"testing"

	"github.com/twpayne/go-geom"
	"pgregory.net/rapid"

	"hetu/geo"
	"hetu/geo/lref"
)

// Whatever the line, nothing panics, and what cannot be answered is an error or infinitely far.
func TestDegenerateLines(t *testing.T) {
	t.Parallel()
	nan, inf := math.NaN(), math.Inf(1)
	lines := [][]float64{
		{},
		{106.4, 26.6},
		{106.4, 26.6, 106.4, 26.6},
		{106.4, 26.6, 106.41, 26.6},
		{106.4, 26.6, 106.4, 26.6, 106.41, 26.6, 106.41, 26.6},
		{106.4, 26.6, 106.41, 26.6, 106.4, 26.6},
		{nan, nan, nan, nan},
		{106.4, 26.6, nan, 26.6, 106.41, 26.6},
		{inf, 0, -inf, 0},
		{0, 90, 10, 90},
		{0, -90, 0, -89},
	}
	for _, line := range lines {
		for _, at := range []float64{0, 500, nan, inf} {
			probe(line, lines[3], at)
			probe(lines[4], line, at)
			probe(line, line, at)
		}
	}
}

// probe asks everything of a route and a bank line.
func probe(a, b []float64, at float64) {
	bank := geom.NewLineStringFlat(geom.XY, b)
	for _, origin := range []string{"mouth", "source"} {
		route := lref.Measured(geom.NewLineStringFlat(geom.XY, a), origin)
		lref.Project(route, 106.405, 26.6+at/1e5)
		lref.Candidates(route, 106.405, 26.6, at)
		_, _, _ = lref.Locate(route, at)
		_, _ = lref.LocateOffset(route, at, at)
		_, _ = lref.Substring(route, at, at+100)
		_, _ = lref.Calibrate(route, []lref.Calibration{{Lon: 106.405, Lat: 26.6, MeasureM: at}, {Lon: 106.406, Lat: 26.6, MeasureM: 1000}}, 0)
		_, _ = lref.BankBetween(route, bank, at, at+100)
		_, _ = bankPoint(route, bank, at)
	}
}

func FuzzDegenerate(f *testing.F) {
	f.Add(106.4, 26.6, 106.41, 26.6, 106.41, 26.6, 500.0)
	f.Add(106.4, 26.6, 106.4, 26.6, 106.4, 26.6, 0.0)
	f.Fuzz(func(_ *testing.T, x1, y1, x2, y2, x3, y3, at float64) {
		probe([]float64{x1, y1, x2, y2, x3, y3}, []float64{x3, y3, x1, y2, x2, y1}, at)
	})
}

func TestNothingNear(t *testing.T) {
	t.Parallel()
	route := lref.Measured(geom.NewLineStringFlat(geom.XY, []float64{106.4, 26.6, 106.41, 26.6}), "mouth")
	empty := lref.Measured(geom.NewLineStringFlat(geom.XY, nil), "mouth")
	for _, hit := range []lref.Hit{lref.Project(route, math.NaN(), 26.6), lref.Project(empty, 106.4, 26.6)} {
		if !math.IsInf(hit.DistanceM, 1) || hit.Bank != "" {
			t.Errorf("got %+v", hit)
		}
	}
	if got := lref.Candidates(route, math.NaN(), 26.6, 20); got != nil {
		t.Errorf("got %+v", got)
	}
	for _, err := range []error{
		second(lref.LocateOffset(empty, 0, 0)), second(lref.LocateOffset(route, 5, math.NaN())), second(lref.LocateOffset(route, math.NaN(), 5)),
		second(lref.Face(geo.Patient{}, empty, route)), second(lref.Face(geo.Patient{}, route, empty)), second(lref.Substring(empty, 0, 1)),
	} {
		if geo.CodeOf(err) != geo.CodeInvalid {
			t.Errorf("got %v", err)
		}
	}
}

func second[T any](_ T, err error) error { return err }

// Vertices that stand twice, at the ends too, change no answer.
func TestRepeatedVertices(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		plain := meander(rt)
		var flat []float64
		for i := 0; i < plain.NumCoords(); i++ {
			for range rapid.IntRange(1, 3).Draw(rt, "times") {
				flat = append(flat, plain.FlatCoords()[2*i:2*i+2]...)
			}
		}
		a, b := lref.Measured(plain, "mouth"), lref.Measured(geom.NewLineStringFlat(geom.XY, flat), "mouth")
		v := 3 * rapid.IntRange(0, plain.NumCoords()-1).Draw(rt, "vertex")
		lon := a.FlatCoords()[v] + rapid.Float64Range(-0.001, 0.001).Draw(rt, "dlon")
		lat := a.FlatCoords()[v+1] + rapid.Float64Range(-0.001, 0.001).Draw(rt, "dlat")
		x, y := lref.Project(a, lon, lat), lref.Project(b, lon, lat)
		if x.Bank != y.Bank || x.Beyond != y.Beyond || math.Abs(x.MeasureM-y.MeasureM) > 1e-6 || math.Abs(x.OffsetM-y.OffsetM) > 1e-6 {
			rt.Fatalf("%+v became %+v", x, y)
		}
		p, err1 := lref.LocateOffset(a, a.FlatCoords()[v+2], 10)
		q, err2 := lref.LocateOffset(b, a.FlatCoords()[v+2], 10)
		if err1 != nil || err2 != nil || lref.Distance(p.Lon, p.Lat, q.Lon, q.Lat) > 1e-4 {
			rt.Fatalf("%+v became %+v: %v %v", p, q, err1, err2)
		}
	})
}

// A measure that two segments share is one point, on a lake through which the measure stands still too.
func TestSharedMeasureIsOnePoint(t *testing.T) {
	t.Parallel()
	lake := geom.NewLineStringFlat(geom.XYM, []float64{106.4, 26.6, 2000, 106.41, 26.6, 1000, 106.42, 26.6, 1000, 106.43, 26.6, 0})
	if lon, _, err := lref.Locate(lake, 1000); err != nil || lon != 106.41 {
		t.Errorf("got %v, %v, want the upstream end", lon, err)
	}
}

// The end of a route as an error names it can be typed back.
func TestEndsAsNamed(t *testing.T) {
	t.Parallel()
	route := shifted(lref.Measured(geom.NewLineStringFlat(geom.XY, []float64{106.4, 26.6, 106.41, 26.6}), "mouth"), 0.0371)
	_, _, err := lref.Locate(route, 1e6)
	if want := "the measure K1000+000.00 lies outside the route, which runs from K0+000.04 to K0+996.07"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	if _, _, err := lref.Locate(route, 0.04); err != nil {
		t.Error(err)
	}
}

// The parts between measures tile the route, whichever way the measures grow.
func TestSubstringsTile(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		route := lref.Measured(meander(rt), rapid.SampledFrom([]string{"mouth", "source"}).Draw(rt, "origin"))
		n := rapid.IntRange(1, 9).Draw(rt, "pieces")
		sum, ends := 0.0, map[[2]float64]int{}
		for i := range n {
			part, err := lref.Substring(route, highest(route)*float64(i)/float64(n), highest(route)*float64(i+1)/float64(n))
			if err != nil {
				rt.Fatal(err)
			}
			f := part.FlatCoords()
			ends[[2]float64(f[:2])]++
			ends[[2]float64(f[len(f)-2:])]++
			sum += lref.Length(part)
		}
		if len(ends) != n+1 || math.Abs(sum-lref.Length(route)) > 0.001 {
			rt.Fatalf("%d pieces have %d ends and %v of %v m", n, len(ends), sum, lref.Length(route))
		}
	})
}
