package rules

import (
	"fmt"
	"math"
	"slices"

	"github.com/twpayne/go-geom"

	"hetu/geo"
	"hetu/geo/lref"
)

// g1: valid, simple, no spike, no repeated vertex, no dangle, no pseudo-node.
func g1(c *checker) {
	for _, bank := range c.banks() {
		t := c.paths[bank]
		c.vertices(&t.line, bank)
		for _, g := range t.gaps {
			c.dangle(t, g)
		}
	}
	for i := range c.connectors {
		if conn := c.Lines.Connectors[i]; conn.Bank == geo.Both || !c.paths[conn.Bank].used[i] {
			c.vertices(c.connectors[i], conn.Bank)
			c.loose(i)
		}
	}
	c.pseudoNodes()
	c.crossings()
	c.rings()
}

// vertices finds vertices that stand twice, segments that are too short, and spikes.
func (c *checker) vertices(l *line, bank geo.Bank) {
	short := func(i int) bool { return i > 0 && l.stepM(i) < shortestM }
	runs(l.count(), func(i int) bool { return c.wants(l.q, i) }, short, func(i, j int) {
		from, to := c.span(l.q, i-1, j)
		d := l.stepM(i)
		s := spotted{bank: bank, place: placeOf(l, i, i), fromM: from, toM: to, size: d, unit: "m"}
		if d <= duplicateM {
			s.zh = fmt.Sprintf("%s%s处有重复点（相距 %.3f 米，容差 %.2f 米）：删除其中一个。", zhBank(bank), lref.Label(from), d, duplicateM)
			s.en = fmt.Sprintf("A vertex stands twice on %s at %s (%.3f m apart, within %.2f m): delete one of the two.", enBank(bank), lref.Label(from), d, duplicateM)
		} else {
			s.zh = fmt.Sprintf("%s%s处线段过短（%.3f 米，最短 %.2f 米）：合并相邻两点。", zhBank(bank), lref.Label(from), d, shortestM)
			s.en = fmt.Sprintf("A segment of %s at %s is too short (%.3f m, at least %.2f m): join its two vertices.", enBank(bank), lref.Label(from), d, shortestM)
		}
		c.add(s)
	})
	for i := 1; i+1 < l.count(); i++ {
		if !c.wants(l.q, i) || short(i) || short(i+1) {
			continue
		}
		if deg := l.angleDeg(i); deg < spikeDeg {
			m := c.route.measure(l.q[i])
			c.add(spotted{
				bank: bank, place: placeOf(l, i, i), fromM: m, toM: m, size: deg, unit: "deg",
				zh: fmt.Sprintf("%s%s处有尖刺（夹角 %.2f°，小于 %g°）：删除尖端的点。", zhBank(bank), lref.Label(m), deg, spikeDeg),
				en: fmt.Sprintf("There is a spike on %s at %s (an angle of %.2f°, less than %g°): delete the vertex at its tip.", enBank(bank), lref.Label(m), deg, spikeDeg),
			})
		}
	}
}

// stepM is how far vertex i lies from the one before.
func (l *line) stepM(i int) float64 {
	return math.Hypot(l.xy[2*i]-l.xy[2*i-2], l.xy[2*i+1]-l.xy[2*i-1])
}

// angleDeg is the angle between the two segments at a vertex: 180 where the line goes straight on, 0 where it turns straight back.
func (l *line) angleDeg(i int) float64 {
	ax, ay := l.xy[2*i-2]-l.xy[2*i], l.xy[2*i-1]-l.xy[2*i+1]
	bx, by := l.xy[2*i+2]-l.xy[2*i], l.xy[2*i+3]-l.xy[2*i+1]
	return math.Abs(math.Atan2(ax*by-ay*bx, ax*bx+ay*by)) * 180 / math.Pi
}

// dangle tells of a gap between two pieces, which no connector closes.
func (c *checker) dangle(t *path, g gap) {
	i := g.at
	from, to := c.span(t.q, i, i+1)
	d := t.stepM(i + 1)
	c.add(spotted{
		bank: t.bank, place: placeOf(&t.line, i, i+1), fromM: from, toM: to, size: d, unit: "m",
		zh: fmt.Sprintf("%s第 %d 段与第 %d 段在%s处断开 %.2f 米（悬挂点）：接上两端，或加连接线。", zhBank(t.bank), g.before+1, g.after+1, lref.Label(from), d),
		en: fmt.Sprintf("Pieces %d and %d of %s do not meet at %s: %.2f m lie between their ends (a dangle). Join the ends, or draw a connector.", g.before+1, g.after+1, enBank(t.bank), lref.Label(from), d),
	})
}

