package atlas_test

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"hetu/tiles/mvttext"
)

// However small a polygon is drawn and however its narrow places close up: outer rings run clockwise on the screen, holes the
// other way, no ring touches itself or has no area, and every hole lies in the outer ring before it.
func TestRingsAreValid(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		z := rapid.IntRange(2, 18).Draw(rt, "z")
		x, y := 1<<z/2, 1<<z/4
		n := rapid.IntRange(3, 60).Draw(rt, "n")
		turn := rapid.SampledFrom([]float64{1, -1}).Draw(rt, "turn")
		u, v := rapid.Float64Range(-100, 4200).Draw(rt, "u"), rapid.Float64Range(-100, 4200).Draw(rt, "v")
		var outer, inner []float64
		for i := range n {
			sin, cos := math.Sincos(turn * 2 * math.Pi * float64(i) / float64(n))
			r := rapid.OneOf(rapid.Float64Range(0.2, 8), rapid.Float64Range(0.2, 3000)).Draw(rt, "r")
			hole := r * rapid.Float64Range(0.1, 0.9).Draw(rt, "hole")
			outer = append(outer, u+r*cos, v+r*sin)
			inner = append(inner, u+hole*cos, v+hole*sin)
		}
		shape := parts(z, x, y, append(outer, outer[:2]...), append(inner, inner[:2]...))
		shape.Hole = []bool{false, true}
		s := newStore()
		s.put("division", 1, span("division", 0, shape, nil))
		addr := address(t, "division", min(z, 14), 0, 0)
		addr.Z, addr.X, addr.Y = z, x, y
		features, err := mvttext.Decode(s.load(t).Tile(addr, nil).Data)
		if err != nil {
			rt.Fatal(err)
		}
		for _, f := range features {
			checkRings(rt, f.Parts)
		}
	})
}

func checkRings(rt *rapid.T, rings [][][2]int) {
	var outer [][2]int
	for i, ring := range rings {
		area := 0
		seen := map[[2]int]bool{}
		for k := 1; k < len(ring); k++ {
			area += ring[k-1][0]*ring[k][1] - ring[k][0]*ring[k-1][1]
			if seen[ring[k]] {
				rt.Fatalf("ring %d touches itself at %v: %v", i, ring[k], ring)
			}
			seen[ring[k]] = true
		}
		switch {
		case area == 0 || len(ring) < 4:
			rt.Fatalf("ring %d has no area: %v", i, ring)
		case i == 0 && area < 0:
			rt.Fatalf("the first ring is a hole: %v", ring)
		case area > 0:
			outer = ring
		default:
			for _, p := range ring {
				if outside(outer, p) {
					rt.Fatalf("the hole %v is not in %v", ring, outer)
				}
			}
		}
	}
}

// outside tells whether a position is neither in a ring nor on its rim, by the angle that the ring runs about it.
func outside(ring [][2]int, p [2]int) bool {
	turned := 0.0
	for k := 1; k < len(ring); k++ {
		ax, ay := float64(ring[k-1][0]-p[0]), float64(ring[k-1][1]-p[1])
		bx, by := float64(ring[k][0]-p[0]), float64(ring[k][1]-p[1])
		cross, dot := ax*by-ay*bx, ax*bx+ay*by
		if cross == 0 && dot <= 0 {
			return false
		}
		turned += math.Atan2(cross, dot)
	}
	return math.Abs(turned) < 1
}
