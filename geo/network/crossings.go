package network

import (
	"cmp"
	"math"
	"math/bits"
	"slices"

	"github.com/tidwall/rtree"

	"hetu/geo/lref"
)

// crossing is a place where two segments of two lines meet and at least one of them has no vertex.
type crossing struct {
	at   key
	segs [2]segment // of the lower line first
	join bool       // a line ends here: the source means a junction, whatever the kinds
}

// segment is the piece of a line after one of its vertices.
type segment struct{ line, i int32 }

// crossingBlock is how many segments are looked at together when crossings are sought: few, so that boxes are slim.
const crossingBlock = 16

// nodeCrossings gives both lines a vertex where they cross, in one place for both, and reports the crossings. Where lines run
// over each other with other vertices each gets those of the other, so that the stretch is the same in both.
func (b *builder) nodeCrossings() {
	added := make([][]extra, len(b.lines))
	told := map[[3]int64]bool{} // a crossing at a vertex is found with both segments there
	for _, x := range b.crossings() {
		p, q := &b.lines[x.segs[0].line], &b.lines[x.segs[1].line]
		join := x.join || b.nearEnd(p, x.at) || b.nearEnd(q, x.at)
		node := join || b.opt.Crossings == CrossingsNode || (b.opt.Crossings == CrossingsByKind && p.canal == q.canal)
		if node {
			for k, s := range x.segs {
				if c := []*cleaned{p, q}[k]; c.key(int(s.i)) != x.at && c.key(int(s.i)+1) != x.at {
					added[s.line] = append(added[s.line], c.extraAt(int(s.i), x.at))
				}
			}
		}
		id := [3]int64{x.at.x, x.at.y, int64(x.segs[0].line)<<32 | int64(x.segs[1].line)}
		if join || told[id] {
			continue
		}
		told[id] = true
		kind := CrossingKept
		if node {
			kind = CrossingNoded
		}
		lon, lat := x.at.position()
		b.report.doubt(Doubt{Kind: kind, Lon: lon, Lat: lat, Lines: []int{p.Index, q.Index}})
	}
	for l, more := range added {
		if len(more) > 0 {
			b.lines[l].insert(more)
		}
	}
}

// nearEnd tells whether a line ends within the tolerance of a crossing: it overshoots the other, and means to end there.
func (b *builder) nearEnd(c *cleaned, at key) bool {
	lon, lat := at.position()
	for _, p := range [][]float64{c.point(0), c.point(c.points() - 1)} {
		if b.opt.SnapM > 0 && math.Abs(p[1]-lat)*shortestDegree <= b.opt.SnapM+0.01 && lref.Distance(p[0], p[1], lon, lat) <= b.opt.SnapM {
			return true
		}
	}
	return false
}

// crossings finds all crossings of two different lines, in order of the lines and then of the map.
func (b *builder) crossings() []crossing {
	var tree rtree.RTreeG[segment]
	var out []crossing
	for l := range b.lines {
		c := &b.lines[l]
		for from := 0; from < c.points()-1; from += crossingBlock {
			low, high := c.extent(from, min(from+crossingBlock, c.points()-1))
			tree.Search(low, high, func(otherLow, otherHigh [2]float64, o segment) bool {
				if int(o.line) != l {
					common := [2][2]float64{{max(low[0], otherLow[0]), max(low[1], otherLow[1])}, {min(high[0], otherHigh[0]), min(high[1], otherHigh[1])}}
					out = b.blockCrossings(out, o, segment{int32(l), int32(from)}, common) //nolint:gosec // vertices of one line
				}
				return true
			})
		}
		for from := 0; from < c.points()-1; from += crossingBlock {
			low, high := c.extent(from, min(from+crossingBlock, c.points()-1))
			tree.Insert(low, high, segment{int32(l), int32(from)}) //nolint:gosec // vertices of one line
		}
	}
	slices.SortFunc(out, func(p, q crossing) int {
		return cmp.Or(cmp.Compare(p.segs[0].line, q.segs[0].line), cmp.Compare(p.segs[1].line, q.segs[1].line), p.at.compare(q.at),
			cmp.Compare(p.segs[0].i, q.segs[0].i), cmp.Compare(p.segs[1].i, q.segs[1].i))
	})
	return out
}

