package rules

import (
	"fmt"

	"github.com/twpayne/go-geom"

	"hetu/geo"
	"hetu/geo/demarc"
	"hetu/geo/lref"
)

// g4: one line a bank, each on its own side of the centre line over its whole length.
func g4(c *checker) {
	for _, bank := range c.banks() {
		t := c.paths[bank]
		if t.first < 0 {
			c.whole(bank, 0, "1", zhBank(bank)+"没有管理范围线：绘制一条。", "There is no line of "+enBank(bank)+": draw one.")
			continue
		}
		c.twice(bank)
		c.otherSide(t)
	}
}

// twice finds two pieces of one bank that lie beside each other.
func (c *checker) twice(bank geo.Bank) {
	for j, b := range c.Lines.Pieces {
		for i, a := range c.Lines.Pieces[:j] {
			if a.Bank != bank || b.Bank != bank || c.pieces[i].count() < 2 || c.pieces[j].count() < 2 {
				continue
			}
			aFrom, aTo := c.ends(i)
			bFrom, bTo := c.ends(j)
			from, to := max(aFrom, bFrom), min(aTo, bTo)
			if to-from <= min(aTo-aFrom, bTo-bFrom)/2 {
				continue
			}
			c.add(spotted{
				bank: bank, place: placeOf(c.pieces[j], 0, c.pieces[j].count()-1), fromM: from, toM: to, size: to - from, unit: "m",
				zh: fmt.Sprintf("%s%s至%s有两条管理范围线（第 %d 段和第 %d 段）：删除一条。", zhBank(bank), lref.Label(from), lref.Label(to), i+1, j+1),
				en: fmt.Sprintf("There are two lines of %s from %s to %s (pieces %d and %d): delete one.", enBank(bank), lref.Label(from), lref.Label(to), i+1, j+1),
			})
		}
	}
}

// ends gives the range of measures that a piece's line lies opposite, by its ends.
func (c *checker) ends(i int) (fromM, toM float64) {
	q := c.pieces[i].q
	a, b := c.route.measure(q[0]), c.route.measure(q[len(q)-1])
	return min(a, b), max(a, b)
}

// otherSide finds where a line lies across the centre line.
func (c *checker) otherSide(t *path) {
	left := t.bank == geo.Left
	bad := func(i int) bool {
		return t.owner[i] != ofGap && (c.wrongSide(t.xy[2*i], t.xy[2*i+1], left) || c.wrongSide(t.xy[2*i+2], t.xy[2*i+3], left) || c.route.tree.cut(t.tree.segs[i]) != nil)
	}
	runs(len(t.owner), func(i int) bool { return c.touches(c.span(t.q, i, i+1)) }, bad, func(i, j int) {
		from, to := c.span(t.q, i, j+1)
		size := t.length[j+1] - t.length[i]
		c.add(spotted{
			bank: t.bank, place: c.cutPlace(t, c.route.tree, i, j), fromM: from, toM: to, size: size, unit: "m",
			zh: fmt.Sprintf("%s管理范围线在%s至%s越过河道中心线（%.0f 米）：移回本侧，或检查左右岸是否标反。", zhBank(t.bank), lref.Label(from), lref.Label(to), size),
			en: fmt.Sprintf("The line of %s lies across the centre line from %s to %s (%.0f m): move it back, or see whether the banks were told the wrong way round.", enBank(t.bank), lref.Label(from), lref.Label(to), size),
		})
	})
}

// wrongSide tells whether a position lies on the other side of the centre line. Past its ends there is no telling.
func (c *checker) wrongSide(x, y float64, wantLeft bool) bool {
	left, beyond := side(c.route.tree, c.route.tree.near(x, y), x, y)
	return !beyond && left != wantLeft
}

// cut gives where a segment passes through one of a tree, nil if it does not.
func (t *tree) cut(s segment) *[2]float64 {
	var at *[2]float64
	t.each(s.box(), func(i int) bool {
		if how, x, y := meet(s, t.segs[i]); how == cross {
			at = &[2]float64{x, y}
		}
		return at == nil
	})
	return at
}

// cutPlace is where segments i to j of a path first pass through others; where none does, the beginning of them.
func (c *checker) cutPlace(t *path, others *tree, i, j int) geom.T {
	for k := i; k <= j; k++ {
		if at := others.cut(t.tree.segs[k]); at != nil {
			return c.point(at[0], at[1])
		}
	}
	return placeOf(&t.line, i, j+1)
}

