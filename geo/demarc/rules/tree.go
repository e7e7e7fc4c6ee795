package rules

import (
	"math"
	"slices"
)

// leafSegments is how many segments share a leaf of a tree. Segments that follow each other lie near each other, so they need no
// sorting: a tree over their order is built in no time and finds in the logarithm of their number.
const leafSegments = 4

// box is an upright rectangle.
type box struct{ x0, y0, x1, y1 float64 }

func emptyBox() box { return box{math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)} }

func (b box) with(x, y float64) box {
	return box{min(b.x0, x), min(b.y0, y), max(b.x1, x), max(b.y1, y)}
}

func (b box) union(c box) box {
	return box{min(b.x0, c.x0), min(b.y0, c.y0), max(b.x1, c.x1), max(b.y1, c.y1)}
}

func (b box) meets(c box) bool { return b.x0 <= c.x1 && b.x1 >= c.x0 && b.y0 <= c.y1 && b.y1 >= c.y0 }

func (b box) grown(by float64) box { return box{b.x0 - by, b.y0 - by, b.x1 + by, b.y1 + by} }

// d2 is the square of the distance of a position from the box.
func (b box) d2(x, y float64) float64 {
	dx, dy := max(b.x0-x, 0, x-b.x1), max(b.y0-y, 0, y-b.y1)
	return dx*dx + dy*dy
}

// segment is a straight piece of a line; from tells its line and index.
type segment struct {
	x1, y1, x2, y2 float64
	line, at       int32
}

func (s segment) box() box {
	return box{min(s.x1, s.x2), min(s.y1, s.y2), max(s.x1, s.x2), max(s.y1, s.y2)}
}

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
	segs  []segment
	boxes []box // a heap: node k has the children 2k+1 and 2k+2
	leafs int   // a power of two
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
	t.leafs = 1
	for t.leafs*leafSegments < len(t.segs) {
		t.leafs *= 2
	}
	t.boxes = make([]box, 2*t.leafs-1)
	for k := range t.leafs {
		b := emptyBox()
		for i := k * leafSegments; i < min(len(t.segs), (k+1)*leafSegments); i++ {
			b = b.union(t.segs[i].box())
		}
		t.boxes[t.leafs-1+k] = b
	}
	for k := t.leafs - 2; k >= 0; k-- {
		t.boxes[k] = t.boxes[2*k+1].union(t.boxes[2*k+2])
	}
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
func (t *tree) each(b box, f func(i int) bool) { t.walk(0, b, f) }

func (t *tree) walk(k int, b box, f func(i int) bool) bool {
	if !t.boxes[k].meets(b) {
		return true
	}
	if k < t.leafs-1 {
		return t.walk(2*k+1, b, f) && t.walk(2*k+2, b, f)
	}
	first := (k - t.leafs + 1) * leafSegments
	for i := first; i < min(len(t.segs), first+leafSegments); i++ {
		if t.segs[i].box().meets(b) && !f(i) {
			return false
		}
	}
	return true
}

// spot is a place on a segment of a tree; seg is -1 where there is none.
type spot struct {
	seg   int
	t, d2 float64
}

func (s spot) distance() float64 { return math.Sqrt(s.d2) }

// nearest finds the place nearest to a position among segments [lo, hi).
func (t *tree) nearest(x, y float64, lo, hi int) spot {
	best := spot{seg: -1, d2: math.Inf(1)}
	t.seek(0, 0, t.leafs*leafSegments, x, y, lo, hi, &best)
	return best
}

// near is nearest among all.
func (t *tree) near(x, y float64) spot { return t.nearest(x, y, 0, len(t.segs)) }

// closest is near of what lies closer than a distance; its seg is -1 where nothing does.
func (t *tree) closest(x, y, within float64) spot {
	best := spot{seg: -1, d2: within * within}
	t.seek(0, 0, t.leafs*leafSegments, x, y, 0, len(t.segs), &best)
	return best
}

func (t *tree) seek(k, from, to int, x, y float64, lo, hi int, best *spot) {
	if from >= hi || to <= lo || t.boxes[k].d2(x, y) >= best.d2 {
		return
	}
	if k >= t.leafs-1 {
		for i := max(from, lo); i < min(to, hi, len(t.segs)); i++ {
			if along, d2 := t.segs[i].foot(x, y); d2 < best.d2 {
				*best = spot{i, along, d2}
			}
		}
		return
	}
	mid := (from + to) / 2
	a, b := 2*k+1, 2*k+2
	if t.boxes[a].d2(x, y) <= t.boxes[b].d2(x, y) {
		t.seek(a, from, mid, x, y, lo, hi, best)
		t.seek(b, mid, to, x, y, lo, hi, best)
		return
	}
	t.seek(b, mid, to, x, y, lo, hi, best)
	t.seek(a, from, mid, x, y, lo, hi, best)
}

// at gives the position of a place.
func (t *tree) at(s spot) (x, y float64) {
	g := t.segs[s.seg]
	return g.x1 + (g.x2-g.x1)*s.t, g.y1 + (g.y2-g.y1)*s.t
}
