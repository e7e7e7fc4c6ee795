package rules

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/twpayne/go-geom"

	"hetu/geo"
	"hetu/geo/demarc"
	"hetu/geo/lref"
)

// placed is a stake on its bank's path.
type placed struct {
	demarc.Stake
	x, y   float64
	offM   float64 // from the path
	length float64 // along the path
	m      float64 // the measure of the place of the route that it lies opposite
	lo, hi float64 // the measures that it may be told to lie opposite
}

// onLine lays the stakes of a bank beside its path.
func (c *checker) onLine(bank geo.Bank) []placed {
	if known, ok := c.placed[bank]; ok {
		return known
	}
	t := c.paths[bank]
	var out []placed
	for _, s := range c.Stakes {
		if s.Bank != bank || !c.sane(s.Lon, s.Lat) || len(t.tree.segs) == 0 {
			continue
		}
		p := placed{Stake: s}
		p.x, p.y = c.plane.To(s.Lon, s.Lat)
		at := t.tree.near(p.x, p.y)
		p.offM = at.distance()
		p.length = t.length[at.seg] + (t.length[at.seg+1]-t.length[at.seg])*at.t
		q := c.route.next(p.x, p.y, t.q[at.seg]+(t.q[at.seg+1]-t.q[at.seg])*at.t, followM, 0, c.route.segments())
		p.m = c.route.measure(q)
		p.lo, p.hi = c.route.opposite(p.x, p.y, q)
		out = append(out, p)
	}
	c.placed[bank] = out
	return out
}

func (c *checker) stakePoint(s demarc.Stake) geom.T {
	return geom.NewPointFlat(geom.XY, []float64{s.Lon, s.Lat})
}

// g14: stakes stand on their line, are numbered by measure and near enough to each other, and the table tells where they stand.
func g14(c *checker) {
	for _, bank := range c.banks() {
		stakes := c.onLine(bank)
		for _, s := range stakes {
			c.offLine(s)
		}
		c.numbers(bank, stakes)
		c.spacing(bank, stakes)
	}
	c.table()
}

func (c *checker) offLine(s placed) {
	limit := electronicOffM
	switch s.Kind {
	case demarc.Physical:
		limit = physicalOffM
	case demarc.Moved, demarc.Sign:
		return
	}
	if s.offM <= limit {
		return
	}
	zh, en := "移到线上", "move it onto the line"
	if s.Kind == demarc.Physical {
		zh, en = "登记为移位桩，或移到线上", "register it as moved (移位桩), or move it onto the line"
	}
	c.add(spotted{
		bank: s.Bank, place: c.stakePoint(s.Stake), fromM: s.MeasureM, toM: s.MeasureM, size: s.offM, unit: "m",
		zh: fmt.Sprintf("界桩 %s 离管理范围线 %.2f 米，超过 %g 米：%s。", s.Name, s.offM, limit, zh),
		en: fmt.Sprintf("Stake %s stands %.2f m off the line, more than %g m: %s.", s.Name, s.offM, limit, en),
	})
}

// numbers finds numbers given twice, and stakes of the first numbering that stand out of its order. Numbers grow with the measure, or
// against it, the whole bank one way.
func (c *checker) numbers(bank geo.Bank, stakes []placed) {
	first, ok := c.FirstNumbers[bank]
	seen := map[int]string{}
	var order []placed
	for _, s := range stakes {
		if s.Kind == demarc.Sign {
			continue
		}
		if name, twice := seen[s.Number]; twice {
			c.stakeFault(s, float64(s.Number), fmt.Sprintf("与 %s 同号（%d）：编号不得重复使用，另编新号", name, s.Number), fmt.Sprintf("has the number %[2]d of %[1]s: a number is never given twice, give it a new one", name, s.Number))
		}
		seen[s.Number] = s.Name
		if !ok || s.Number <= first {
			order = append(order, s)
		}
	}
	slices.SortStableFunc(order, func(a, b placed) int { return cmp.Compare(a.MeasureM, b.MeasureM) })
	rises := 0
	for i := 1; i < len(order); i++ {
		rises += sign(float64(order[i].Number - order[i-1].Number))
	}
	for i := 1; i < len(order); i++ {
		a, b := order[i-1], order[i]
		if d := b.Number - a.Number; b.MeasureM-a.MeasureM > measureM && (rises >= 0 && d < 0 || rises < 0 && d > 0) {
			c.stakeFault(b, float64(b.Number), fmt.Sprintf("的编号 %d 与里程次序不符（相邻 %s 为 %d）：按里程编号", b.Number, a.Name, a.Number), fmt.Sprintf("has number %d, out of the order of measures (%s beside it has %d): number stakes by measure", b.Number, a.Name, a.Number))
		}
	}
}

func (c *checker) stakeFault(s placed, size float64, zh, en string) {
	c.add(spotted{
		bank: s.Bank, place: c.stakePoint(s.Stake), fromM: s.MeasureM, toM: s.MeasureM, size: size, unit: "1",
		zh: fmt.Sprintf("界桩 %s（%s）%s。", s.Name, lref.Label(s.MeasureM), zh), en: fmt.Sprintf("Stake %s at %s %s.", s.Name, lref.Label(s.MeasureM), en),
	})
}

