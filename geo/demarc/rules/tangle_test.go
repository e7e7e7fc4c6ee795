package rules_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/twpayne/go-geom"

	"hetu/geo"
	"hetu/geo/demarc/rules"
	"hetu/geo/demarc/rules/rulestest"
)

func lineThrough(n int, at func(i int) (x, y float64)) *geom.LineString {
	flat := make([]float64, 0, 2*n)
	for i := range n {
		x, y := at(i)
		flat = append(flat, 105+x, 35+y)
	}
	return geom.NewLineStringFlat(geom.XY, flat)
}

// What nobody draws along a bank is refused by counting, however it is made; each of these would keep the engine or the database for minutes.
func TestTangledIsRefused(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // G404: a test
	teeth := func(n int) *geom.LineString {
		return lineThrough(n, func(i int) (x, y float64) { return float64(i/2) * 1e-6, float64((i+1)/2%2) * 0.01 })
	}
	across := lineThrough(2000, func(i int) (x, y float64) { return float64((i+1)/2%2) * 0.01, float64(i/2) * 1e-6 })
	for name, lines := range map[string][]*geom.LineString{
		"a zigzag":                  {lineThrough(800, func(int) (x, y float64) { return r.Float64() / 100, r.Float64() / 100 })},
		"a zigzag at the limit":     {lineThrough(10_000, func(int) (x, y float64) { return r.Float64() / 100, r.Float64() / 100 })},
		"two combs over each other": {teeth(2000), across},
		"a comb of aslant teeth": {lineThrough(10_000, func(i int) (x, y float64) {
			far := float64((i + 1) / 2 % 2)
			return far*0.01 + float64(i/2)*1e-7, far * 0.01
		})},
		"a star": {lineThrough(4000, func(i int) (x, y float64) {
			sin, cos := math.Sincos(float64(i))
			return sin * float64(i%2) / 100, cos * float64(i%2) / 100
		})},
		"back and forth":           {lineThrough(4000, func(i int) (x, y float64) { return float64(i%2) * 0.01, 0 })},
		"longer than the earth is": {lineThrough(100, func(i int) (x, y float64) { return float64(i%2) * 20, float64(i) / 100 })},
		"no number":                {lineThrough(3, func(int) (x, y float64) { return math.NaN(), 0 })},
	} {
		if err := rules.Tangled(lines...); geo.CodeOf(err) != geo.CodeRefused {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What somebody draws is looked at: sound boundaries, one with every fault, a line that was drawn twice, one that crosses itself now and then.
func TestDraftsAreNotTangled(t *testing.T) {
	t.Parallel()
	for seed := range uint64(20) {
		var lines []*geom.LineString
		for _, p := range rulestest.Sound(seed).Lines.Pieces {
			lines = append(lines, p.Line, p.Line)
		}
		if err := rules.Tangled(lines...); err != nil {
			t.Errorf("seed %d: %v", seed, err)
		}
	}
	long := lineThrough(40_000, func(i int) (x, y float64) { return float64(i) * 1e-4, math.Sin(float64(i)/200) / 10 })
	beside := lineThrough(40_000, func(i int) (x, y float64) {
		return float64(i) * 1e-4, math.Sin(float64(i)/200)/10 + math.Sin(float64(i)/250)/1000
	})
	if err := rules.Tangled(long, beside, geom.NewLineString(geom.XY)); err != nil {
		t.Error(err)
	}
}
