package overlay

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/twpayne/go-geom"

	"hetu/geo/lref"
)

// wandering is a river with what runs beside it, so many metres off: a line that leaves out vertices, and shakes by some metres here and there.
func wandering(r *rand.Rand, n int, offM float64) *geom.LineString {
	var flat []float64
	swing, wave := 0.3+r.Float64()*0.9, 200+r.Float64()*2000
	x, y := 0.0, 0.0
	for i := range n {
		angle := swing * math.Cos(2*math.Pi*float64(i)*10/wave)
		if i == 0 || r.IntN(3) > 0 {
			off := offM
			if i/40%3 == 1 {
				off += (r.Float64() - 0.3) * 8
			}
			px, py := x-off*math.Sin(angle), y+off*math.Cos(angle)
			flat = append(flat, 106+px/99_500, 26.6+py/110_780)
		}
		x, y = x+10*math.Cos(angle), y+10*math.Sin(angle)
	}
	return geom.NewLineStringFlat(geom.XY, flat)
}

// plainLooks is what looks says, from the whole of each line for each place.
func plainLooks(route, line, other *geom.LineString) (m, apart []float64, outward []bool) {
	flat, n := line.FlatCoords(), line.Stride()
	see := func(lon, lat float64) {
		here, there := lref.Project(route, lon, lat), lref.Project(other, lon, lat)
		beyond := lref.Project(route, there.Lon, there.Lat)
		m, apart, outward = append(m, here.MeasureM), append(apart, there.DistanceM), append(outward, here.DistanceM > beyond.DistanceM)
	}
	see(flat[0], flat[1])
	for i := n; i+1 < len(flat); i += n {
		x, y := flat[i-n], flat[i-n+1]
		steps := max(1, math.Ceil(lref.Distance(x, y, flat[i], flat[i+1])/lookEvery))
		for k := 1.0; k <= steps; k++ {
			see(x+(flat[i]-x)*k/steps, y+(flat[i+1]-y)*k/steps)
		}
	}
	return m, apart, outward
}

// What is told by finders that follow the lines, in planes where those are close enough, is to the last bit what is told by all of each line on the ellipsoid.
func TestShiftsAreThoseOfPlainLooks(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(5, 5)) //nolint:gosec // a test
	moved := 0
	for range 12 {
		seed := r.Uint64()
		draw := func(offM float64) *geom.LineString {
			return wandering(rand.New(rand.NewPCG(seed, uint64(offM))), 250, offM)
		} //nolint:gosec // a test
		route := lref.Measured(draw(0), "mouth")
		from, to := draw(40), draw([]float64{40, 41, 55, -40}[r.IntN(4)])
		if r.IntN(2) == 0 {
			to = geom.NewLineStringFlat(geom.XY, to.FlatCoords()[60:200])
		}
		was, is := measureless(from.FlatCoords(), 2), measureless(to.FlatCoords(), 2)
		for _, pair := range [][2]*geom.LineString{{from, is}, {to, was}} {
			got, err := looks(t.Context(), route, pair[0], pair[1])
			if err != nil {
				t.Fatal(err)
			}
			m, apart, outward := plainLooks(route, pair[0], pair[1])
			if len(got) != len(m) {
				t.Fatalf("%d looks, not %d", len(got), len(m))
			}
			for i := range got {
				if l := &got[i]; l.m != m[i] || l.apart() != apart[i] || l.differs != (apart[i] > shiftOver) || l.differs && l.outward != outward[i] {
					t.Fatalf("look %d: %+v, %v m apart, not %v %v %v", i, *l, l.apart(), m[i], apart[i], outward[i])
				}
				if got[i].differs {
					moved++
				}
			}
			most, told := 0.0, 0.0
			for _, d := range apart {
				most = max(most, d)
			}
			for _, s := range ranges(got, spanOf(got), "added") {
				told = max(told, s.LargestM)
			}
			if most > shiftOver && told != cents(most) {
				t.Fatalf("the largest shift is told as %v m, not %v", told, most)
			}
		}
	}
	if moved < 1000 {
		t.Errorf("only %d places differ: the lines prove little", moved)
	}
}

// The series of an area between parallels is its closed form.
func TestZoneAreaIsItsClosedForm(t *testing.T) {
	t.Parallel()
	e2 := flattening * (2 - flattening)
	e := math.Sqrt(e2)
	for lat := -90.0; lat <= 90; lat += 0.25 {
		s := math.Sin(lat * math.Pi / 180)
		want := semiMajor * semiMajor * (1 - e2) / 2 * (s/(1-e2*s*s) + math.Atanh(e*s)/e)
		if got := zoneM2(lat * math.Pi / 180); math.Abs(got-want) > 1e-15*math.Abs(want)*4 {
			t.Errorf("at %v: %v m², not %v", lat, got, want)
		}
	}
}

// leaving is a context that is over when it was looked at so many times.
type leaving struct {
	context.Context //nolint:containedctx // it is one
	left            *int
}

func (l leaving) Err() error {
	if *l.left--; *l.left < 0 {
		return context.Canceled
	}
	return nil
}

// Lines that nobody waits for are not looked along to their ends.
func TestLooksEndWhenNobodyWaits(t *testing.T) {
	t.Parallel()
	draw := func(offM float64) *geom.LineString { return wandering(rand.New(rand.NewPCG(1, 1)), 500, offM) } //nolint:gosec // a test
	line := draw(40)
	left := line.NumCoords() / 10
	_, err := looks(leaving{t.Context(), &left}, lref.Measured(draw(0), "source"), line, measureless(draw(55).FlatCoords(), 2))
	if !errors.Is(err, context.Canceled) || left != -1 {
		t.Errorf("%v, looked at %d times after it was over", err, -left)
	}
}
