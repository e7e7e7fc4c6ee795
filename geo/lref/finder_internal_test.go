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
	for _, n := range []int{2, 100, finderSegments, finderSegments + 1, finderSegments + 2, 3000} {
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

// What is found by parts of the route is what is found by all of it, of the places that come near.
func TestPlacesByParts(t *testing.T) {
	t.Parallel()
	var flat []float64
	for i := range 3000 {
		s := float64(i) * 8
		flat = append(flat, 106.4+(0.5*s+200*math.Sin(s/90))/99_000, 26.6+350*math.Sin(s/260)/110_800, s)
	}
	f := newFinderOf(flat, aroundSegments)
	for i := range 400 {
		lon, lat := 106.4+0.12*float64(i%20)/20, 26.597+0.006*float64(i/20)/20
		const within = 500.0
		var want []spot
		for _, s := range places(flat, newPlane(lon, lat)) {
			if s.d2 <= within*within {
				want = append(want, s)
			}
		}
		if len(want) == 0 {
			continue
		}
		got := f.places(lon, lat, within)
		if !slices.Equal(got, want) {
			t.Fatalf("at %.5f %.5f: %v, not %v", lon, lat, got, want)
		}
	}
}
