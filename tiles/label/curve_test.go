package label_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"hetu/tiles/label"
)

// turns gives the sum of the turns of a line, in radians, and its length.
func turns(line []int32) (sum, length float64) {
	before := math.NaN()
	for i := 2; i+1 < len(line); i += 2 {
		dx, dy := float64(line[i]-line[i-2]), float64(line[i+1]-line[i-1])
		length += math.Hypot(dx, dy)
		a := math.Atan2(dy, dx)
		if !math.IsNaN(before) {
			sum += math.Abs(math.Remainder(a-before, 2*math.Pi))
		}
		before = a
	}
	return sum, length
}

// off gives how far a point lies from a line.
func off(line []int32, x, y float64) float64 {
	least := math.Inf(1)
	for i := 0; i+3 < len(line); i += 2 {
		ax, ay := float64(line[i])-x, float64(line[i+1])-y
		dx, dy := float64(line[i+2]-line[i]), float64(line[i+3]-line[i+1])
		t := 0.0
		if dx != 0 || dy != 0 {
			t = max(0, min(1, -(ax*dx+ay*dy)/(dx*dx+dy*dy)))
		}
		least = min(least, math.Hypot(ax+t*dx, ay+t*dy))
	}
	return least
}

func TestCurveIsCalmAndNearItsLine(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		n := rapid.IntRange(2, 300).Draw(rt, "n")
		line := wander(rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "seed"), 3)), n, rapid.Float64Range(5, 600).Draw(rt, "step"))
		v := rapid.IntRange(0, n-1).Draw(rt, "vertex")
		curve := label.Curve([]int32{7}, line, line[2*v], line[2*v+1])
		if curve[0] != 7 || len(curve)%2 != 1 {
			rt.Fatalf("not appended: %v", curve)
		}
		curve = curve[1:]
		bent, length := turns(curve)
		whole := ways(line)[n-1]
		if length > 2*1440+60 || (len(curve) < 4 && whole > 100) {
			rt.Fatalf("%g units long of %g: %v", length, whole, curve)
		}
		if was, _ := turns(line); bent > was+0.5 && whole > 500 { // short ones are bent by rounding
			rt.Fatalf("bent by %g, its line by %g", bent, was)
		}
		for i := 0; i < len(curve); i += 2 {
			if d := off(line, float64(curve[i]), float64(curve[i+1])); d > 6*96 {
				rt.Fatalf("%d %d is %g units from the line", curve[i], curve[i+1], d)
			}
		}
	})
}

func TestCurveSmoothsRipples(t *testing.T) {
	t.Parallel()
	var line []int32
	for i := range 101 { // 30 pixels long, 8 high to each side
		line = append(line, int32(i*40-2000), int32(math.Round(64*math.Sin(float64(i)*40/240*2*math.Pi))))
	}
	curve := label.Curve(nil, line, 0, 0)
	was, _ := turns(line)
	if bent, length := turns(curve); bent > was/20 || length < 1800 {
		t.Errorf("bent by %g of %g on %g units: %v", bent, was, length, curve)
	}
}

func TestCurveEnds(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		line, want []int32 // want: x of the ends
		x, y       int32
	}{
		"180 pixels to each side": {[]int32{-5000, 0, 5000, 0}, []int32{-1440, 1440}, 0, 0},
		"to the end of the line":  {[]int32{-500, 0, 500, 0}, []int32{-500, 500}, 0, 0},
		"about a place beside it": {[]int32{-5000, 0, 5000, 0}, []int32{-1140, 1740}, 300, 80},
		"about a place past it":   {[]int32{-5000, 0, 500, 0}, []int32{-940, 500}, 900, 0},
		"positions that are one":  {[]int32{-500, 0, 0, 0, 0, 0, 500, 0}, []int32{-500, 500}, 0, 0},
	} {
		curve := label.Curve(nil, c.line, c.x, c.y)
		if diff := cmp.Diff(c.want, []int32{curve[0], curve[len(curve)-2]}); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		if bent, _ := turns(curve); bent != 0 {
			t.Errorf("%s: a straight line is bent: %v", name, curve)
		}
	}
}

func BenchmarkCurve(b *testing.B) {
	line := wander(rand.New(rand.NewPCG(1, 1)), 60, 60)
	var to []int32
	for b.Loop() {
		to = label.Curve(to[:0], line, line[60], line[61])
	}
}
