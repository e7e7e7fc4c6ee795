package rules

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/twpayne/go-geom"

	"hetu/geo"
	"hetu/geo/demarc"
	"hetu/geo/lref"
	"hetu/geo/overlay"
)

// g13: the line lies nowhere inside the candidate by more than shrunkM, or the waiver says why.
func g13(c *checker) {
	for _, bank := range c.banks() {
		for _, found := range c.shrinks(bank) {
			s := found.Shrink
			zhThings, enThings := thingsWords(s.Things)
			c.add(spotted{
				bank: bank, place: found.place, fromM: s.FromM, toM: s.ToM, size: s.LostM2, unit: "m2",
				zh: fmt.Sprintf("%s%s至%s管理范围线缩到候选线以内，最多 %.1f 米，少划 %.1f 平方米%s：移回候选线，或说明理由。", zhBank(bank), lref.Label(s.FromM), lref.Label(s.ToM), s.DeepestM, s.LostM2, zhThings),
				en: fmt.Sprintf("The line of %s from %s to %s lies inside the candidate by up to %.1f m and loses %.1f m²%s: move it back to the candidate, or waive it with the reason.", enBank(bank), lref.Label(s.FromM), lref.Label(s.ToM), s.DeepestM, s.LostM2, enThings),
			})
		}
	}
}

func thingsWords(things []demarc.Thing) (zh, en string) {
	if len(things) == 0 {
		return "", ""
	}
	var names []string
	for _, t := range things {
		if t.Name != "" {
			names = append(names, t.Name)
		} else {
			names = append(names, t.Kind)
		}
	}
	return "，其中有 " + strings.Join(names, "、"), ", in which stand " + strings.Join(names, ", ")
}

// shrunk is where a drawn line lies inside the candidate of the same profile (A12), with the beginning of it.
type shrunk struct {
	demarc.Shrink
	place geom.T
}

// shrinks finds where a bank's line lies inside the candidate, by the indexes of a subject, so that a changed range need not look at all of it.
func (c *checker) shrinks(bank geo.Bank) []shrunk {
	t, cand := c.paths[bank], c.candidate[bank]
	if cand == nil || len(t.tree.segs) == 0 {
		return nil
	}
	left := bank == geo.Left
	deep := c.depths(t, func(fromM, toM float64) map[int]float64 { return c.left(t, cand, fromM, toM) })
	depth := func(i int) float64 {
		if t.owner[i] == ofGap {
			return 0
		}
		mx, my := (t.xy[2*i]+t.xy[2*i+2])/2, (t.xy[2*i+1]+t.xy[2*i+3])/2
		return max(deep.at(i), cand.within(t.xy[2*i], t.xy[2*i+1], left), cand.within(mx, my, left), cand.within(t.xy[2*i+2], t.xy[2*i+3], left))
	}
	var out []shrunk
	wanted := func(i int) bool { return c.touches(c.span(t.q, i, i+1)) }
	runs(len(t.owner), wanted, func(i int) bool { return depth(i) > edgeMatchM }, func(i, j int) {
		most := 0.0
		for k := i; k <= j; k++ {
			most = max(most, depth(k))
		}
		if most > shrunkM {
			out = append(out, c.shrink(t, cand, i, j, most))
		}
	})
	return out
}

// shrink describes one: segments i to j of the path.
func (c *checker) shrink(t *path, cand *surveyed, i, j int, deepM float64) shrunk {
	s := shrunk{Shrink: demarc.Shrink{Bank: t.bank, DeepestM: deepM}, place: placeOf(&t.line, i, j+1)}
	s.FromM, s.ToM = c.span(t.q, i, j+1)
	strip := slices.Clone(t.flat[2*i : 2*j+4])
	for _, p := range slices.Backward(cand.between(t.xy[2*i], t.xy[2*i+1], t.xy[2*j+2], t.xy[2*j+3])) {
		lon, lat := c.plane.From(p[0], p[1])
		strip = append(strip, lon, lat)
	}
	strip = append(strip, strip[0], strip[1])
	s.Strip = geom.NewMultiPolygonFlat(geom.XY, strip, [][]int{{len(strip)}}).SetSRID(int(geo.CGCS2000))
	s.LostM2 = overlay.AreaM2(s.Strip)
	in := c.regionOf(s.Strip, nil, nil)
	for _, thing := range c.Things {
		if c.reaches(thing.Geom, in) {
			s.Things = append(s.Things, thing)
		}
	}
	return s
}

// reaches tells whether a point, or the polygon of a thing, lies in a region or reaches into it.
func (c *checker) reaches(g geom.T, in *region) bool {
	switch g := g.(type) {
	case *geom.Point:
		if g.Empty() {
			return false
		}
		x, y := c.plane.To(g.X(), g.Y())
		return in.covers(x, y)
	case *geom.Polygon:
		m := geom.NewMultiPolygon(g.Layout())
		return m.Push(g) == nil && in.overlaps(c.regionOf(m, nil, nil))
	case *geom.MultiPolygon:
		return in.overlaps(c.regionOf(g, nil, nil))
	}
	return false
}

// overlaps tells whether two regions have anything in common.
func (r *region) overlaps(o *region) bool {
	if r.empty() || o.empty() || !r.box.Meets(o.box) {
		return false
	}
	a, b := r.tree.segs[0], o.tree.segs[0]
	return r.covers(b.x1, b.y1) || o.covers(a.x1, a.y1) || slices.ContainsFunc(o.tree.segs, func(s segment) bool { return r.tree.cut(s) != nil })
}

// between gives the part of a surveyed line between the places nearest to two positions, in the plane.
func (s *surveyed) between(ax, ay, bx, by float64) [][2]float64 {
	a, b := s.tree.near(ax, ay), s.tree.near(bx, by)
	if float64(b.seg)+b.t < float64(a.seg)+a.t {
		a, b = b, a
	}
	x, y := s.tree.at(a)
	out := [][2]float64{{x, y}}
	for v := a.seg + 1; v <= b.seg; v++ {
		out = append(out, [2]float64{s.xy[2*v], s.xy[2*v+1]})
	}
	x, y = s.tree.at(b)
	if last := out[len(out)-1]; math.Hypot(x-last[0], y-last[1]) > 0 {
		out = append(out, [2]float64{x, y})
	}
	return out
}
