package sample_test

import (
	"testing"

	"github.com/tidwall/rtree"

	"hetu/data/sample"
)

func TestCrossings(t *testing.T) {
	g := generated(t, sample.Spec{Reaches: 2000, Seed: 9})
	type seg struct{ r, i int }
	var tr rtree.RTreeG[seg]
	box := func(f []float64, i int) (a, b [2]float64) {
		return [2]float64{min(f[i], f[i+2]), min(f[i+1], f[i+3])}, [2]float64{max(f[i], f[i+2]), max(f[i+1], f[i+3])}
	}
	for r, x := range g.reaches {
		f := x.Geom.FlatCoords()
		for i := 0; i+3 < len(f); i += 2 {
			a, b := box(f, i)
			tr.Insert(a, b, seg{r, i})
		}
	}
	o := func(ax, ay, bx, by, cx, cy float64) float64 { return (bx-ax)*(cy-ay) - (by-ay)*(cx-ax) }
	self, other := map[int]bool{}, map[[2]int]bool{}
	sameRiver := 0
	for r, x := range g.reaches {
		f := x.Geom.FlatCoords()
		for i := 0; i+3 < len(f); i += 2 {
			a, b := box(f, i)
			tr.Search(a, b, func(_, _ [2]float64, s seg) bool {
				if s.r < r || (s.r == r && s.i <= i+2) {
					return true
				}
				h := g.reaches[s.r].Geom.FlatCoords()[s.i:]
				if o(f[i], f[i+1], f[i+2], f[i+3], h[0], h[1])*o(f[i], f[i+1], f[i+2], f[i+3], h[2], h[3]) < 0 && o(h[0], h[1], h[2], h[3], f[i], f[i+1])*o(h[0], h[1], h[2], h[3], f[i+2], f[i+3]) < 0 {
					if s.r == r {
						self[r] = true
					} else {
						if g.reaches[r].River == g.reaches[s.r].River {
							sameRiver++
						}
						other[[2]int{r, s.r}] = true
						e1, e2 := g.edges[r], g.edges[s.r]
						t.Logf("cross: to-to %v from-from %v to-from %v %v; n %d/%d at %d, %d/%d; main-of %v", e1.To == e2.To, e1.From == e2.From, e1.To == e2.From, e1.From == e2.To, i/2, len(f)/2, s.i/2, len(g.reaches[s.r].Geom.FlatCoords())/2, 0, g.reaches[r].River == g.reaches[s.r].River)
					}
				}
				return true
			})
		}
	}
	t.Logf("self %d, pairs %d, of one river (crossings) %d", len(self), len(other), sameRiver)
}
