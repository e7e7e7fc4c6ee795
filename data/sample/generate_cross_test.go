package sample_test

import (
	"testing"

	"github.com/tidwall/rtree"

	"hetu/data/sample"
)

// segment is one of a reach's, by its first ordinate.
type segment struct{ reach, at int }

// Rivers meet at nodes and nowhere else: lines that cross would put banks on wrong sides. One pair in two thousand reaches
// is let pass.
func TestGeneratedLinesDoNotCross(t *testing.T) {
	t.Parallel()
	g := generated(t, sample.Spec{Reaches: 4000, Seed: 9})
	var tree rtree.RTreeG[segment]
	g.segments(func(low, high [2]float64, s segment) { tree.Insert(low, high, s) })
	pairs := map[[2]int]bool{}
	g.segments(func(low, high [2]float64, s segment) {
		tree.Search(low, high, func(_, _ [2]float64, o segment) bool {
			if after := o.reach > s.reach || (o.reach == s.reach && o.at > s.at+2); after && cross(g.at(s), g.at(o)) {
				pairs[[2]int{s.reach, o.reach}] = true
			}
			return true
		})
	})
	for p := range pairs {
		if p[0] == p[1] {
			t.Errorf("reach %s crosses itself", g.reaches[p[0]].Key)
		}
	}
	if len(pairs) > 2 {
		t.Errorf("%d pairs of reaches cross", len(pairs))
	}
}

func (g grown) segments(see func(low, high [2]float64, s segment)) {
	for r := range g.reaches {
		for i := 0; i+3 < len(g.reaches[r].Geom.FlatCoords()); i += 2 {
			f := g.at(segment{r, i})
			see([2]float64{min(f[0], f[2]), min(f[1], f[3])}, [2]float64{max(f[0], f[2]), max(f[1], f[3])}, segment{r, i})
		}
	}
}

func (g grown) at(s segment) []float64 { return g.reaches[s.reach].Geom.FlatCoords()[s.at : s.at+4] }

// cross tells whether two segments have an inner point in common.
func cross(p, q []float64) bool {
	side := func(s []float64, x, y float64) float64 { return (s[2]-s[0])*(y-s[1]) - (s[3]-s[1])*(x-s[0]) }
	return side(p, q[0], q[1])*side(p, q[2], q[3]) < 0 && side(q, p[0], p[1])*side(q, p[2], p[3]) < 0
}