// extent is the box of the vertices from..to, wider by what rounding to a key moves them.
func (c *cleaned) extent(from, to int) (low, high [2]float64) {
	const rounding = 1e-9
	low, high = [2]float64{math.Inf(1), math.Inf(1)}, [2]float64{math.Inf(-1), math.Inf(-1)}
	for i := from; i <= to; i++ {
		x, y := c.flat[i*c.stride], c.flat[i*c.stride+1]
		low[0], low[1] = min(low[0], x-rounding), min(low[1], y-rounding)
		high[0], high[1] = max(high[0], x+rounding), max(high[1], y+rounding)
	}
	return low, high
}

// blockCrossings looks at two blocks of segments where their boxes overlap.
func (b *builder) blockCrossings(out []crossing, p, q segment, common [2][2]float64) []crossing {
	c, d := &b.lines[p.line], &b.lines[q.line]
	var within [crossingBlock]int32
	n := 0
	for i := int(q.i); i < min(int(q.i)+crossingBlock, d.points()-1); i++ {
		if d.reaches(i, common) {
			within[n] = int32(i) //nolint:gosec // vertices of one line
			n++
		}
	}
	for i := int(p.i); n > 0 && i < min(int(p.i)+crossingBlock, c.points()-1); i++ {
		if !c.reaches(i, common) {
			continue
		}
		for _, j := range within[:n] {
			out = appendMeetings(out, c, d, segment{p.line, int32(i)}, segment{q.line, j}) //nolint:gosec // vertices of one line
		}
	}
	return out
}

// reaches tells whether the box of the segment after a vertex reaches into another.
func (c *cleaned) reaches(i int, box [2][2]float64) bool {
	p, q := c.point(i), c.point(i+1)
	const rounding = 1e-9
	return max(p[0], q[0])+rounding >= box[0][0] && min(p[0], q[0])-rounding <= box[1][0] &&
		max(p[1], q[1])+rounding >= box[0][1] && min(p[1], q[1])-rounding <= box[1][1]
}

// appendMeetings adds where two segments meet other than at vertices of both: one place where they cross, or each vertex of
// one that lies inside the other.
func appendMeetings(out []crossing, c, d *cleaned, s, t segment) []crossing {
	p, q := c.key(int(s.i)), c.key(int(s.i)+1)
	r, u := d.key(int(t.i)), d.key(int(t.i)+1)
	if max(p.x, q.x) < min(r.x, u.x) || max(r.x, u.x) < min(p.x, q.x) || max(p.y, q.y) < min(r.y, u.y) || max(r.y, u.y) < min(p.y, q.y) {
		return out
	}
	or, ou, op, oq := orient(p, q, r), orient(p, q, u), orient(r, u, p), orient(r, u, q)
	if or*ou < 0 && op*oq < 0 {
		return append(out, crossing{at: meeting(p, q, r, u), segs: [2]segment{s, t}})
	}
	touch := func(side int, at, a, z key, end bool) {
		if side == 0 && at != a && at != z && between(at, a, z) {
			out = append(out, crossing{at: at, segs: [2]segment{s, t}, join: end})
		}
	}
	touch(or, r, p, q, t.i == 0)
	touch(ou, u, p, q, int(t.i)+2 == d.points())
	touch(op, p, r, u, s.i == 0)
	touch(oq, q, r, u, int(s.i)+2 == c.points())
	return out
}

// between tells whether a place on the line through two others lies between them.
func between(at, a, z key) bool {
	return min(a.x, z.x) <= at.x && at.x <= max(a.x, z.x) && min(a.y, z.y) <= at.y && at.y <= max(a.y, z.y)
}

