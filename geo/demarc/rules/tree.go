package rules

import (
	"math"
	"slices"

	"hetu/geo/boxes"
)

// leafSegments is how many segments share a box.
const leafSegments = 4

// box is an upright rectangle.
type box = boxes.Box

// segment is a straight piece of a line; from tells its line and index.
type segment struct {
	x1, y1, x2, y2 float64
	line, at       int32
}

func (s segment) box() box { return boxes.Of(s.x1, s.y1, s.x2, s.y2) }

// foot gives the place on a segment that is nearest to a position, and the square of its distance.
func (s segment) foot(x, y float64) (t, d2 float64) {
	dx, dy := s.x2-s.x1, s.y2-s.y1
	if l := dx*dx + dy*dy; l > 0 {
		t = min(1, max(0, ((x-s.x1)*dx+(y-s.y1)*dy)/l))
	}
	ex, ey := s.x1+t*dx-x, s.y1+t*dy-y
	return t, ex*ex + ey*ey
}

// square gives the foot of a segment, and how far along the line of the segment it lies off the perpendicular: 0 where it is square.
func (s segment) square(x, y float64) (t, offM float64) {
	dx, dy := s.x2-s.x1, s.y2-s.y1
	l := dx*dx + dy*dy
	if l == 0 {
		return 0, math.Inf(1)
	}
	u := ((x-s.x1)*dx + (y-s.y1)*dy) / l
	t = min(1, max(0, u))
	return t, math.Abs(u-t) * math.Sqrt(l)
}

// tree finds segments by place.
type tree struct {
	segs []segment
	rows boxes.Tree
}

// addLine takes in a line's segments; index must follow.
func (t *tree) addLine(xy []float64, line int) {
	t.segs = slices.Grow(t.segs, len(xy)/2)
	for i := 2; i+1 < len(xy); i += 2 {
		t.segs = append(t.segs, segment{xy[i-2], xy[i-1], xy[i], xy[i+1], int32(line), int32(i/2 - 1)}) //nolint:gosec // far fewer than 2^31
	}
}

// index makes the boxes; nothing may be added after it.
func (t *tree) index() *tree {
	t.rows = boxes.Over(len(t.segs), leafSegments, func(i int) box { return t.segs[i].box() })
	return t
}

func treeOf(lines ...[]float64) *tree {
	t := &tree{}
	for i, xy := range lines {
		t.addLine(xy, i)
	}
	return t.index()
}

// each calls f with the index of every segment whose box meets a box, until it says no.
func (t *tree) each(b box, f func(i int) bool) {
	t.rows.Each(b, func(from, to int) bool {
		for i := from; i < to; i++ {
			if t.segs[i].box().Meets(b) && !f(i) {
				return false
			}
		}
		return true
	})
}

// spot is a place on a segment of a tree; seg is -1 where there is none.
type spot struct {
	seg   int
	t, d2 float64
}

func (s spot) distance() float64 { return math.Sqrt(s.d2) }

// nearest finds the place nearest to a position among segments [lo, hi).
func (t *tree) nearest(x, y float64, lo, hi int) spot {
	return t.nearer(x, y, lo, hi, spot{seg: -1, d2: math.Inf(1)})
}

// near is nearest among all.
func (t *tree) near(x, y float64) spot { return t.nearest(x, y, 0, len(t.segs)) }

// closest is near of what lies closer than a distance; its seg is -1 where nothing does.
func (t *tree) closest(x, y, within float64) spot {
	return t.nearer(x, y, 0, len(t.segs), spot{seg: -1, d2: within * within})
}

// nearer finds what is nearer than a place that is known.
func (t *tree) nearer(x, y float64, lo, hi int, best spot) spot {
	t.rows.Near(boxes.Around{X: x, Y: y, East: 1, North: 1}, best.d2, lo, hi, func(from, to int) float64 {
		for i := from; i < to; i++ {
			if along, d2 := t.segs[i].foot(x, y); d2 < best.d2 {
				best = spot{i, along, d2}
			}
		}
		return best.d2
	})
	return best
}

// at gives the position of a place.
func (t *tree) at(s spot) (x, y float64) {
	g := t.segs[s.seg]
	return g.x1 + (g.x2-g.x1)*s.t, g.y1 + (g.y2-g.y1)*s.t
}
