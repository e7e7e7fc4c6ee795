package demarc

import (
	"math"
	"math/rand/v2"
	"testing"

	"hetu/geo/crs"
)

// On rough ground no vertex of the edge is smoothed farther than half a cell from where it crosses between two cells, rings do not meet
// themselves, and they go round what is wet: the cells whose middles lie inside are those that were flooded.
func TestContourOfRoughGround(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(3, 14))
	for range 30 {
		dem := DEM{System: crs.System{Kind: crs.GaussKruger, CentralMeridian: 105, FalseEasting: 500_000}, X: 500_000, Y: 3_300_000, CellX: 10, CellY: 10, Cols: 60, Rows: 50}
		for i := range dem.Cols * dem.Rows {
			x, y := float64(i%60)-30, float64(i/60)-25
			dem.Heights = append(dem.Heights, float32(math.Hypot(x, y)/5+3*r.Float64()))
		}
		w := newWetting(dem, func(_, _ float64) float64 { return 4 })
		for i := range dem.Heights {
			if w.deep(i) > 0 {
				w.seeds = append(w.seeds, i)
				break
			}
		}
		w.seeds = append(w.seeds, 25*60+30)
		if _, err := w.flood(t.Context()); err != nil {
			t.Fatal(err)
		}
		rings := w.contours()
		for _, ring := range rings {
			if !simple(ring) {
				t.Fatal("a ring meets itself")
			}
		}
		for i, wet := range w.wet {
			p := xy{float64(i%60) + 0.5, -(float64(i/60) + 0.5)}
			if inside(rings, p) != wet && nearestRing(rings, p) > 0.5 {
				t.Fatalf("the cell %d is wet: %v, and lies on the other side", i, wet)
			}
		}
	}
}

// inside tells by counting whether rings go round a place.
func inside(rings [][]xy, p xy) bool {
	in := false
	for _, ring := range rings {
		for i := 1; i < len(ring); i++ {
			a, b := ring[i-1], ring[i]
			if (a.y > p.y) != (b.y > p.y) && p.x < a.x+(p.y-a.y)/(b.y-a.y)*(b.x-a.x) {
				in = !in
			}
		}
	}
	return in
}

func nearestRing(rings [][]xy, p xy) float64 {
	best := math.Inf(1)
	for _, ring := range rings {
		best = min(best, nearestTo(ring, p))
	}
	return best
}

// A vertex is drawn to the middle of its neighbours, at most half a cell.
func TestSmoothedByHalfACellAtMost(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(2, 7))
	w := &wetting{}
	for range 200 {
		var ring []xy
		for i := range 40 {
			sin, cos := math.Sincos(2 * math.Pi * float64(i) / 40)
			ring = append(ring, xy{cos, sin}.times(5+6*r.Float64()))
		}
		ring = append(ring, ring[0])
		got := w.smooth(ring)
		if len(got) != len(ring) || got[0] != got[len(got)-1] {
			t.Fatal("the ring is open")
		}
		for i := range got {
			if d := got[i].to(ring[i]); d > 0.5+1e-9 {
				t.Fatalf("a vertex moved %.3f cells", d)
			}
		}
	}
}