// orient tells on which side of the way from p to q a place lies: 1 left, -1 right, 0 on it. It is exact: keys are whole
// numbers, and what the quick look in floating point cannot tell is multiplied out in 128 bits.
func orient(p, q, r key) int {
	ax, ay, bx, by := q.x-p.x, r.y-p.y, q.y-p.y, r.x-p.x
	left, right := float64(ax)*float64(ay), float64(bx)*float64(by)
	if doubt := 1e-14 * (math.Abs(left) + math.Abs(right)); math.Abs(left-right) > doubt {
		return cmp.Compare(left, right)
	}
	lh, ll := multiply(ax, ay)
	rh, rl := multiply(bx, by)
	return cmp.Or(cmp.Compare(lh, rh), cmp.Compare(ll, rl))
}

// multiply gives a product as a signed high and an unsigned low word, which compare as the product does.
func multiply(a, b int64) (high int64, low uint64) {
	h, l := bits.Mul64(uint64(a), uint64(b))   //nolint:gosec // bits, not amounts
	return int64(h) - (a>>63)&b - (b>>63)&a, l //nolint:gosec // bits, not amounts
}

// meeting gives the place where two segments cross, the same whichever way and in which order they are told.
func meeting(p, q, r, u key) key {
	if q.compare(p) < 0 {
		p, q = q, p
	}
	if u.compare(r) < 0 {
		r, u = u, r
	}
	if cmp.Or(r.compare(p), u.compare(q)) < 0 {
		p, q, r, u = r, u, p, q
	}
	dx, dy, ex, ey := float64(q.x-p.x), float64(q.y-p.y), float64(u.x-r.x), float64(u.y-r.y)
	t := (float64(r.x-p.x)*ey - float64(r.y-p.y)*ex) / (dx*ey - dy*ex)
	t = min(1, max(0, t)) // segments that are all but parallel leave no digit of it
	if math.IsNaN(t) {
		t = 0
	}
	return key{p.x + int64(math.Round(dx*t)), p.y + int64(math.Round(dy*t))}
}

// extra is a vertex to be added to a line.
type extra struct {
	at    float64 // in vertices
	place key
}

func (c *cleaned) extraAt(i int, place key) extra {
	p, q := c.key(i), c.key(i+1)
	dx, dy := float64(q.x-p.x), float64(q.y-p.y)
	t := (float64(place.x-p.x)*dx + float64(place.y-p.y)*dy) / (dx*dx + dy*dy)
	return extra{float64(i) + min(1-1e-9, max(1e-9, t)), place}
}

// insert adds vertices to a line, with Z and M as they are on the way between its own.
func (c *cleaned) insert(more []extra) {
	slices.SortFunc(more, func(p, q extra) int { return cmp.Or(cmp.Compare(p.at, q.at), p.place.compare(q.place)) })
	more = slices.CompactFunc(more, func(p, q extra) bool { return p.place == q.place && int(p.at) == int(q.at) })
	flat := make([]float64, 0, len(c.flat)+len(more)*c.stride)
	source := make([]float64, 0, c.points()+len(more))
	for i := range c.points() {
		flat, source = append(flat, c.point(i)...), append(source, c.sourceAt(float64(i)))
		for len(more) > 0 && int(more[0].at) == i {
			lon, lat := more[0].place.position()
			flat = append(flat, lon, lat)
			flat = c.appendRest(flat, more[0].at)
			source = append(source, c.sourceAt(more[0].at))
			more = more[1:]
		}
	}
	c.flat, c.source = flat, source
}

// appendRest appends what a line has besides its position, Z and M, at a place in vertices.
func (c *cleaned) appendRest(flat []float64, at float64) []float64 {
	i := min(int(at), c.points()-2)
	p, q, t := c.point(i), c.point(i+1), at-float64(i)
	for k := 2; k < c.stride; k++ {
		flat = append(flat, p[k]+(q[k]-p[k])*t)
	}
	return flat
}