// spacing finds stretches of the line without a stake that are too long.
func (c *checker) spacing(bank geo.Bank, stakes []placed) {
	t, most := c.paths[bank], c.Profile.MaxStakeSpacingM
	if most <= 0 || len(c.Stakes) == 0 || t.count() < 2 {
		return
	}
	stops := []float64{0, t.length[t.count()-1]}
	for _, s := range stakes {
		if s.Kind != demarc.Sign {
			stops = append(stops, s.length)
		}
	}
	slices.Sort(stops)
	for i := 1; i < len(stops); i++ {
		if d := stops[i] - stops[i-1]; d > most+measureM {
			a, b := t.vertexAt(stops[i-1]), t.vertexAt(stops[i])
			from, to := c.span(t.q, a, b)
			c.add(spotted{
				bank: bank, place: placeOf(&t.line, a, b), fromM: from, toM: to, size: d, unit: "m",
				zh: fmt.Sprintf("%s%s至%s之间 %.0f 米没有界桩，最大桩距 %.0f 米：加桩。", zhBank(bank), lref.Label(from), lref.Label(to), d, most),
				en: fmt.Sprintf("No stake stands on %s from %s to %s, %.0f m; %.0f m is the most between two: add stakes.", enBank(bank), lref.Label(from), lref.Label(to), d, most),
			})
		}
	}
}

// vertexAt gives the last vertex of a path up to a length along it.
func (t *path) vertexAt(length float64) int {
	i, found := slices.BinarySearch(t.length, length)
	if found {
		return i
	}
	return max(0, i-1)
}

// table holds the printed table against the stakes.
func (c *checker) table() {
	if len(c.StakeTable) == 0 {
		return
	}
	rows := map[string]int{}
	for i, r := range c.StakeTable {
		rows[r.Name] = i
	}
	known := map[string]bool{}
	for _, s := range c.Stakes {
		known[s.Name] = true
		i, ok := rows[s.Name]
		if !ok {
			c.stakeFault(placed{Stake: s}, 1, "不在界桩成果表中：重新生成成果表", "has no row in the stake table: make the table anew")
			continue
		}
		if c.sane(s.Lon, s.Lat) {
			c.row(s, c.StakeTable[i])
		}
	}
	for i, r := range c.StakeTable {
		if !known[r.Name] {
			c.whole(geo.Both, float64(i+1), "1", fmt.Sprintf("界桩成果表第 %d 行“%s”没有对应的界桩：重新生成成果表。", i+1, r.Name), fmt.Sprintf("Row %d of the stake table, %q, is no stake: make the table anew.", i+1, r.Name))
		}
	}
}

// row holds one row against its stake.
func (c *checker) row(s demarc.Stake, r StakeRow) {
	d := 0.0
	if c.sane(r.Lon, r.Lat) {
		x, y := c.plane.To(s.Lon, s.Lat)
		rx, ry := c.plane.To(r.Lon, r.Lat)
		d = math.Hypot(x-rx, y-ry)
	} else {
		d = math.Inf(1)
	}
	if r.System.Kind != "" {
		east, north := r.System.FromLonLat(s.Lon, s.Lat)
		d = max(d, math.Hypot(east-r.EastY, north-r.NorthX))
	}
	if !(d > tableM) || c.rowSlip(s, r) != noSlip {
		return
	}
	c.add(spotted{
		bank: s.Bank, place: c.stakePoint(s), fromM: s.MeasureM, toM: s.MeasureM, size: d, unit: "m",
		zh: fmt.Sprintf("界桩 %s 的成果表坐标与图形相差 %.4f 米，超过 1 毫米：重新生成成果表。", s.Name, d),
		en: fmt.Sprintf("The table puts stake %s %.4f m off where it stands, more than 1 mm: make the table anew.", s.Name, d),
	})
}

// g15: the bank and the measure of every stake are those of where it stands.
func g15(c *checker) {
	for _, bank := range []geo.Bank{geo.Left, geo.Right} {
		for _, s := range c.onLine(bank) {
			c.stakeBank(s)
			c.stakeMeasure(s)
		}
	}
}

func (c *checker) stakeBank(s placed) {
	left, beyond := side(c.route.tree, c.route.tree.near(s.x, s.y), s.x, s.y)
	if beyond || left == (s.Bank == geo.Left) {
		return
	}
	is := geo.Right
	if left {
		is = geo.Left
	}
	c.stakeFault(s, 1, fmt.Sprintf("登记为%s，实际位于%s：改正岸别", zhBank(s.Bank), zhBank(is)), fmt.Sprintf("is registered on %s and stands on %s: correct its bank", enBank(s.Bank), enBank(is)))
}

// stakeMeasure recomputes a stake's measure. In a bend a stake may lie opposite several places (A10); one of them is enough.
func (c *checker) stakeMeasure(s placed) {
	d := max(s.lo-s.MeasureM, s.MeasureM-s.hi)
	if d <= stakeMeasureM {
		return
	}
	for _, hit := range lref.Candidates(c.Route, s.Lon, s.Lat, s.offCentre(c)) {
		if math.Abs(hit.MeasureM-s.MeasureM) <= stakeMeasureM {
			return
		}
	}
	c.add(spotted{
		bank: s.Bank, place: c.stakePoint(s.Stake), fromM: min(s.m, s.MeasureM), toM: max(s.m, s.MeasureM), size: d, unit: "m",
		zh: fmt.Sprintf("界桩 %s 登记里程 %s，按位置应为 %s（相差 %.1f 米）：改正里程。", s.Name, lref.Label(s.MeasureM), lref.Label(s.m), d),
		en: fmt.Sprintf("Stake %s is registered at %s and stands opposite %s (%.1f m apart): correct its measure.", s.Name, lref.Label(s.MeasureM), lref.Label(s.m), d),
	})
}

// offCentre is how far from the nearest place of the route another may be that the stake lies opposite.
func (s placed) offCentre(c *checker) float64 { return c.route.tree.near(s.x, s.y).distance() + 1 }
