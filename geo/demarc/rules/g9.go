package rules

import (
	"fmt"
	"math"

	"hetu/geo"
	"hetu/geo/lref"
)

// g9: neither gap nor overlap between neighbouring towns and counties; their edges match.
func g9(c *checker) {
	if len(c.parts) > 1 {
		c.partsMeet()
	}
	for i, n := range c.Neighbours {
		for _, bank := range c.banks() {
			c.endsMeet(n, bank)
		}
		c.overlapping(n.Name, c.beside[i])
	}
}

// edgeKey names a segment by its ends, whichever way it runs.
func edgeKey(ax, ay, bx, by float64) [4]float64 {
	if ax < bx || ax == bx && ay < by {
		return [4]float64{ax, ay, bx, by}
	}
	return [4]float64{bx, by, ax, ay}
}

// eachRing calls f with the rings of a region, in degrees and metres.
func (r *region) eachRing(f func(flat, xy []float64)) {
	if r.geom == nil {
		return
	}
	k := 0
	for i := range r.geom.NumPolygons() {
		for p, j := r.geom.Polygon(i), 0; j < p.NumLinearRings(); j++ {
			f(p.LinearRing(j).FlatCoords(), r.rings[k])
			k++
		}
	}
}

// partsMeet finds edges of parts that are neither the area's edge nor another part's.
func (c *checker) partsMeet() {
	at := c.area.vertices()
	inner := func(flat []float64, s int) bool { // not an edge of the area as it stands
		i, ok1 := at[[2]float64{flat[2*s], flat[2*s+1]}]
		j, ok2 := at[[2]float64{flat[2*s+2], flat[2*s+3]}]
		return !ok1 || !ok2 || i-j != 1 && j-i != 1
	}
	shared := map[[4]float64]int{}
	for _, r := range c.parts {
		r.eachRing(func(flat, _ []float64) {
			for s := range len(flat)/2 - 1 {
				if inner(flat, s) {
					shared[edgeKey(flat[2*s], flat[2*s+1], flat[2*s+2], flat[2*s+3])]++
				}
			}
		})
	}
	for i, r := range c.parts {
		r.eachRing(func(flat, xy []float64) {
			c.partRing(i, xy, func(s int) bool {
				return !inner(flat, s) || shared[edgeKey(flat[2*s], flat[2*s+1], flat[2*s+2], flat[2*s+3])] > 1
			})
		})
	}
}

// partRing tells of rows of a part's segments that lie off all other edges.
func (c *checker) partRing(part int, xy []float64, known func(s int) bool) {
	off := func(s int) float64 {
		if known(s) {
			return 0
		}
		mx, my := (xy[2*s]+xy[2*s+2])/2, (xy[2*s+1]+xy[2*s+3])/2
		return max(c.toEdges(part, xy[2*s], xy[2*s+1]), c.toEdges(part, mx, my), c.toEdges(part, xy[2*s+2], xy[2*s+3]))
	}
	all := func(int) bool { return true }
	runs(len(xy)/2-1, all, func(s int) bool { return off(s) > edgeMatchM }, func(i, j int) {
		most, from, to := 0.0, math.Inf(1), math.Inf(-1)
		for k := i; k <= j+1; k++ {
			m := c.measureAt(xy[2*k], xy[2*k+1])
			from, to = min(from, m), max(to, m)
			if k <= j {
				most = max(most, off(k))
			}
		}
		// The first vertex of the row may still match: the place is the first that does not.
		x, y := xy[2*i], xy[2*i+1]
		if c.toEdges(part, x, y) <= edgeMatchM {
			x, y = xy[2*i+2], xy[2*i+3]
		}
		c.add(spotted{
			bank: geo.Both, place: c.point(x, y), fromM: from, toM: to, size: most, unit: "m",
			zh: fmt.Sprintf("“%s”的面在%s处与相邻乡镇的边不重合（相差 %.2f 米，容差 %g 米）：共用同一条边。", c.Parts[part].Name, lref.Label(from), most, edgeMatchM),
			en: fmt.Sprintf("The part of %q and the one beside it leave a gap or overlap at %s (%.2f m, within %g m): let them share one edge.", c.Parts[part].Name, lref.Label(from), most, edgeMatchM),
		})
	})
}

// toEdges is how far a position lies from the edges of the area and of the other parts.
func (c *checker) toEdges(part int, x, y float64) float64 {
	best := c.area.edgeM(x, y)
	for i, r := range c.parts {
		if i != part {
			best = min(best, r.edgeM(x, y))
		}
	}
	return best
}

// endsMeet finds where our line of a bank does not go on into the neighbour's.
func (c *checker) endsMeet(n Neighbour, bank geo.Bank) {
	t := c.paths[bank]
	theirs := n.Lines.Of(bank)
	if t.count() < 2 || len(theirs) == 0 {
		return
	}
	i := t.count() - 1
	if n.Upstream {
		i = 0
	}
	best := math.Inf(1)
	for _, p := range theirs {
		if p.Line == nil || p.Line.NumCoords() == 0 {
			continue
		}
		f, s := p.Line.FlatCoords(), p.Line.Stride()
		for _, k := range []int{0, len(f) - s} {
			x, y := c.plane.To(f[k], f[k+1])
			best = min(best, math.Hypot(x-t.xy[2*i], y-t.xy[2*i+1]))
		}
	}
	if !(best > edgeMatchM) {
		return
	}
	m := c.route.measure(t.q[i])
	c.add(spotted{
		bank: bank, place: placeOf(&t.line, i, i), fromM: m, toM: m, size: best, unit: "m",
		zh: fmt.Sprintf("%s管理范围线在%s处与“%s”的线没有接边（相差 %.2f 米，容差 %g 米）：与对方商定接边点。", zhBank(bank), lref.Label(m), n.Name, best, edgeMatchM),
		en: fmt.Sprintf("The line of %s does not meet that of %q at %s (%.2f m apart, within %g m): agree on the point of the border with them.", enBank(bank), n.Name, lref.Label(m), best, edgeMatchM),
	})
}

// overlapping finds where a neighbour's area and ours overlap.
func (c *checker) overlapping(name string, theirs *region) {
	for _, o := range c.overlaps(theirs) {
		if o.deepM <= edgeMatchM || o.m2 < sliverM2 {
			continue
		}
		c.add(spotted{
			bank: geo.Both, place: o.place, fromM: o.fromM, toM: o.toM, size: o.m2, unit: "m2",
			zh: fmt.Sprintf("管理范围面与“%s”的在%s处重叠 %.1f 平方米：与对方商定界线。", name, lref.Label(o.fromM), o.m2),
			en: fmt.Sprintf("The area and that of %q overlap at %s by %.1f m²: agree on the border with them.", name, lref.Label(o.fromM), o.m2),
		})
	}
}
