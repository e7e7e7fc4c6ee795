package network

import (
	"math/big"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/twpayne/go-geom"
	"pgregory.net/rapid"
)

// crossed draws lines on a grid so small that they cross, touch and run over each other all the time. A spacing of one key
// makes crossings that fall between keys.
func crossed(rt *rapid.T) []Line {
	spacing := rapid.SampledFrom([]float64{1e-9, 1e-5, 0.01}).Draw(rt, "spacing")
	var lines []Line
	for i := range rapid.IntRange(2, 8).Draw(rt, "lines") {
		var flat []float64
		for range rapid.IntRange(2, 40).Draw(rt, "vertices") {
			flat = append(flat, 106+spacing*float64(rapid.IntRange(0, 9).Draw(rt, "x")), 26+spacing*float64(rapid.IntRange(0, 9).Draw(rt, "y")))
		}
		lines = append(lines, Line{Index: i, Geom: geom.NewLineStringFlat(geom.XY, flat)})
	}
	return lines
}

// All crossings are found, and no others: against every pair of segments, with the side of a place told in big numbers.
func TestCrossingsAreThoseOfAllPairs(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		b := &builder{}
		b.clean(crossed(rt))
		got := b.crossings()
		var want []crossing
		for l := range b.lines {
			for k := range l {
				for i := range b.lines[k].points() - 1 {
					for j := range b.lines[l].points() - 1 {
						want = appendPlain(want, &b.lines[k], &b.lines[l], segment{int32(k), int32(i)}, segment{int32(l), int32(j)})
					}
				}
			}
		}
		for _, cs := range [][]crossing{got, want} {
			slices.SortFunc(cs, func(p, q crossing) int {
				return slices.Compare([]int64{int64(p.segs[0].line), int64(p.segs[1].line), int64(p.segs[0].i), int64(p.segs[1].i), p.at.x, p.at.y},
					[]int64{int64(q.segs[0].line), int64(q.segs[1].line), int64(q.segs[0].i), int64(q.segs[1].i), q.at.x, q.at.y})
			})
		}
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(crossing{}, segment{}, key{})); diff != "" {
			rt.Fatal(diff)
		}
	})
}

// appendPlain is appendMeetings told plainly and slowly.
func appendPlain(out []crossing, c, d *cleaned, s, t segment) []crossing {
	p, q, r, u := c.key(int(s.i)), c.key(int(s.i)+1), d.key(int(t.i)), d.key(int(t.i)+1)
	if sideOf(p, q, r)*sideOf(p, q, u) < 0 && sideOf(r, u, p)*sideOf(r, u, q) < 0 {
		dx, dy, ex, ey := rat(q.x-p.x), rat(q.y-p.y), rat(u.x-r.x), rat(u.y-r.y)
		over := new(big.Rat).Sub(mul(rat(r.x-p.x), ey), mul(rat(r.y-p.y), ex))
		share := over.Quo(over, new(big.Rat).Sub(mul(dx, ey), mul(dy, ex)))
		at := meeting(p, q, r, u)
		for _, off := range []*big.Rat{ // the exact place is not farther than the rounding, and that of floating point
			new(big.Rat).Sub(mul(dx, share), rat(at.x-p.x)), new(big.Rat).Sub(mul(dy, share), rat(at.y-p.y)),
		} {
			if off.Abs(off).Cmp(big.NewRat(501, 1000)) > 0 {
				panic("a crossing lies off its place")
			}
		}
		return append(out, crossing{at: at, segs: [2]segment{s, t}})
	}
	for _, v := range []struct {
		at, a, z key
		end      bool
	}{
		{r, p, q, t.i == 0}, {u, p, q, int(t.i)+2 == d.points()}, {p, r, u, s.i == 0}, {q, r, u, int(s.i)+2 == c.points()},
	} {
		if v.at != v.a && v.at != v.z && sideOf(v.a, v.z, v.at) == 0 && between(v.at, v.a, v.z) {
			out = append(out, crossing{at: v.at, segs: [2]segment{s, t}, join: v.end})
		}
	}
	return out
}

func rat(n int64) *big.Rat       { return new(big.Rat).SetInt64(n) }
func mul(a, b *big.Rat) *big.Rat { return new(big.Rat).Mul(a, b) }
func sideOf(p, q, r key) int {
	return new(big.Rat).Sub(mul(rat(q.x-p.x), rat(r.y-p.y)), mul(rat(q.y-p.y), rat(r.x-p.x))).Sign()
}

func anyKey(rt *rapid.T, s string) key {
	return key{rapid.Int64Range(-180e9, 180e9).Draw(rt, s), rapid.Int64Range(-90e9, 90e9).Draw(rt, s)}
}

// The side of a place is exact over the whole world, where products need more than 64 bits; also for places all but on the line.
func TestOrientIsExact(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		p, q, r := anyKey(rt, "p"), anyKey(rt, "q"), anyKey(rt, "r")
		if rapid.Bool().Draw(rt, "on the line") {
			k := rapid.Int64Range(0, 1000).Draw(rt, "share")
			r = key{p.x + (q.x-p.x)/1000*k + rapid.Int64Range(-1, 1).Draw(rt, "off"), p.y + (q.y-p.y)/1000*k}
		}
		if got, want := orient(p, q, r), sideOf(p, q, r); got != want {
			rt.Fatalf("got %d, want %d", got, want)
		}
	})
}
