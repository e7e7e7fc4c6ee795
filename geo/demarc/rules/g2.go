package rules

import (
	"fmt"
	"math"
	"strings"

	"github.com/twpayne/go-geom"

	"hetu/geo"
	"hetu/geo/lref"
)

// g2: polygons are closed and wound right, are no slivers, and have no hole but a declared enclave.
func g2(c *checker) {
	c.polygon(c.area, minRing, "管理范围面", "the area", c.Enclaves)
	for i, part := range c.parts {
		name := strings.ReplaceAll(c.Parts[i].Name, "%", "%%") // the words are a format
		c.polygon(part, minCut, "分镇面“"+name+"”", "the part of "+name, c.Enclaves)
	}
	if len(c.area.rings) < 2 {
		return // what is wrong with one ring was told, here and by G1
	}
	if err := Valid(c.area.geom); err != nil {
		c.whole(geo.Both, 1, "1", "管理范围面无效（"+cause(err)+"）：由管理范围线重新构面。", "The area is not valid ("+cause(err)+"): derive it from the lines anew.")
	}
}

func (c *checker) polygon(r *region, least int, zh, en string, enclaves []geom.Coord) {
	if r.geom == nil {
		return
	}
	k := 0
	for i := range r.geom.NumPolygons() {
		p := r.geom.Polygon(i)
		for j := range p.NumLinearRings() {
			if len(r.rings[k]) == 0 {
				k++
				continue // nothing is left of it; G3 or G21 tell why
			}
			c.ring(r.rings[k], p.LinearRing(j), j == 0, least, zh, en)
			if j > 0 && !holds(r.rings[k], c, enclaves) {
				c.atRing(r.rings[k], ringM2(r.rings[k]), "m2", zh+"在%s处有未声明的洞（%.1f 平方米）：填补，或声明为飞地。", "There is a hole in "+en+" at %s (%.1f m²) that is no declared enclave: fill it, or declare it.")
			}
			k++
		}
		c.sliver(r.rings[k-p.NumLinearRings():k], zh, en)
	}
}

// ring finds what is wrong with one ring.
func (c *checker) ring(xy []float64, flat *geom.LinearRing, outer bool, least int, zh, en string) {
	f := flat.FlatCoords()
	n := len(f)
	if n == 0 {
		return
	}
	if gapM := math.Hypot(xy[0]-xy[n-2], xy[1]-xy[n-1]); f[0] != f[n-2] || f[1] != f[n-1] {
		c.atRing(xy, gapM, "m", zh+"在%s处未闭合（首尾相距 %.2f 米）：接上首尾。", "The ring of "+en+" is not closed at %s (%.2f m between its ends): join them.")
	}
	if have := distinctPoints(f); have < least {
		c.atRing(xy, float64(have), "1", zh+fmt.Sprintf("在%%s处的环只有 %%.0f 个不同的点（至少 %d 个）：删除或补点。", least), "A ring of "+en+fmt.Sprintf(" at %%s has %%.0f distinct points, fewer than %d: delete it, or draw it whole.", least))
		return
	}
	if m2 := signedM2(xy); (m2 > 0) != outer {
		c.atRing(xy, math.Abs(m2), "m2", zh+"在%s处的环方向相反（%.1f 平方米）：外环逆时针，内环顺时针。", "A ring of "+en+" at %s is wound the wrong way (%.1f m²): outer rings run counter-clockwise, holes clockwise.")
	}
}

func (c *checker) sliver(rings [][]float64, zh, en string) {
	if len(rings) == 0 {
		return
	}
	xy, around := rings[0], 0.0
	m2 := ringM2(xy)
	for _, hole := range rings[1:] {
		m2 -= ringM2(hole)
	}
	for i := 2; i+1 < len(xy); i += 2 {
		around += math.Hypot(xy[i]-xy[i-2], xy[i+1]-xy[i-1])
	}
	if around == 0 {
		return
	}
	if wide := 2 * m2 / around; m2 < sliverM2 || wide < sliverWidthM {
		c.atRing(xy, m2, "m2", zh+fmt.Sprintf("在%%s处有碎面（%%.3f 平方米，宽约 %.3f 米）：并入相邻的面。", wide), "There is a sliver of "+en+fmt.Sprintf(" at %%s (%%.3f m², some %.3f m wide): join it to the polygon beside it.", wide))
	}
}

// atRing adds a finding at the first vertex of a ring; the words take a label and the size.
func (c *checker) atRing(xy []float64, size float64, unit, zh, en string) {
	m := c.measureAt(xy[0], xy[1])
	c.add(spotted{
		bank: geo.Both, place: c.point(xy[0], xy[1]), fromM: m, toM: m, size: size, unit: unit,
		zh: fmt.Sprintf(zh, lref.Label(m), size), en: fmt.Sprintf(en, lref.Label(m), size),
	})
}

func distinctPoints(flat []float64) int {
	seen := map[[2]float64]bool{}
	for i := 0; i+1 < len(flat) && len(seen) < minRing; i += 2 {
		seen[[2]float64{flat[i], flat[i+1]}] = true
	}
	return len(seen)
}

// signedM2 is the area of a ring in the plane, positive where it runs counter-clockwise.
func signedM2(xy []float64) float64 {
	sum := 0.0
	for i := 2; i+1 < len(xy); i += 2 {
		sum += (xy[i-2]-xy[0])*(xy[i+1]-xy[1]) - (xy[i]-xy[0])*(xy[i-1]-xy[1])
	}
	return sum / 2
}

func ringM2(xy []float64) float64 { return math.Abs(signedM2(xy)) }

// holds tells whether one of some positions lies within a ring.
func holds(xy []float64, c *checker, at []geom.Coord) bool {
	r := &region{tree: treeOf(xy), box: boundsOf(xy, 2)}
	for _, p := range at {
		if x, y := c.plane.To(p.X(), p.Y()); r.covers(x, y) {
			return true
		}
	}
	return false
}
