package rules

import (
	"fmt"
	"math"
	"slices"

	"github.com/twpayne/go-geom"

	"hetu/geo"
	"hetu/geo/lref"
	"hetu/geo/overlay"
)

// g8: the area is what the lines enclose, and its parts are the whole.
func g8(c *checker) {
	l, r := c.paths[geo.Left], c.paths[geo.Right]
	if c.area.empty() {
		if l.count() > 1 || r.count() > 1 {
			c.whole(geo.Both, 0, "m2", "没有管理范围面：由管理范围线构面。", "There is no area: derive it from the lines.")
		}
		return
	}
	if c.OneBank == "" && l.count() > 1 && r.count() > 1 {
		if flat, xy, ok := c.enclosed(l, r); ok {
			c.sameArea(flat, xy)
		}
	}
	c.edgeOnLines()
	c.linesOnEdge()
	c.partsOfWhole()
}

// enclosed is the ring that the lines and the connectors across the river make, in degrees and metres; false where it is open, which is
// told.
func (c *checker) enclosed(l, r *path) (flat, xy []float64, ok bool) {
	nl, nr := l.count()-1, r.count()-1
	start, ok1 := c.across(l, 0, r, 0)
	end, ok2 := c.across(l, nl, r, nr)
	if !ok1 || !ok2 {
		return nil, nil, false
	}
	ring := func(right, end, left, start []float64) []float64 {
		left, end = slices.Clone(left), slices.Clone(end)
		turnPairs(left)
		turnPairs(end)
		out := slices.Concat(right, end, left, start) // the connectors run from left to right
		return append(out, out[0], out[1])
	}
	return ring(r.flat, end.flat, l.flat, start.flat), ring(r.xy, end.xy, l.xy, start.xy), true
}

// across finds the connector between an end of the left line and one of the right, and gives it running from left to right; it is told if
// there is none.
func (c *checker) across(l *path, i int, r *path, j int) (*line, bool) {
	for k, conn := range c.connectors {
		n := conn.count() - 1
		if n < 1 || c.Lines.Connectors[k].Bank != geo.Both {
			continue
		}
		if conn.near(0, l.xy[2*i], l.xy[2*i+1]) && conn.near(n, r.xy[2*j], r.xy[2*j+1]) {
			return conn, true
		}
		if conn.near(n, l.xy[2*i], l.xy[2*i+1]) && conn.near(0, r.xy[2*j], r.xy[2*j+1]) {
			turned := &line{flat: slices.Clone(conn.flat), xy: slices.Clone(conn.xy)}
			turnPairs(turned.flat)
			turnPairs(turned.xy)
			return turned, true
		}
	}
	m := c.route.measure(l.q[i])
	wide := math.Hypot(l.xy[2*i]-r.xy[2*j], l.xy[2*i+1]-r.xy[2*j+1])
	c.add(spotted{
		bank: geo.Both, place: placeOf(&l.line, i, i), fromM: m, toM: m, size: wide, unit: "m",
		zh: fmt.Sprintf("左右岸管理范围线在%s一端没有连接线（相距 %.1f 米），不能构面：加一条横跨河道的连接线。", lref.Label(m), wide),
		en: fmt.Sprintf("No connector joins the two lines at the end at %s (%.1f m apart), so that they enclose no area: draw one across the river.", lref.Label(m), wide),
	})
	return nil, false
}

// sameArea holds the area against that of the ring of lines.
func (c *checker) sameArea(ring, xy []float64) {
	if math.Abs(ringM2(xy)-c.area.planeM2()) < areaM2/2 {
		return
	}
	want := overlay.AreaM2(geom.NewPolygonFlat(geom.XY, ring, []int{len(ring)}))
	if have := overlay.AreaM2(c.area.geom); math.Abs(have-want) > areaM2 {
		c.whole(geo.Both, math.Abs(have-want), "m2",
			fmt.Sprintf("管理范围面（%.1f 平方米）与管理范围线围成的面积（%.1f 平方米）相差 %.1f 平方米：由线重新构面。", have, want, math.Abs(have-want)),
			fmt.Sprintf("The area (%.1f m²) is not what the lines enclose (%.1f m²): %.1f m² apart. Derive it from the lines anew.", have, want, math.Abs(have-want)))
	}
}

