package atlas_test

import (
	"math"
	"testing"
	"time"

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

// Ten thousand holes in a border of as many bends: each is looked for among the few edges at its height, so that the tile is drawn
// in about the time that its positions take.
func TestManyHoles(t *testing.T) {
	t.Parallel()
	const z, x, y, side, bends = 12, 3250, 1675, 90, 20_000
	var border []float64
	for i := range bends {
		sin, cos := math.Sincos(2 * math.Pi * float64(i%(bends-1)) / (bends - 1))
		r := 2000 - float64(i%2)*100*float64(min(i, bends-1-i, 1))
		border = append(border, 2048+r*cos, 2048+r*sin)
	}
	rings := [][]float64{border}
	for i := range side * side {
		u, v := float64(800+28*(i%side)), float64(800+28*(i/side))
		rings = append(rings, []float64{u, v, u, v + 12, u + 12, v + 12, u + 12, v, u, v})
	}
	took := func(rings [][]float64) (time.Duration, int) {
		shape := parts(z, x, y, rings...)
		shape.Hole = make([]bool, len(rings))
		for i := range rings[1:] {
			shape.Hole[i+1] = true
		}
		s := newStore()
		s.put("division", 1, span("division", 0, shape, nil))
		a := s.load(t)
		addr := address(t, "division", z, x, y)
		a.Tile(addr, nil)
		begun := time.Now()
		tile := a.Tile(addr, nil)
		elapsed := time.Since(begun)
		features, err := mvttext.Decode(tile.Data)
		if err != nil || len(features) != 1 {
			t.Fatalf("%d features: %v", len(features), err)
		}
		return elapsed, len(features[0].Parts)
	}
	alone, _ := took(rings[:1])
	whole, n := took(rings)
	if n != len(rings) {
		t.Errorf("%d rings of %d are drawn", n, len(rings))
	}
	if whole > 200*alone {
		t.Errorf("with %d holes it took %v, without %v", len(rings)-1, whole, alone)
	}
}
