package atlas

import (
	"math"
	"testing"
	"time"
)

// A comb whose teeth grow shorter is generalised in about the time of any other line, and as closely: no vertex lies farther from
// the line that is drawn than the zoom allows.
func TestLevelsOfAComb(t *testing.T) {
	t.Parallel()
	const n = 60_000
	comb, wave := make([]point, n), make([]point, n)
	for i := range n {
		x := uint32(1<<30 + 20*i)
		comb[i] = point{x, uint32(1<<30 + (1-2*(i%2))*(n-i)*1000)}
		wave[i] = point{x, uint32(1<<30 + int(1e6*math.Sin(float64(i)/700)+3e4*math.Sin(float64(i)/11)))}
	}
	var v leveller
	levels := make([]uint8, n)
	took := func(line []point) time.Duration {
		begun := time.Now()
		v.levels(asFloats(line), levels)
		return time.Since(begun)
	}
	usual := took(wave)
	if long := took(comb); long > 60*usual {
		t.Errorf("it took %v, another line of as many vertices %v", long, usual)
	}
	for _, zoom := range []int{4, 8, 12, 16} {
		allowed := limits()[zoom]
		drawn := 0
		for i := 1; i < n; i++ {
			if int(levels[i]) > zoom {
				continue
			}
			if _, squared := farthest(asFloats(comb[drawn : i+1])); i-drawn > 1 && squared > allowed {
				t.Fatalf("zoom %d: between the vertices %d and %d one lies %g world units off, %g are allowed", zoom, drawn, i, math.Sqrt(squared), math.Sqrt(allowed))
			}
			drawn = i
		}
	}
}

func asFloats(line []point) []exact {
	out := make([]exact, len(line))
	for i, p := range line {
		out[i] = exact{float64(p.x), float64(p.y)}
	}
	return out
}
