package rules

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/twpayne/go-geom"

	"hetu/geo"
	"hetu/geo/lref"
)

// g10: the pieces of each bank tile the measures of the stretch.
func g10(c *checker) {
	for _, bank := range c.banks() {
		c.tiled(bank)
	}
}

func (c *checker) tiled(bank geo.Bank) {
	var at []int
	for i, p := range c.Lines.Pieces {
		if p.Bank == bank {
			at = append(at, i)
		}
	}
	slices.SortStableFunc(at, func(a, b int) int { return cmp.Compare(c.Lines.Pieces[a].FromM, c.Lines.Pieces[b].FromM) })
	upTo, slack, stops := c.FromM, routeEndM, c.stopsAtMouth(bank)
	for _, i := range at {
		p := c.Lines.Pieces[i]
		if !(p.FromM < p.ToM) {
			c.tileFault(bank, p.FromM, p.FromM, 0, fmt.Sprintf("第 %d 段的起止里程颠倒或为零", i+1), fmt.Sprintf("piece %d has no length in measures", i+1))
			continue
		}
		switch d := p.FromM - upTo; {
		case d > slack && upTo == c.FromM && stops && c.route.falls():
		case d > slack:
			c.tileFault(bank, upTo, p.FromM, d, "没有分段（缺口）", "no piece covers this range (a gap)")
		case d < -measureM && upTo > c.FromM:
			c.tileFault(bank, p.FromM, min(upTo, p.ToM), -d, "有分段重叠", "pieces overlap")
		case d < -routeEndM:
			c.tileFault(bank, p.FromM, upTo, -d, "超出河段起点", "a piece reaches beyond the stretch")
		}
		upTo, slack = max(upTo, p.ToM), measureM
	}
	switch d := c.ToM - upTo; {
	case d > routeEndM && stops && !c.route.falls():
	case d > routeEndM:
		c.tileFault(bank, upTo, c.ToM, d, "没有分段（缺口）", "no piece covers this range (a gap)")
	case d < -routeEndM:
		c.tileFault(bank, c.ToM, upTo, -d, "超出河段终点", "a piece reaches beyond the stretch")
	}
}

// stopsAtMouth tells whether a bank's line ends on the boundary of the river that ours flows into, as a tributary's does (A6).
func (c *checker) stopsAtMouth(bank geo.Bank) bool {
	t := c.paths[bank]
	if t == nil || t.count() == 0 {
		return false
	}
	n := t.count() - 1
	for i, o := range c.Others {
		if o.Main && !c.others[i].empty() && c.others[i].edgeM(t.xy[2*n], t.xy[2*n+1]) <= edgeMatchM {
			return true
		}
	}
	return false
}

func (c *checker) tileFault(bank geo.Bank, fromM, toM, size float64, zh, en string) {
	c.add(spotted{
		bank: bank, place: c.onPath(bank, fromM, toM), fromM: fromM, toM: toM, size: size, unit: "m",
		zh: fmt.Sprintf("%s%s至%s%s（%.2f 米）：修改分段的起止里程。", zhBank(bank), lref.Label(fromM), lref.Label(toM), zh, size),
		en: fmt.Sprintf("On %s from %s to %s %s (%.2f m): correct the measures of the pieces.", enBank(bank), lref.Label(fromM), lref.Label(toM), en, size),
	})
}

// onPath is the place of a bank's line between two measures; where there is no line near, that of the route at the upper one.
func (c *checker) onPath(bank geo.Bank, fromM, toM float64) geom.T {
	from, to := c.route.along(c.route.place(fromM)), c.route.along(c.route.place(toM))
	t := c.paths[bank]
	i, far := c.vertexBeside(t, min(from, to))
	j, _ := c.vertexBeside(t, max(from, to))
	if i < 0 || far > placeM/2 {
		x, y, _, _ := c.route.position(min(c.route.place(fromM), c.route.place(toM)))
		return c.point(x, y)
	}
	return placeOf(&t.line, min(i, j), max(i, j))
}

// vertexBeside gives the vertex of a path that lies nearest to opposite a place of the route, and how far off it is along that.
func (c *checker) vertexBeside(t *path, along float64) (vertex int, off float64) {
	vertex, off = -1, math.Inf(1)
	for i := 0; t != nil && i < t.count(); i++ {
		if d := math.Abs(c.route.along(t.q[i]) - along); d < off {
			vertex, off = i, d
		}
	}
	return vertex, off
}
