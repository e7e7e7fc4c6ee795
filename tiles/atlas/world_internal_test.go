package atlas

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

// The table of rows is the formula, to a ten thousandth of a world unit.
func TestSouthing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		lat := rapid.Float64Range(-85.2, 85.2).Draw(rt, "lat")
		want := 0.5 - math.Atanh(math.Sin(lat*math.Pi/180))/(2*math.Pi)
		if got := southing(lat); math.Abs(got-want)*worldSize > 1e-4 {
			rt.Fatalf("%v: %v, want %v", lat, got, want)
		}
	})
	for _, lat := range []float64{-90, 90, -86, 86, math.Inf(1), math.Inf(-1), math.NaN()} {
		if p := project(181, lat); p.y != 0 && p.y != worldSize-1 {
			t.Errorf("%v is put at %d", lat, p.y)
		}
	}
}
