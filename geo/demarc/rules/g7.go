package rules

import (
	"fmt"
	"math"

	"hetu/geo"
	"hetu/geo/demarc"
	"hetu/geo/lref"
)

// g7: the line holds the levee and its guard land.
func g7(c *checker) {
	for _, bank := range c.banks() {
		for _, s := range c.survey {
			if s.Bank == bank && (s.Kind == demarc.ToeLine && !s.Riverside || s.Kind == demarc.CrestLine) && len(c.paths[bank].tree.segs) > 0 {
				c.levee(c.paths[bank], s)
			}
		}
	}
}

// levee finds where a path leaves out a part of a levee, or of its guard land.
func (c *checker) levee(t *path, s *surveyed) {
	deep := c.depths(t, func(fromM, toM float64) map[int]float64 {
		out := c.left(t, s, fromM, toM)
		if s.Kind == demarc.ToeLine {
			c.guardOfToe(t, s, fromM, toM, out)
		}
		return out
	})
	missing := func(i int) float64 {
		if s.Kind == demarc.ToeLine {
			return max(deep.at(i), c.guardOfPath(t, s, i))
		}
		return deep.at(i)
	}
	runs(len(t.owner), func(i int) bool { return c.touches(c.span(t.q, i, i+1)) }, func(i int) bool { return missing(i) > 0 }, func(i, j int) {
		most := 0.0
		for k := i; k <= j; k++ {
			most = max(most, missing(k))
		}
		from, to := c.span(t.q, i, j+1)
		c.add(spotted{
			bank: t.bank, place: placeOf(&t.line, i, j+1), fromM: from, toM: to, size: most, unit: "m",
			zh: fmt.Sprintf("%s管理范围线在%s至%s未包住堤防及护堤地，最多缺 %.2f 米：外移到背水侧堤脚线加护堤地宽度以外。", zhBank(t.bank), lref.Label(from), lref.Label(to), most),
			en: fmt.Sprintf("The line of %s from %s to %s leaves out up to %.2f m of the levee and its guard land: move it landward of the toe by the width of the guard land.", enBank(t.bank), lref.Label(from), lref.Label(to), most),
		})
	})
}

// short is how much of the guard land is missing where a segment of a path stands so far from a levee's toe, opposite a measure. It is the survey that
// tells where a levee stands, and not what the piece says that it rests on: a levee that is called a natural bank keeps its guard land.
func (c *checker) short(t *path, seg int, class int, d, m float64) float64 {
	piece, ok := c.piece(t, seg)
	if !ok || piece.Basis != demarc.LeveeToe && (m < piece.FromM || m > piece.ToM) {
		return 0 // the toe is another arm's
	}
	need := c.guardM(piece, class)
	if d >= need-simplifyM-drawnM-arcShare*need {
		return 0
	}
	return need - d
}

// guardOfPath is what a segment of a path leaves out of the guard land, by its ends and its middle: a levee may be as straight as one segment.
func (c *checker) guardOfPath(t *path, toe *surveyed, seg int) float64 {
	most := 0.0
	for _, f := range []float64{0, 0.5, 1} {
		x, y := t.xy[2*seg]+(t.xy[2*seg+2]-t.xy[2*seg])*f, t.xy[2*seg+1]+(t.xy[2*seg+3]-t.xy[2*seg+1])*f
		at := toe.tree.near(x, y)
		isLeft, beyond := side(toe.tree, at, x, y)
		m := c.route.measure(toe.placeOf(at))
		switch d := at.distance(); {
		case beyond || toe.atEnd(at): // another levee's, or none
		case isLeft == (t.bank == geo.Left):
			most = max(most, c.short(t, seg, toe.LeveeClass, d, m))
		default:
			most = max(most, c.short(t, seg, toe.LeveeClass, -d, m))
		}
	}
	return most
}

// placeOf gives the place of the route that a place on a surveyed line lies opposite.
func (s *surveyed) placeOf(at spot) float64 { return s.q[at.seg] + (s.q[at.seg+1]-s.q[at.seg])*at.t }

// atEnd tells whether a place lies so near to an end of a surveyed line that it may be what begins there that counts.
func (s *surveyed) atEnd(at spot) bool {
	x, y := s.tree.at(at)
	n := s.count() - 1
	return math.Hypot(x-s.xy[0], y-s.xy[1]) < routeEndM || math.Hypot(x-s.xy[2*n], y-s.xy[2*n+1]) < routeEndM
}

// guardOfToe adds what segments of a path leave out of the guard land, by the vertices of the toe between two measures.
func (c *checker) guardOfToe(t *path, toe *surveyed, fromM, toM float64, out map[int]float64) {
	for i := range toe.count() {
		m := c.route.measure(toe.q[i])
		if m < fromM || m > toM {
			continue
		}
		x, y := toe.xy[2*i], toe.xy[2*i+1]
		at := t.tree.near(x, y)
		if isLeft, _ := side(t.tree, at, x, y); isLeft == (t.bank == geo.Left) {
			continue // landward of the path: told already
		}
		if piece, ok := c.piece(t, at.seg); ok && m > piece.FromM+routeEndM && m < piece.ToM-routeEndM {
			if d := c.short(t, at.seg, toe.LeveeClass, at.distance(), m); d > 0 {
				out[at.seg] = max(out[at.seg], d)
			}
		}
	}
}

// guardM is how wide the guard land beside a piece has to be: the least of the profile for the class, or else the width of a piece that rests on the levee.
// Where neither tells it, leveesUnlooked says so.
func (c *checker) guardM(p demarc.Piece, class int) float64 {
	if w, ok := c.Profile.width(demarc.LeveeToe, class); ok {
		return w.LeastM
	}
	if p.Basis != demarc.LeveeToe {
		return 0
	}
	return p.WidthM
}

// width gives the rule for the width of a basis; class is that of the levee, 0 where there is none.
func (p Profile) width(basis demarc.Basis, class int) (demarc.WidthRule, bool) {
	s := p.Situation
	s.Basis, s.LeveeClass = basis, class
	return p.Widths.Of(s)
}
