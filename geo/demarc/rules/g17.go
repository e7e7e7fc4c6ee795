package rules

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/twpayne/go-geom"

	"hetu/geo"
	"hetu/geo/demarc"
	"hetu/geo/lref"
)

// g17: zones tile the shoreline of each bank, touch its two lines in one part each, are of the four types and are numbered from upstream.
func g17(c *checker) {
	for _, bank := range []geo.Bank{geo.Left, geo.Right} {
		var at []int
		for i, z := range c.Zones {
			if z.Bank == bank {
				at = append(at, i)
			}
		}
		if len(at) == 0 {
			continue
		}
		// From upstream down, whatever way measures grow.
		slices.SortStableFunc(at, func(a, b int) int { return cmp.Compare(c.upper(c.Zones[a]), c.upper(c.Zones[b])) })
		c.zoneNumbers(at)
		c.zonesTile(bank, at)
		var before *outerPart
		for k, i := range at {
			c.zoneType(i)
			if !c.zoneAsked(i) && (k+1 == len(at) || !c.zoneAsked(at[k+1])) {
				before = nil
				continue
			}
			part := c.zoneTouches(bank, i)
			if before != nil && part != nil {
				c.zonesMeet(bank, before, part, i)
			}
			before = part
		}
	}
	for i, z := range c.Zones {
		if z.Bank != geo.Left && z.Bank != geo.Right {
			c.zoneFault(i, 1, "1", fmt.Sprintf("岸别“%s”应为左岸或右岸", z.Bank), fmt.Sprintf("has the bank %q, not left or right", z.Bank))
		}
	}
}

// zoneAsked tells whether a zone has to do with the range that is looked at.
func (c *checker) zoneAsked(i int) bool { return c.touches(c.Zones[i].FromM, c.Zones[i].ToM) }

// upper is where a zone begins, along the route from its upper end.
func (c *checker) upper(z demarc.Zone) float64 {
	return min(c.route.place(z.FromM), c.route.place(z.ToM))
}

// zoneFault tells of a zone at its first vertex.
func (c *checker) zoneFault(i int, size float64, unit, zh, en string) {
	var place geom.T
	if r := c.zones[i]; !r.empty() {
		place = c.point(r.tree.segs[0].x1, r.tree.segs[0].y1)
	}
	c.zoneAt(i, place, size, unit, zh, en)
}

func (c *checker) zoneAt(i int, place geom.T, size float64, unit, zh, en string) {
	z := c.Zones[i]
	c.add(spotted{
		bank: z.Bank, place: place, fromM: z.FromM, toM: z.ToM, size: size, unit: unit,
		zh: fmt.Sprintf("岸线功能区 %s（%s至%s）%s：改正。", z.RegionID, lref.Label(z.FromM), lref.Label(z.ToM), zh),
		en: fmt.Sprintf("Zone %s (%s to %s) %s: correct it.", z.RegionID, lref.Label(z.FromM), lref.Label(z.ToM), en),
	})
}

func (c *checker) zoneType(i int) {
	if z := c.Zones[i]; z.Type < demarc.Protected || z.Type > demarc.Developed {
		c.zoneFault(i, float64(z.Type), "1", fmt.Sprintf("的类型 %d 不是四类之一", z.Type), fmt.Sprintf("is of type %d, which is none of the four", z.Type))
	}
}

// zoneNumbers finds ids that are not L or R and three digits, or do not rise from upstream.
func (c *checker) zoneNumbers(at []int) {
	last := 0
	for _, i := range at {
		z := c.Zones[i]
		letter := "L"
		if z.Bank == geo.Right {
			letter = "R"
		}
		digits, ok := strings.CutPrefix(z.RegionID, letter)
		n, err := strconv.Atoi(digits)
		switch {
		case !ok || err != nil || len(digits) != 3 || n < 1:
			c.zoneFault(i, 1, "1", "的编号应为 "+letter+" 加三位数字", "should have an id of "+letter+" and three digits")
		case n <= last:
			c.zoneFault(i, float64(n), "1", fmt.Sprintf("的编号不是自上游往下递增（上游相邻为 %03d）", last), fmt.Sprintf("has an id that does not rise from upstream (the one above it is %03d)", last))
		}
		if err == nil {
			last = max(last, n)
		}
	}
}

// zonesTile finds gaps and overlaps of the zones' measures.
func (c *checker) zonesTile(bank geo.Bank, at []int) {
	byMeasure := slices.Clone(at)
	slices.SortStableFunc(byMeasure, func(a, b int) int { return cmp.Compare(c.Zones[a].FromM, c.Zones[b].FromM) })
	upTo := c.FromM
	for _, i := range byMeasure {
		z := c.Zones[i]
		switch d := z.FromM - upTo; {
		case d > routeEndM:
			c.zoneGap(bank, upTo, z.FromM, d, "没有功能区（缺口）", "no zone covers this range (a gap)")
		case d < -routeEndM:
			c.zoneGap(bank, z.FromM, min(upTo, z.ToM), -d, "功能区重叠", "zones overlap")
		}
		upTo = max(upTo, z.ToM)
	}
	if d := c.ToM - upTo; d > routeEndM {
		c.zoneGap(bank, upTo, c.ToM, d, "没有功能区（缺口）", "no zone covers this range (a gap)")
	}
}

func (c *checker) zoneGap(bank geo.Bank, fromM, toM, size float64, zh, en string) {
	c.add(spotted{
		bank: bank, place: c.onPath(bank, fromM, toM), fromM: fromM, toM: toM, size: size, unit: "m",
		zh: fmt.Sprintf("%s%s至%s%s（%.1f 米）：改正功能区的起止。", zhBank(bank), lref.Label(fromM), lref.Label(toM), zh, size),
		en: fmt.Sprintf("On %s from %s to %s %s (%.1f m): correct where the zones begin and end.", enBank(bank), lref.Label(fromM), lref.Label(toM), en, size),
	})
}