// loose tells of a connector whose end meets no line.
func (c *checker) loose(i int) {
	l := c.connectors[i]
	if l.count() < 2 {
		return
	}
	for _, v := range []int{0, l.count() - 1} {
		x, y := l.xy[2*v], l.xy[2*v+1]
		if d := c.toOthers(i, x, y); d > duplicateM {
			m := c.route.measure(l.q[v])
			c.add(spotted{
				bank: c.Lines.Connectors[i].Bank, place: placeOf(l, v, v), fromM: m, toM: m, size: d, unit: "m",
				zh: fmt.Sprintf("%s处连接线的一端悬空，距最近的线 %.2f 米：把它接到线上。", lref.Label(m), d),
				en: fmt.Sprintf("One end of the connector at %s meets no line: the nearest is %.2f m off. Draw it up to the line.", lref.Label(m), d),
			})
		}
	}
}

// toOthers is how far a position lies from what a connector may end on: the lines of the banks, and other connectors' ends.
func (c *checker) toOthers(connector int, x, y float64) float64 {
	best := math.Inf(1)
	for _, bank := range c.banks() {
		if t := c.paths[bank]; len(t.tree.segs) > 0 {
			best = min(best, t.tree.near(x, y).distance())
		}
	}
	for i, l := range c.connectors {
		for v := 0; i != connector && v < l.count(); v += max(1, l.count()-1) {
			best = min(best, math.Hypot(l.xy[2*v]-x, l.xy[2*v+1]-y))
		}
	}
	if c.OneBank != "" {
		best = min(best, c.route.tree.near(x, y).distance())
	}
	return best
}

// pseudoNodes finds where two pieces meet that nothing tells apart.
func (c *checker) pseudoNodes() {
	for _, bank := range c.banks() {
		before := -1
		for i, p := range c.Lines.Pieces {
			l := c.pieces[i]
			if p.Bank != bank || l.count() < 2 {
				continue
			}
			if before >= 0 {
				b, end := c.Lines.Pieces[before], c.pieces[before]
				n := end.count() - 1
				same := b.Basis == p.Basis && b.WidthM == p.WidthM && b.Source == p.Source && b.Reason == p.Reason
				if same && l.near(0, end.xy[2*n], end.xy[2*n+1]) && !c.onBorder(l.xy[0], l.xy[1]) {
					c.pseudoNode(bank, before, i)
				}
			}
			before = i
		}
	}
}

// onBorder tells whether a position lies on the edge of a division, where a line is cut though nothing else changes.
func (c *checker) onBorder(x, y float64) bool {
	return slices.ContainsFunc(c.towns, func(r *region) bool { return r.edgeM(x, y) <= edgeMatchM })
}

func (c *checker) pseudoNode(bank geo.Bank, before, after int) {
	l := c.pieces[after]
	m := c.route.measure(l.q[0])
	c.add(spotted{
		bank: bank, place: placeOf(l, 0, 0), fromM: m, toM: m, size: 1, unit: "1",
		zh: fmt.Sprintf("%s第 %d 段与第 %d 段在%s处相接，依据、宽度和来源都相同（伪节点）：合并为一段。", zhBank(bank), before+1, after+1, lref.Label(m)),
		en: fmt.Sprintf("Pieces %d and %d of %s meet at %s and have one basis, width and source (a pseudo-node): make them one piece.", before+1, after+1, enBank(bank), lref.Label(m)),
	})
}

// crossings finds where lines cross, touch or run over themselves or each other.
func (c *checker) crossings() {
	places := c.netPlaces()
	last := map[[2]int]int{} // of two lines: the segment at which they met last
	near := c.around()
	wanted := func(i int) bool { return c.net.segs[i].box().Meets(near) }
	knots(c.net, c.netCounts, wanted, func(k knot) bool {
		x, y := c.plane.To(k.x, k.y)
		a, b := c.net.segs[k.a], c.net.segs[k.b]
		bank, m := places(int(a.line), x, y)
		pair := [2]int{int(a.line), int(b.line)}
		if was, ok := last[pair]; ok && k.a-was <= 1 && k.how != cross {
			last[pair] = k.a
			return true // one overlap, told once
		}
		last[pair] = k.a
		c.knotted(bank, m, x, y, k.how, a.line == b.line)
		return true
	})
}

