package rules

import (
	"math"
	"math/big"
)

// turn tells on which side of the way from a to b a position c lies: 1 left, -1 right, 0 exactly on it. It is exact: where rounding could
// decide, the sum is taken again without any, as GEOS does, so that verdicts agree.
func turn(ax, ay, bx, by, cx, cy float64) int {
	if cx == bx && cy == by || cx == ax && cy == ay {
		return 0
	}
	l, r := (bx-ax)*(cy-ay), (by-ay)*(cx-ax)
	det := l - r
	if bound := 4e-16 * (math.Abs(l) + math.Abs(r)); math.Abs(det) > bound {
		return sign(det)
	}
	return exactTurn(ax, ay, bx, by, cx, cy)
}

func sign(v float64) int {
	switch {
	case v > 0:
		return 1
	case v < 0:
		return -1
	}
	return 0
}

func exactTurn(ax, ay, bx, by, cx, cy float64) int {
	const bits = 512 // more than a difference of degrees and the product of two can need
	f := func(v float64) *big.Float { return new(big.Float).SetPrec(bits).SetFloat64(v) }
	sub := func(a, b float64) *big.Float { return f(a).Sub(f(a), f(b)) }
	l := sub(bx, ax)
	l.Mul(l, sub(cy, ay))
	r := sub(by, ay)
	r.Mul(r, sub(cx, ax))
	return l.Cmp(r)
}

// contact is how two segments meet.
type contact int

const (
	apart   contact = iota
	touch           // one point, an end of at least one
	cross           // one point within both
	overlap         // a length
)

// meet tells how two segments meet, exactly, and where.
func meet(a, b segment) (c contact, x, y float64) {
	if !a.box().Meets(b.box()) {
		return apart, 0, 0
	}
	b1, b2 := turn(a.x1, a.y1, a.x2, a.y2, b.x1, b.y1), turn(a.x1, a.y1, a.x2, a.y2, b.x2, b.y2)
	a1, a2 := turn(b.x1, b.y1, b.x2, b.y2, a.x1, a.y1), turn(b.x1, b.y1, b.x2, b.y2, a.x2, a.y2)
	switch {
	case b1 == 0 && b2 == 0 && a1 == 0 && a2 == 0:
		return onOneLine(a, b)
	case b1*b2 > 0 || a1*a2 > 0:
		return apart, 0, 0
	case b1 == 0:
		return touch, b.x1, b.y1
	case b2 == 0:
		return touch, b.x2, b.y2
	case a1 == 0:
		return touch, a.x1, a.y1
	case a2 == 0:
		return touch, a.x2, a.y2
	}
	x, y = crossing(a, b)
	return cross, x, y
}

// onOneLine tells how two segments of one straight line meet.
func onOneLine(a, b segment) (c contact, x, y float64) {
	lo, hi := a.box(), b.box()
	x0, y0, x1, y1 := max(lo.X0, hi.X0), max(lo.Y0, hi.Y0), min(lo.X1, hi.X1), min(lo.Y1, hi.Y1)
	switch {
	case x0 > x1 || y0 > y1:
		return apart, 0, 0
	case x0 == x1 && y0 == y1:
		return touch, x0, y0
	}
	for _, p := range [][2]float64{{a.x1, a.y1}, {a.x2, a.y2}, {b.x1, b.y1}, {b.x2, b.y2}} {
		if p[0] >= x0 && p[0] <= x1 && p[1] >= y0 && p[1] <= y1 {
			return overlap, p[0], p[1]
		}
	}
	return overlap, x0, y0
}

// crossing is the place where two segments that pass through each other do.
func crossing(a, b segment) (x, y float64) {
	dx, dy, ex, ey := a.x2-a.x1, a.y2-a.y1, b.x2-b.x1, b.y2-b.y1
	t := ((b.x1-a.x1)*ey - (b.y1-a.y1)*ex) / (dx*ey - dy*ex)
	return a.x1 + t*dx, a.y1 + t*dy
}