// g5: the lines run downstream, whatever way measures grow.
func g5(c *checker) {
	for i, p := range c.Lines.Pieces {
		l := c.pieces[i]
		if l.count() < 2 {
			continue
		}
		share := c.route.downstream(l.xy, l.q)
		if share >= 0 {
			continue
		}
		from, to := c.ends(i)
		length := lref.Length(geom.NewLineStringFlat(geom.XY, l.flat))
		c.add(spotted{
			bank: p.Bank, place: placeOf(l, 0, l.count()-1), fromM: from, toM: to, size: length, unit: "m",
			zh: fmt.Sprintf("%s第 %d 段（%s至%s，%.0f 米）逆水流方向：把它反向。", zhBank(p.Bank), i+1, lref.Label(from), lref.Label(to), length),
			en: fmt.Sprintf("Piece %d of %s (%s to %s, %.0f m) runs upstream: turn it round.", i+1, enBank(p.Bank), lref.Label(from), lref.Label(to), length),
		})
	}
}

// g6: the line never goes over the bank top or the water's edge to the water's side.
func g6(c *checker) {
	for _, bank := range c.banks() {
		for _, s := range c.survey {
			if s.Bank == bank && (s.Kind == demarc.BankTop || s.Kind == demarc.WaterEdge) {
				c.overEdge(c.paths[bank], s)
			}
		}
	}
}

// overEdge finds where a path lies on the water's side of a surveyed edge.
func (c *checker) overEdge(t *path, s *surveyed) {
	if len(t.tree.segs) == 0 {
		return
	}
	left := t.bank == geo.Left
	deep := c.depths(t, func(fromM, toM float64) map[int]float64 { return c.left(t, s, fromM, toM) })
	depth := func(i int) float64 {
		if t.owner[i] == ofGap {
			return 0
		}
		return max(deep.at(i), s.within(t.xy[2*i], t.xy[2*i+1], left), s.within(t.xy[2*i+2], t.xy[2*i+3], left))
	}
	zh, en := "岸坎线", "the bank top"
	if s.Kind == demarc.WaterEdge {
		zh, en = "水边线", "the water's edge"
	}
	runs(len(t.owner), func(i int) bool { return c.touches(c.span(t.q, i, i+1)) }, func(i int) bool { return depth(i) > edgeMatchM }, func(i, j int) {
		most := 0.0
		for k := i; k <= j; k++ {
			most = max(most, depth(k))
		}
		from, to := c.span(t.q, i, j+1)
		c.add(spotted{
			bank: t.bank, place: c.cutPlace(t, s.tree, i, j), fromM: from, toM: to, size: most, unit: "m",
			zh: fmt.Sprintf("%s管理范围线在%s至%s越过%s，伸入水侧 %.2f 米：移到%s以外。", zhBank(t.bank), lref.Label(from), lref.Label(to), zh, most, zh),
			en: fmt.Sprintf("The line of %s goes over %s from %s to %s, by up to %.2f m to the water's side: move it landward of it.", enBank(t.bank), en, lref.Label(from), lref.Label(to), most),
		})
	})
}

// within is how far a position lies on the water's side of a surveyed line of a bank; 0 where it lies landward, or past its ends.
func (s *surveyed) within(x, y float64, left bool) float64 {
	at := s.tree.near(x, y)
	if isLeft, beyond := side(s.tree, at, x, y); beyond || isLeft == left {
		return 0
	}
	return at.distance()
}

// aroundM is how far past the range that is looked at surveyed vertices are asked: what lies opposite the range may have been measured
// from the other side of a bend.
const aroundM = 500.0

// depths tells for segments of a path what surveyed vertices say of them. Of a changed range only those around it are asked, and all of
// them once a finding goes on past it.
type depths struct {
	c    *checker
	t    *path
	of   func(fromM, toM float64) map[int]float64
	near map[int]float64
	full map[int]float64
}

func (c *checker) depths(t *path, of func(fromM, toM float64) map[int]float64) *depths {
	return &depths{c: c, t: t, of: of, near: of(max(c.from-aroundM, c.FromM), min(c.to+aroundM, c.ToM))}
}

func (d *depths) at(i int) float64 {
	if d.t.owner[i] == ofGap {
		return 0
	}
	if from, to := d.c.span(d.t.q, i, i+1); from >= d.c.from-aroundM/2 && to <= d.c.to+aroundM/2 {
		return d.near[i]
	}
	if d.full == nil {
		d.full = d.of(d.c.FromM, d.c.ToM)
	}
	return d.full[i]
}

// left gives the segments of a path that have surveyed vertices between two measures on their landward side, and how far the farthest
// lies off: what the boundary leaves out.
func (c *checker) left(t *path, s *surveyed, fromM, toM float64) map[int]float64 {
	out := map[int]float64{}
	left := t.bank == geo.Left
	for i := range s.count() {
		if m := c.route.measure(s.q[i]); m < fromM || m > toM {
			continue
		}
		x, y := s.xy[2*i], s.xy[2*i+1]
		at := t.tree.near(x, y)
		isLeft, beyond := side(t.tree, at, x, y)
		if d := at.distance(); !beyond && isLeft == left && d > edgeMatchM {
			out[at.seg] = max(out[at.seg], d)
		}
	}
	return out
}