func (c *checker) knotted(bank geo.Bank, m, x, y float64, how contact, itself bool) {
	zh, en := "与另一条线相交", "crosses another line"
	switch {
	case itself && how == cross:
		zh, en = "自相交", "crosses itself"
	case itself && how == overlap:
		zh, en = "与自身重叠（折返）", "runs back over itself"
	case itself:
		zh, en = "与自身相接", "touches itself"
	case how == overlap:
		zh, en = "与另一条线重叠", "runs over another line"
	case how == touch:
		zh, en = "与另一条线在中途相接", "touches another line where that does not end"
	}
	c.add(spotted{
		bank: bank, place: c.point(x, y), fromM: m, toM: m, size: 1, unit: "1",
		zh: fmt.Sprintf("%s管理范围线在%s处%s：移动或删除此处的点。", zhBank(bank), lref.Label(m), zh),
		en: fmt.Sprintf("The line of %s %s at %s: move or delete the vertices there.", enBank(bank), en, lref.Label(m)),
	})
}

// netPlaces tells for a place on a line of the net its bank and measure.
func (c *checker) netPlaces() func(l int, x, y float64) (geo.Bank, float64) {
	return func(l int, x, y float64) (geo.Bank, float64) {
		if l < len(c.pieces) {
			piece := c.Lines.Pieces[l]
			lo, hi := c.route.window(c.reach(piece.FromM, piece.ToM))
			s := c.route.tree.nearest(x, y, lo, hi)
			return piece.Bank, c.route.measure(float64(s.seg) + s.t)
		}
		return c.Lines.Connectors[l-len(c.pieces)].Bank, c.measureAt(x, y)
	}
}

// rings finds where the rings of the area meet themselves or each other, beside what is found of the lines that it was made of.
func (c *checker) rings() {
	if c.area.geom == nil {
		return
	}
	told := append([]geom.T{}, placesOf(c)...)
	t, counts := ringTree(c.area.geom, c.around())
	knots(t, counts, nil, func(k knot) bool {
		a, b := t.segs[k.a], t.segs[k.b]
		if a.line != b.line && k.how == touch {
			return true // two rings may touch at a point; Valid tells when they do so twice
		}
		x, y := c.plane.To(k.x, k.y)
		if m := c.measureAt(x, y); !c.near(told, x, y) {
			c.add(spotted{
				bank: geo.Both, place: c.point(x, y), fromM: m, toM: m, size: 1, unit: "1",
				zh: fmt.Sprintf("管理范围面的边界在%s处自相交：由管理范围线重新构面。", lref.Label(m)),
				en: fmt.Sprintf("The edge of the area crosses itself at %s: derive the area from the lines anew.", lref.Label(m)),
			})
		}
		return true
	})
}

// ringTree takes in the segments of a polygon's rings that lie in a box, and tells how many each ring has.
func ringTree(m *geom.MultiPolygon, near box) (t *tree, counts []int) {
	all := &tree{}
	for i := range m.NumPolygons() {
		for p, j := m.Polygon(i), 0; j < p.NumLinearRings(); j++ {
			flat := distinct(p.LinearRing(j).FlatCoords(), m.Stride())
			all.addLine(flat, len(counts))
			counts = append(counts, max(0, len(flat)/2-1))
		}
	}
	all.segs = slices.DeleteFunc(all.segs, func(s segment) bool { return !s.box().Meets(near) })
	return all.index(), counts
}

func placesOf(c *checker) []geom.T {
	var out []geom.T
	for _, f := range c.found {
		if f.Rule == c.rule.ID {
			out = append(out, f.Place)
		}
	}
	return out
}

// near tells whether one of some points lies within a metre of a position.
func (c *checker) near(points []geom.T, x, y float64) bool {
	for _, p := range points {
		if p, ok := p.(*geom.Point); ok {
			px, py := c.plane.To(p.X(), p.Y())
			if math.Hypot(px-x, py-y) < 1 {
				return true
			}
		}
	}
	return false
}
