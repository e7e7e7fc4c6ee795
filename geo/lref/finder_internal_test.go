package lref

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/twpayne/go-geom"
)

// winding is a line of many vertices that goes east and wanders.
func winding(r *rand.Rand, n int) *geom.LineString {
	flat, lat := make([]float64, 0, 2*n), 30.0
	for i := range n {
		lat += (r.Float64() - 0.5) * 0.001
		flat = append(flat, 100+float64(i)*0.0003, lat)
		if r.IntN(50) == 0 { // a vertex twice
			flat = append(flat, flat[len(flat)-2:]...)
		}
	}
	return Measured(geom.NewLineStringFlat(geom.XY, flat), "mouth")
}

// A finder gives what Project gives, and false beyond the distance.
func TestFinderAgreesWithProject(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(7, 7)) //nolint:gosec // a test
	for _, n := range []int{2, 3, finderSegments, finderSegments + 1, finderSegments + 2, 100, 3000} {
		route := winding(r, n)
		f := NewFinder(route)
		for range 300 {
			v := r.IntN(route.NumCoords())
			lon, lat := route.FlatCoords()[3*v]+(r.Float64()-0.5)*0.02, route.FlatCoords()[3*v+1]+(r.Float64()-0.5)*0.02
			want := Project(route, lon, lat)
			got, ok := f.Project(lon, lat, CalibrateWithinM)
			if ok != (want.DistanceM <= CalibrateWithinM) || ok && got != want {
				t.Fatalf("%d vertices: got %+v %v, want %+v", n, got, ok, want)
			}
		}
	}
}

// The work for a stone is that of the parts near it, not of the river.
func TestFinderLooksNear(t *testing.T) {
	t.Parallel()
	const vertices, stones = 40_000, 1_500
	r := rand.New(rand.NewPCG(7, 7)) //nolint:gosec // a test
	route := winding(r, vertices)
	f := NewFinder(route)
	for i := range stones {
		v := 3 * (i * vertices / stones)
		if _, ok := f.Project(route.FlatCoords()[v], route.FlatCoords()[v+1], CalibrateWithinM); !ok {
			t.Fatal("a stone on the line is not found")
		}
	}
	if f.looked > stones*5*finderSegments {
		t.Errorf("%d segments were looked at for %d stones", f.looked, stones)
	}
}

// arms is a line with many arms beside each other, as meanders have; some of its vertices stand far apart, and some twice.
func arms(r *rand.Rand, n int) []float64 {
	flat, s := make([]float64, 0, 3*n), 0.0
	long, swing, step := 150+r.Float64()*400, 50+r.Float64()*400, 2+r.Float64()*30
	for range n {
		s += step * (0.2 + r.Float64())
		if r.IntN(60) == 0 {
			s += 10 * step
		}
		flat = append(flat, 106.4+(0.4*s+swing*math.Sin(s/90))/99_000, 26.6+long*math.Sin(s/260)/110_800, s)
	}
	return flat
}

// What is found by parts of the route, many of whose segments are not looked at one by one, is to the last bit what is found by looking at all of each.
func TestPlacesByParts(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(8, 8)) //nolint:gosec // a test
	for range 40 {
		flat := distinct(arms(r, 100+r.IntN(900)), 3, 3)
		f := newSurroundings(flat)
		for range 100 {
			v := 3 * r.IntN(len(flat)/3)
			lon, lat := flat[v]+(r.Float64()-0.5)*0.01, flat[v+1]+(r.Float64()-0.5)*0.01
			within := 100 + r.Float64()*900
			var want []spot
			for _, s := range places(flat, newPlane(lon, lat)) {
				if s.d2 <= within*within {
					want = append(want, s)
				}
			}
			if got := f.places(lon, lat, within); len(want) > 0 && !slices.Equal(got, want) {
				t.Fatalf("within %.0f m of %.5f %.5f: %v, not %v", within, lon, lat, got, want)
			}
		}
	}
}

// A finder that follows a line finds to the last bit what is found by looking at all of the route for each position, whether the next lies beside the last
// or elsewhere, on the route or in another province; and how far the farthest lies off.
func TestFinderFollows(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(9, 9)) //nolint:gosec // a test
	for n := range 40 {
		flat := arms(r, 2+n*20)
		f, route := newFinder(flat), geom.NewLineStringFlat(geom.XYM, flat)
		lon, lat, farthest := flat[0], flat[1], 10.0
		var samples []sample
		for k := range 300 {
			switch {
			case k%50 == 49:
				lon, lat = flat[0]+(r.Float64()-0.5)*5, flat[1]+(r.Float64()-0.5)*5
			case k%20 == 19:
				v := 3 * r.IntN(len(flat)/3)
				lon, lat = flat[v], flat[v+1]
			default:
				lon, lat = lon+(r.Float64()-0.4)*0.0004, lat+(r.Float64()-0.5)*0.0004
			}
			want := Project(route, lon, lat)
			got := f.Foot(lon, lat)
			if got.MeasureM != want.MeasureM || got.Lon != want.Lon || got.Lat != want.Lat || want.DistanceM < 2000 && math.Abs(got.AboutM-want.DistanceM) > 0.0003 {
				t.Fatalf("%d vertices, position %d: %+v, not %+v", len(flat)/3, k, got, want)
			}
			samples, farthest = append(samples, sample{lon: lon, lat: lat}), max(farthest, got.AboutM)
		}
		if got := newSurroundings(flat).farthest(samples, 10); got != farthest {
			t.Fatalf("the farthest lies %v m off, not %v", farthest, got)
		}
	}
}