// outerPart is the part of the boundary line that a zone touches, by length along it.
type outerPart struct{ from, to float64 }

// zoneTouches finds whether a zone touches the boundary line and the near-water line in one part each, and gives the first.
func (c *checker) zoneTouches(bank geo.Bank, i int) *outerPart {
	t, r := c.paths[bank], c.zones[i]
	if r.empty() {
		c.zoneFault(i, 0, "m2", "没有图形", "has no geometry")
		return nil
	}
	if len(t.tree.segs) == 0 {
		return nil
	}
	var part *outerPart
	switch outer := r.along(t.tree); len(outer) {
	case 0:
		c.zoneFault(i, 0, "1", "不接管理范围线", "does not touch the boundary line")
	case 1:
		part = c.outerPart(t, outer[0])
	default:
		c.zoneAt(i, c.apartAt(outer), float64(len(outer)), "1", fmt.Sprintf("分 %d 段与管理范围线相接，应只有一段", len(outer)), fmt.Sprintf("touches the boundary line in %d parts, not in one", len(outer)))
	}
	water, ok := c.water[bank]
	if !ok {
		return part
	}
	switch inner := r.along(water); len(inner) {
	case 0:
		c.zoneFault(i, 0, "1", "不接临水边界线", "does not touch the near-water line")
	case 1:
	default:
		c.zoneAt(i, c.apartAt(inner), float64(len(inner)), "1", fmt.Sprintf("分 %d 段与临水边界线相接，应只有一段", len(inner)), fmt.Sprintf("touches the near-water line in %d parts, not in one", len(inner)))
	}
	return part
}

// apartAt is the place where the first of several parts ends.
func (c *checker) apartAt(parts [][]float64) geom.T {
	n := len(parts[0])
	return c.point(parts[0][n-2], parts[0][n-1])
}

// along gives the parts of a polygon's rings that lie on lines: rows of edges whose ends and middle lie there.
func (r *region) along(lines *tree) [][]float64 {
	var out [][]float64
	walk := walker{tree: lines}
	for _, xy := range r.rings {
		n := len(xy)/2 - 1
		if n < 1 {
			continue
		}
		on := make([]bool, n)
		first := -1
		before := walk.on(xy[0], xy[1])
		for i := range n {
			after := walk.on(xy[2*i+2], xy[2*i+3])
			on[i] = before && after && walk.on((xy[2*i]+xy[2*i+2])/2, (xy[2*i+1]+xy[2*i+3])/2)
			before = after
			if !on[i] && first < 0 {
				first = i
			}
		}
		if first < 0 {
			out = append(out, xy)
			continue
		}
		out = append(out, rowsOf(xy, on, first, n)...)
	}
	return out
}

// walker tells whether positions that follow each other lie on lines: the next mostly lies near the last.
type walker struct {
	tree *tree
	last int
}

func (w *walker) on(x, y float64) bool {
	for k := max(0, w.last-1); k < min(len(w.tree.segs), w.last+2); k++ {
		if _, d2 := w.tree.segs[k].foot(x, y); d2 <= edgeMatchM*edgeMatchM {
			w.last = k
			return true
		}
	}
	s := w.tree.closest(x, y, edgeMatchM)
	if s.seg >= 0 {
		w.last = s.seg
	}
	return s.seg >= 0
}

// rowsOf gives the rows of edges that are on, going round from one that is not. A row of no length to speak of is none: the corner of a
// zone that touches.
func rowsOf(xy []float64, on []bool, first, n int) [][]float64 {
	var out [][]float64
	var row []float64
	for k := 1; k <= n; k++ {
		i := (first + k) % n
		if on[i] {
			if row == nil {
				row = []float64{xy[2*i], xy[2*i+1]}
			}
			row = append(row, xy[2*i+2], xy[2*i+3])
			continue
		}
		if lengthOfM(row) > edgeMatchM {
			out = append(out, row)
		}
		row = nil
	}
	return out
}

func lengthOfM(xy []float64) float64 {
	sum := 0.0
	for i := 2; i+1 < len(xy); i += 2 {
		sum += math.Hypot(xy[i]-xy[i-2], xy[i+1]-xy[i-1])
	}
	return sum
}

// outerPart gives where along a path a row of places on it begins and ends.
func (c *checker) outerPart(t *path, row []float64) *outerPart {
	at := func(x, y float64) float64 {
		s := t.tree.near(x, y)
		return t.length[s.seg] + (t.length[s.seg+1]-t.length[s.seg])*s.t
	}
	n := len(row)
	a, b := at(row[0], row[1]), at(row[n-2], row[n-1])
	return &outerPart{min(a, b), max(a, b)}
}

// zonesMeet finds where a zone does not begin, along the boundary line, where the one upstream of it ends.
func (c *checker) zonesMeet(bank geo.Bank, before, part *outerPart, i int) {
	d := part.from - before.to
	if math.Abs(d) <= edgeMatchM {
		return
	}
	t := c.paths[bank]
	v := t.vertexAt(min(before.to, part.from))
	if d > 0 {
		c.zoneAt(i, placeOf(&t.line, v, v+1), d, "m", fmt.Sprintf("与上游相邻功能区之间沿管理范围线空 %.2f 米", d), fmt.Sprintf("leaves %.2f m of the boundary line open to the zone upstream", d))
		return
	}
	c.zoneAt(i, placeOf(&t.line, v, v+1), -d, "m", fmt.Sprintf("与上游相邻功能区沿管理范围线重叠 %.2f 米", -d), fmt.Sprintf("overlaps the zone upstream along the boundary line by %.2f m", -d))
}
