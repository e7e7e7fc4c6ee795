package lref

import (
	"math/rand/v2"
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
