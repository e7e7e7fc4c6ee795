package boxes_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"hetu/geo/boxes"
)

// walk is n positions one behind the other, and the box of each two.
func walk(r *rand.Rand, n int) []boxes.Box {
	x, y := 0.0, 0.0
	out := make([]boxes.Box, n)
	for i := range out {
		px, py := x, y
		x, y = x+r.Float64()-0.4, y+r.Float64()-0.5
		out[i] = boxes.Of(px, py, x, y)
	}
	return out
}

// A tree finds what looking at each finds, in order; and the nearest, in any range and with east and north of different lengths.
func TestTreeFindsAll(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(4, 4)) //nolint:gosec // a test
	for _, n := range []int{0, 1, 3, 4, 5, 16, 17, 1000} {
		of := walk(r, n)
		for _, row := range []int{1, 4, 16} {
			tree := boxes.Over(n, row, func(i int) boxes.Box { return of[i] })
			for range 50 {
				x, y := r.Float64()*float64(n)/8, (r.Float64()-0.5)*10
				in := boxes.Of(x, y, x+r.Float64()*5, y+r.Float64()*5)
				var want, got []int
				for i, b := range of {
					if b.Meets(in) {
						want = append(want, i)
					}
				}
				if !tree.Each(in, func(from, to int) bool {
					for i := from; i < to; i++ {
						if of[i].Meets(in) {
							got = append(got, i)
						}
					}
					return true
				}) || !slices.Equal(got, want) {
					t.Fatalf("of %d in rows of %d: %v, not %v", n, row, got, want)
				}
				at := boxes.Around{X: x, Y: y, East: 0.5 + r.Float64(), North: 1}
				lo := r.IntN(n + 1)
				hi := lo + r.IntN(n-lo+1)
				least := func(from, to int, best float64) float64 {
					for i := from; i < to; i++ {
						dx, dy := ((of[i].X0+of[i].X1)/2-x)*at.East, ((of[i].Y0+of[i].Y1)/2-y)*at.North
						best = min(best, dx*dx+dy*dy)
					}
					return best
				}
				nearest := math.Inf(1)
				tree.Near(at, nearest, lo, hi, func(from, to int) float64 {
					if from < lo || to > hi || from >= to {
						t.Fatalf("%d to %d was looked at, of %d to %d", from, to, lo, hi)
					}
					nearest = least(from, to, nearest)
					return nearest
				})
				if want := least(lo, hi, math.Inf(1)); nearest != want {
					t.Fatalf("of %d to %d in rows of %d: %v, not %v", lo, hi, row, nearest, want)
				}
			}
		}
	}
}

// What is near is found in few steps, and a search that has too few ends.
func TestTreeLooksNear(t *testing.T) {
	t.Parallel()
	of := walk(rand.New(rand.NewPCG(4, 5)), 100_000) //nolint:gosec // a test
	tree := boxes.Over(len(of), 4, func(i int) boxes.Box { return of[i] })
	steps, found := 1000, 0
	if !tree.EachUpTo(&steps, of[70_000], func(_, _ int) bool { found++; return true }) || found == 0 {
		t.Errorf("%d rows were found, and %d steps are left", found, steps)
	}
	few := 5
	if tree.EachUpTo(&few, of[70_000], func(_, _ int) bool { return true }) {
		t.Error("five steps find one of a hundred thousand")
	}
	looked := 0
	tree.Near(boxes.Around{X: of[50_000].X0, Y: of[50_000].Y0, East: 1, North: 1}, 1, 0, len(of), func(from, to int) float64 { looked += to - from; return 0.01 })
	if looked > 400 {
		t.Errorf("%d were looked at", looked)
	}
}
