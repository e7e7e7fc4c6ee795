// Package boxes finds by place what follows each other, as the segments of a line do. What follows each other lies near each other, so it needs no
// sorting: a tree of boxes over its order is built in no time, and finds in the logarithm of its number.
package boxes

import "math"

// Box is an upright rectangle, in whatever unit its user has.
type Box struct{ X0, Y0, X1, Y1 float64 }

// Empty is the box of nothing.
func Empty() Box { return Box{math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)} }

// Of is the box of two positions.
func Of(x1, y1, x2, y2 float64) Box { return Box{min(x1, x2), min(y1, y2), max(x1, x2), max(y1, y2)} }

// With is the box with a position.
func (b Box) With(x, y float64) Box {
	return Box{min(b.X0, x), min(b.Y0, y), max(b.X1, x), max(b.Y1, y)}
}

// Union is the box of both.
func (b Box) Union(c Box) Box {
	return Box{min(b.X0, c.X0), min(b.Y0, c.Y0), max(b.X1, c.X1), max(b.Y1, c.Y1)}
}

// Meets tells whether two boxes have a position in common.
func (b Box) Meets(c Box) bool { return b.X0 <= c.X1 && b.X1 >= c.X0 && b.Y0 <= c.Y1 && b.Y1 >= c.Y0 }

// Grown is the box with so much more on all sides.
func (b Box) Grown(by float64) Box { return Box{b.X0 - by, b.Y0 - by, b.X1 + by, b.Y1 + by} }

// off is how far a position lies from the box, either way.
func (b Box) off(x, y float64) (dx, dy float64) {
	return max(b.X0-x, 0, x-b.X1), max(b.Y0-y, 0, y-b.Y1)
}

// Tree is boxes over rows of things that are told by their number, and over each two of them, up to one over all. It does not change and may be asked
// by several at once. The zero Tree has nothing.
type Tree struct {
	boxes  []Box // a heap: node k has the children 2k+1 and 2k+2
	leafs  int   // a power of two
	n, row int
}

// Over makes the tree of n things, so many to a row.
func Over(n, row int, of func(i int) Box) Tree {
	t := Tree{leafs: 1, n: n, row: row}
	for t.leafs*row < n {
		t.leafs *= 2
	}
	t.boxes = make([]Box, 2*t.leafs-1)
	for k := range t.leafs {
		b := Empty()
		for i := k * row; i < min(n, (k+1)*row); i++ {
			b = b.Union(of(i))
		}
		t.boxes[t.leafs-1+k] = b
	}
	for k := t.leafs - 2; k >= 0; k-- {
		t.boxes[k] = t.boxes[2*k+1].Union(t.boxes[2*k+2])
	}
	return t
}

// Row gives the row that a thing is in.
func (t *Tree) Row(i int) (from, to int) {
	from = i / t.row * t.row
	return from, min(from+t.row, t.n)
}

// Each calls f with every row [from, to) that may have something in a box, in their order, until it says no, and tells whether it never did.
func (t *Tree) Each(b Box, f func(from, to int) bool) bool {
	return len(t.boxes) == 0 || t.each(0, nil, b, f)
}

// EachUpTo is Each that counts its steps down, and says no itself when it has none left.
func (t *Tree) EachUpTo(steps *int, b Box, f func(from, to int) bool) bool {
	return len(t.boxes) == 0 || t.each(0, steps, b, f)
}

func (t *Tree) each(k int, steps *int, b Box, f func(from, to int) bool) bool {
	if steps != nil {
		if *steps--; *steps < 0 {
			return false
		}
	}
	if !t.boxes[k].Meets(b) {
		return true
	}
	if k < t.leafs-1 {
		return t.each(2*k+1, steps, b, f) && t.each(2*k+2, steps, b, f)
	}
	from := (k - t.leafs + 1) * t.row
	return f(from, min(from+t.row, t.n))
}

// Around is a position that the nearest things are looked for around, in a map that is stretched so many times east and north.
type Around struct{ X, Y, East, North float64 }

// Near calls f with rows, the nearer ones first, for as long as their boxes are not farther than what was found: f is told nothing but the row [from, to)
// and gives the square of the least distance that is known. At first that is d2. Rows outside of [lo, hi) are left out.
func (t *Tree) Near(at Around, d2 float64, lo, hi int, f func(from, to int) float64) {
	if len(t.boxes) > 0 {
		s := search{t, at, d2, lo, hi, f}
		s.from(0, 0, t.leafs*t.row, s.off(0))
	}
}

type search struct {
	*Tree
	Around
	d2     float64
	lo, hi int
	f      func(from, to int) float64
}

func (s *search) off(k int) float64 {
	dx, dy := s.boxes[k].off(s.X, s.Y)
	dx, dy = dx*s.East, dy*s.North
	return dx*dx + dy*dy
}

func (s *search) from(k, from, to int, off float64) {
	if from >= s.hi || to <= s.lo || off > s.d2 {
		return
	}
	if k >= s.leafs-1 {
		if from, to = max(from, s.lo), min(to, s.hi, s.n); from < to {
			s.d2 = s.f(from, to)
		}
		return
	}
	a, b, mid := 2*k+1, 2*k+2, (from+to)/2
	offA, offB := s.off(a), s.off(b)
	if offA <= offB {
		s.from(a, from, mid, offA)
		s.from(b, mid, to, offB)
		return
	}
	s.from(b, mid, to, offB)
	s.from(a, from, mid, offA)
}
