package rules

import (
	"fmt"
	"math"

	"hetu/geo/demarc"
	"hetu/geo/lref"
)

// g20: the line lies near its river in the base network.
func g20(c *checker) {
	for _, bank := range c.banks() {
		t := c.paths[bank]
		off := func(i int) float64 { return c.base.near(t.xy[2*i], t.xy[2*i+1]).distance() }
		runs(t.count(), func(i int) bool { return c.wants(t.q, i) }, func(i int) bool { return off(i) > farM }, func(i, j int) {
			most := 0.0
			for k := i; k <= j; k++ {
				most = max(most, off(k))
			}
			from, to := c.span(t.q, i, j)
			c.add(spotted{
				bank: bank, place: placeOf(&t.line, i, j), fromM: from, toM: to, size: most, unit: "m",
				zh: fmt.Sprintf("%s管理范围线在%s至%s离基础水系中的本河 %.0f 米，超过 %g 米：检查坐标系和数据是否过期。", zhBank(bank), lref.Label(from), lref.Label(to), most, farM),
				en: fmt.Sprintf("The line of %s from %s to %s lies up to %.0f m from its river in the base network, more than %g m: check its reference system, and whether it is out of date.", enBank(bank), lref.Label(from), lref.Label(to), most, farM),
			})
		})
	}
}

// g21: no coordinate is ten times, a tenth or swapped against its neighbours.
func g21(c *checker) {
	for i := range c.wild {
		w := &c.wild[i]
		how := w.slip(c.box)
		if how == noSlip {
			continue
		}
		zh, en := slipWords(how)
		c.add(spotted{
			bank: w.bank, place: c.besideWild(w), fromM: w.m, toM: w.m, size: 1, unit: "1",
			zh: fmt.Sprintf("%s坐标 (%g, %g) 与相邻点相比%s：改正该坐标。", w.zh, w.lon, w.lat, zh),
			en: fmt.Sprintf("The coordinate (%g, %g) of a %s is %s against its neighbours: correct it.", w.lon, w.lat, w.what, en),
		})
	}
	rows := map[string]demarc.Stake{}
	for _, s := range c.Stakes {
		rows[s.Name] = s
	}
	for i, r := range c.StakeTable {
		if s, ok := rows[r.Name]; ok && c.sane(s.Lon, s.Lat) {
			c.slippedRow(i, s, r)
		}
	}
}

func (c *checker) slippedRow(i int, s demarc.Stake, r StakeRow) {
	how := c.rowSlip(s, r)
	if how == noSlip {
		return
	}
	zh, en := slipWords(how)
	c.add(spotted{
		bank: s.Bank, place: c.stakePoint(s), fromM: s.MeasureM, toM: s.MeasureM, size: float64(i + 1), unit: "1",
		zh: fmt.Sprintf("界桩成果表第 %d 行（%s）的坐标%s：改正该行。", i+1, s.Name, zh),
		en: fmt.Sprintf("The coordinates in row %d of the stake table (%s) are %s: correct the row.", i+1, s.Name, en),
	})
}

func slipWords(how slip) (zh, en string) {
	switch how {
	case swapped:
		return "经纬度（或 X、Y）颠倒", "swapped"
	case tenTimes:
		return "大了十倍（多一位）", "ten times too large"
	case tenthPart:
		return "小了十倍（少一位）", "a tenth of what it should be"
	case zoned:
		return "多带了带号", "written with the number of the zone"
	}
	return "", ""
}

// slipTableM is how near what a slip is put right to has to come.
const slipTableM = 10.0

// rowSlip tells how a row of the stake table was written wrong, if a slip of the pen explains it.
func (c *checker) rowSlip(s demarc.Stake, r StakeRow) slip {
	if w := (&wild{lon: r.Lon, lat: r.Lat}); !c.sane(r.Lon, r.Lat) {
		if how := w.slip(c.box); how != noSlip {
			return how
		}
	}
	if r.System.Kind == "" {
		return noSlip
	}
	east, north := r.System.FromLonLat(s.Lon, s.Lat)
	is := func(n, e float64) bool { return math.Abs(n-north) < slipTableM && math.Abs(e-east) < slipTableM }
	switch n, e := r.NorthX, r.EastY; {
	case is(n, e):
		return noSlip
	case is(e, n):
		return swapped
	case is(n/10, e), is(n, e/10), is(n/10, e/10):
		return tenTimes
	case is(n*10, e), is(n, e*10), is(n*10, e*10):
		return tenthPart
	case e > 1e6 && is(n, math.Mod(e, 1e6)+math.Floor(east/1e6)*1e6):
		return zoned
	}
	return noSlip
}
