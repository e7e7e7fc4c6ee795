package rules

import (
	"fmt"
	"math"

	"github.com/twpayne/go-geom"

	"hetu/geo"
	"hetu/geo/lref"
)

// g3: the reference system is declared, and all lies in the declared divisions and in the country.
func g3(c *checker) {
	if c.SRID != geo.CGCS2000 {
		c.whole(geo.Both, float64(c.SRID), "1", "未声明坐标系，或不是 CGCS2000（EPSG:4490）：声明坐标系，或转换后再导入。",
			"The reference system is not declared as CGCS2000 (EPSG:4490): declare it, or convert the lines and import them again.")
	}
	c.declaredLines()
	for i := range c.wild {
		if w := c.wild[i]; w.slip(c.box) == noSlip {
			c.abroad(&w)
		}
	}
	for _, bank := range c.banks() {
		c.outsideDivisions(c.paths[bank])
	}
}

// declaredLines finds lines that say that they are of another system.
func (c *checker) declaredLines() {
	for i, p := range c.Lines.Pieces {
		if p.Line == nil || p.Line.SRID() == 0 || p.Line.SRID() == int(geo.CGCS2000) {
			continue
		}
		c.add(spotted{
			bank: p.Bank, fromM: p.FromM, toM: p.ToM, size: float64(p.Line.SRID()), unit: "1",
			zh: fmt.Sprintf("%s第 %d 段的坐标系是 EPSG:%d，不是 EPSG:4490：转换后再导入。", zhBank(p.Bank), i+1, p.Line.SRID()),
			en: fmt.Sprintf("Piece %d of %s is in EPSG:%d, not in EPSG:4490: convert it and import it again.", i+1, enBank(p.Bank), p.Line.SRID()),
		})
	}
}

// abroad tells of a coordinate that lies nowhere near, and that no slip of the pen explains.
func (c *checker) abroad(w *wild) {
	zh, en := "远离河道", "nowhere near the river"
	if !geo.China().Contains(w.lon, w.lat) {
		zh, en = "超出全国范围（经度 73–136，纬度 3–54）", "outside the country (longitude 73 to 136, latitude 3 to 54)"
	}
	c.add(spotted{
		bank: w.bank, place: c.besideWild(w), fromM: w.m, toM: w.m, size: 1, unit: "1",
		zh: fmt.Sprintf("%s坐标 (%g, %g) %s：改正或删除该点。", w.zh, w.lon, w.lat, zh),
		en: fmt.Sprintf("The coordinate (%g, %g) of a %s lies %s: correct it, or delete the vertex.", w.lon, w.lat, w.what, en),
	})
}

// besideWild is the place of a coordinate that lies nowhere near: where the vertex beside it is.
func (c *checker) besideWild(w *wild) geom.T {
	if math.IsNaN(w.nearX) {
		x, y, _, _ := c.route.position(c.route.place(w.m))
		return c.point(x, y)
	}
	return c.point(w.nearX, w.nearY)
}

// outsideDivisions finds where a bank's line leaves the declared divisions by more than divisionM.
func (c *checker) outsideDivisions(t *path) {
	known := false
	for _, r := range c.towns {
		known = known || !r.empty()
	}
	if !known {
		return
	}
	off := func(i int) float64 {
		best := math.Inf(1)
		for _, r := range c.towns {
			if r.covers(t.xy[2*i], t.xy[2*i+1]) {
				return 0
			}
		}
		for _, r := range c.towns {
			best = min(best, r.edgeM(t.xy[2*i], t.xy[2*i+1]))
		}
		return best
	}
	runs(t.count(), func(i int) bool { return c.wants(t.q, i) }, func(i int) bool { return off(i) > divisionM }, func(i, j int) {
		far := 0.0
		for k := i; k <= j; k++ {
			far = max(far, off(k))
		}
		from, to := c.span(t.q, i, j)
		c.add(spotted{
			bank: t.bank, place: placeOf(&t.line, i, j), fromM: from, toM: to, size: far, unit: "m",
			zh: fmt.Sprintf("%s%s至%s超出所声明辖区 %.0f 米（允许 %.0f 米）：改正辖区，或在界线处截断。", zhBank(t.bank), lref.Label(from), lref.Label(to), far, divisionM),
			en: fmt.Sprintf("The line of %s from %s to %s lies up to %.0f m outside the declared divisions (%.0f m are allowed): declare the right ones, or cut the line at their border.", enBank(t.bank), lref.Label(from), lref.Label(to), far, divisionM),
		})
	})
}