// edgeOnLines finds vertices of the area that lie on no line.
func (c *checker) edgeOnLines() {
	on := c.vertexSet()
	var lines *tree
	c.area.eachRing(func(flat, xy []float64) {
		off := func(v int) float64 {
			if on[[2]float64{flat[2*v], flat[2*v+1]}] {
				return 0
			}
			if lines == nil {
				lines = treeOf(c.allXY()...)
			}
			if len(lines.segs) == 0 {
				return 0
			}
			return lines.near(xy[2*v], xy[2*v+1]).distance()
		}
		c.offVertices(len(xy)/2, off, xy, geo.Both, "管理范围面的顶点不在管理范围线上", "a vertex of the area lies on no line of the boundary")
	})
}

// allXY gives all lines in the plane.
func (c *checker) allXY() [][]float64 {
	var out [][]float64
	for _, l := range slices.Concat(c.pieces, c.connectors) {
		out = append(out, l.xy)
	}
	if c.OneBank != "" { // the area of one bank goes to the middle of the river
		for _, s := range c.route.tree.segs {
			out = append(out, []float64{s.x1, s.y1, s.x2, s.y2})
		}
	}
	return out
}

func (c *checker) vertexSet() map[[2]float64]bool {
	on := map[[2]float64]bool{}
	for _, l := range slices.Concat(c.pieces, c.connectors) {
		for i := 0; i+1 < len(l.flat); i += 2 {
			on[[2]float64{l.flat[i], l.flat[i+1]}] = true
		}
	}
	return on
}

// linesOnEdge finds vertices of the lines that do not lie on the edge of the area.
func (c *checker) linesOnEdge() {
	on := c.area.vertices()
	for _, bank := range c.banks() {
		t := c.paths[bank]
		off := func(v int) float64 {
			if _, ok := on[[2]float64{t.flat[2*v], t.flat[2*v+1]}]; ok {
				return 0
			}
			return c.area.edgeM(t.xy[2*v], t.xy[2*v+1])
		}
		c.offVertices(t.count(), off, t.xy, bank, "管理范围线不在管理范围面的边上", "the line does not lie on the edge of the area")
	}
}

// offVertices tells of rows of vertices that lie off what they should lie on.
func (c *checker) offVertices(n int, off func(i int) float64, xy []float64, bank geo.Bank, zh, en string) {
	all := func(int) bool { return true }
	runs(n, all, func(i int) bool { return off(i) > duplicateM }, func(i, j int) {
		most, from, to := 0.0, math.Inf(1), math.Inf(-1)
		for k := i; k <= j; k++ {
			m := c.measureAt(xy[2*k], xy[2*k+1])
			most, from, to = max(most, off(k)), min(from, m), max(to, m)
		}
		c.add(spotted{
			bank: bank, place: c.point(xy[2*i], xy[2*i+1]), fromM: from, toM: to, size: most, unit: "m",
			zh: fmt.Sprintf("%s处%s（相差 %.2f 米）：由线重新构面。", lref.Label(from), zh, most),
			en: fmt.Sprintf("At %s %s (%.2f m off): derive the area from the lines anew.", lref.Label(from), en, most),
		})
	})
}

// partsOfWhole holds the sum of the parts against the whole.
func (c *checker) partsOfWhole() {
	if len(c.Parts) == 0 {
		return
	}
	sum := 0.0
	for _, r := range c.parts {
		sum += r.planeM2()
	}
	if math.Abs(sum-c.area.planeM2()) < areaM2/2 {
		return
	}
	sum = 0
	for _, r := range c.parts {
		if r.geom != nil {
			sum += overlay.AreaM2(r.geom)
		}
	}
	if have := overlay.AreaM2(c.area.geom); math.Abs(sum-have) > areaM2 {
		c.whole(geo.Both, math.Abs(sum-have), "m2",
			fmt.Sprintf("分镇面之和（%.1f 平方米）与管理范围面（%.1f 平方米）相差 %.1f 平方米，超过 %g 平方米：按乡镇界重新分割。", sum, have, math.Abs(sum-have), areaM2),
			fmt.Sprintf("The parts by town sum to %.1f m² and the area is %.1f m²: %.1f m² apart, more than %g m². Cut the area at the towns' borders anew.", sum, have, math.Abs(sum-have), areaM2))
	}
}
