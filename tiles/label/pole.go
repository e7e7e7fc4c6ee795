package label

import (
	"cmp"
	"container/heap"
	"math"
	"slices"
)

const (
	// fine is how close Pole comes to the best place: this part of the longer side of the polygon's box.
	fine = 1.0 / 500
	// maxCells bounds the search in a polygon of very many equal arms, each of which could hold the best place.
	maxCells = 4000
)

// Pole gives the place of an area's name: the point inside its largest polygon that is farthest from the border, to a
// five-hundredth of its size (the pole of inaccessibility, by the idea of Mapbox's polylabel: squares that may hold a better
// point are quartered, the most promising first).
//
// flat holds the rings one after the other, each closed, parts how many positions each has, hole which rings are holes of the
// polygon begun before (nil: none). The point lies strictly inside and in no hole; where a polygon is so thin that no position
// of the grid was found in it, it is a corner. Nothing given is 0, 0.
//
// The work is a few passes over the ring, not one for each square: a square hands on to its quarters only the edges that can
// be the nearest of a point in them, and whether a point lies inside is asked of the edges at its height.
func Pole[T World](flat []T, parts []int, hole []bool) (x, y T) {
	a := newArea(flat, parts, hole)
	if a == nil {
		return 0, 0
	}
	s := &search{area: a, best: a.corner}
	for _, p := range a.guesses() {
		s.try(p)
	}
	s.run()
	return T(s.best.x), T(s.best.y)
}

// area is a polygon with its edges sorted into rows by height.
type area struct {
	edges     []edge
	all       []int32 // every edge
	min, max  point
	corner    point
	centroid  point
	rowHeight float64
	rowFirst  []int32 // by row, where its edges begin in rowEdges; and the end of the last
	rowEdges  []int32
}

// edge is a segment of a border; a does not lie above b.
type edge struct {
	a, b point
	hole bool
}

// newArea takes the largest polygon; nil if there is none.
func newArea[T World](flat []T, parts []int, hole []bool) *area {
	from, to := largest(flat, parts, hole)
	if to == 0 {
		return nil
	}
	a := &area{}
	for i, n := range parts[:to] {
		ring := flat[:2*n]
		flat = flat[2*n:]
		if i < from || n == 0 {
			continue
		}
		if i == from {
			a.corner, a.centroid = at(ring, 0), centroid(ring)
			a.min, a.max = a.corner, a.corner
		}
		p := at(ring, n-1)
		for j := range n {
			q := at(ring, j)
			if i == from {
				a.min = point{min(a.min.x, q.x), min(a.min.y, q.y)}
				a.max = point{max(a.max.x, q.x), max(a.max.y, q.y)}
			}
			switch {
			case p.y < q.y:
				a.edges = append(a.edges, edge{p, q, i > from})
			case p != q:
				a.edges = append(a.edges, edge{q, p, i > from})
			}
			p = q
		}
	}
	a.all = make([]int32, len(a.edges))
	for i := range a.all {
		a.all[i] = int32(i)
	}
	a.sortRows()
	return a
}

// largest gives the rings [from, to) of the polygon with the largest area, holes taken off.
func largest[T World](flat []T, parts []int, hole []bool) (from, to int) {
	isHole := func(i int) bool { return i < len(hole) && hole[i] }
	most, size, begun := -1.0, 0.0, 0
	for i, n := range parts {
		twice := math.Abs(shoelace(flat[:2*n]))
		flat = flat[2*n:]
		if i > 0 && isHole(i) {
			size -= twice
		} else {
			begun, size = i, twice
		}
		if parts[begun] > 0 && size > most && !isHole(i+1) {
			most, from, to = size, begun, i+1
		}
	}
	return from, to
}

// shoelace gives twice the signed area of a ring.
func shoelace[T World](ring []T) float64 {
	_, _, sum := moments(ring)
	return sum
}

// moments sums up the triangles between a ring's first position and its edges: twice their signed areas, and these times
// three times the triangles' centres, seen from the first position.
func moments[T World](ring []T) (sx, sy, sum float64) {
	for i := 1; i+1 < len(ring)/2; i++ {
		o, p, q := at(ring, 0), at(ring, i), at(ring, i+1)
		ax, ay, bx, by := float64(p.x-o.x), float64(p.y-o.y), float64(q.x-o.x), float64(q.y-o.y)
		twice := ax*by - ay*bx
		sx, sy, sum = sx+(ax+bx)*twice, sy+(ay+by)*twice, sum+twice
	}
	return sx, sy, sum
}

// centroid gives the centre of gravity of a ring; of one without area, its first position.
func centroid[T World](ring []T) point {
	o := at(ring, 0)
	sx, sy, sum := moments(ring)
	if sum == 0 {
		return o
	}
	return point{o.x + int64(math.Round(sx/(3*sum))), o.y + int64(math.Round(sy/(3*sum)))}
}

// sortRows enters every edge in the rows that it passes. There are as many rows as leave four entries for an edge.
func (a *area) sortRows() {
	rows := max(1, len(a.edges)/2)
	for ; ; rows /= 2 {
		a.rowHeight = float64(a.max.y-a.min.y+1) / float64(rows)
		a.rowFirst = make([]int32, rows+1)
		entries := 0
		for i := range a.edges {
			from, to := a.rowsOf(i)
			entries += to - from + 1
		}
		if rows == 1 || entries <= 4*len(a.edges) {
			a.rowEdges = make([]int32, entries)
			break
		}
	}
	for i := range a.edges {
		from, to := a.rowsOf(i)
		for r := from; r <= to; r++ {
			a.rowFirst[r+1]++
		}
	}
	for r := range rows {
		a.rowFirst[r+1] += a.rowFirst[r]
	}
	next := slices.Clone(a.rowFirst)
	for i := range a.edges {
		from, to := a.rowsOf(i)
		for r := from; r <= to; r++ {
			a.rowEdges[next[r]] = int32(i)
			next[r]++
		}
	}
}

func (a *area) rowsOf(edge int) (from, to int) {
	return a.row(a.edges[edge].a.y), a.row(a.edges[edge].b.y)
}

// row of a height; what lies above or below the box, as a hole may by mistake, belongs to the first or the last.
func (a *area) row(y int64) int {
	return min(max(int(float64(y-a.min.y)/a.rowHeight), 0), len(a.rowFirst)-2)
}

// level gives the edges that may pass a height.
func (a *area) level(y int64) []int32 {
	r := a.row(y)
	return a.rowEdges[a.rowFirst[r]:a.rowFirst[r+1]]
}

// inside tells, exactly, whether a point lies in the polygon, off its border and in no hole.
func (a *area) inside(p point) bool {
	if p.x <= a.min.x || p.x >= a.max.x || p.y <= a.min.y || p.y >= a.max.y {
		return false
	}
	outer, inner := false, false
	for _, i := range a.level(p.y) {
		e := &a.edges[i]
		switch {
		case p.y < e.a.y || p.y > e.b.y:
		case e.a.y == e.b.y:
			if p.x >= min(e.a.x, e.b.x) && p.x <= max(e.a.x, e.b.x) {
				return false
			}
		default:
			side := e.side(p)
			if side == 0 {
				return false
			}
			if side > 0 || p.y == e.b.y { // its upper end counts to the edge that goes on there
				continue
			}
			if e.hole {
				inner = !inner
			} else {
				outer = !outer
			}
		}
	}
	return outer && !inner
}

// side tells where a point at the height of an edge that rises lies: left of it (-1), on it, right of it (1).
func (e *edge) side(p point) int {
	off, run := p.x-e.a.x, e.b.x-e.a.x
	rise, up := e.b.y-e.a.y, p.y-e.a.y
	// off*rise against run*up. None is over 2^32, so a product of their magnitudes has room in 64 bits, and none for a sign.
	left, right := cmp.Compare(off, 0), cmp.Compare(run, 0)*cmp.Compare(up, 0)
	if left != right || left == 0 {
		return cmp.Compare(left, right)
	}
	return left * cmp.Compare(uint64(max(off, -off))*uint64(rise), uint64(max(run, -run))*uint64(up)) //nolint:gosec // none is below 0
}

// guesses gives points to begin with: the centre of gravity, and the middles of the widest pieces at some heights, which lie
// inside whatever the shape, so that a sliver has its place before the search begins.
func (a *area) guesses() []point {
	out := []point{a.centroid}
	for _, y := range []int64{a.centroid.y, (a.min.y + a.max.y) / 2, (3*a.min.y + a.max.y) / 4, (a.min.y + 3*a.max.y) / 4} {
		if p, ok := a.across(y); ok {
			out = append(out, p)
		}
	}
	return out
}

// across gives the middle of the widest piece of the polygon at a height.
func (a *area) across(y int64) (point, bool) {
	var xs []float64
	for _, i := range a.level(y) {
		if e := &a.edges[i]; y >= e.a.y && y < e.b.y {
			xs = append(xs, float64(e.a.x)+float64(y-e.a.y)/float64(e.b.y-e.a.y)*float64(e.b.x-e.a.x))
		}
	}
	slices.Sort(xs)
	widest, x := 0.0, 0.0
	for i := 0; i+1 < len(xs); i += 2 {
		if w := xs[i+1] - xs[i]; w > widest {
			widest, x = w, xs[i]+w/2
		}
	}
	return point{int64(math.Round(x)), y}, widest > 0
}

// search is the state of Pole.
type search struct {
	area  *area
	best  point
	clear float64 // from best to the border; 0 while best is only a corner
	cells cells
	gaps  []float64 // the squared distances that were measured last
}

// cell is a square that may hold a better point.
type cell struct {
	x, y, half float64
	most       float64 // no point of it is farther from the border
	near       []int32 // edges that can be the nearest of a point in it
}

func (s *search) run() {
	a := s.area
	half := float64(max(a.max.x-a.min.x, a.max.y-a.min.y)) / 2
	s.add(cell{x: float64(a.min.x+a.max.x) / 2, y: float64(a.min.y+a.max.y) / 2, half: half}, a.all)
	for n := 0; len(s.cells) > 0 && n < maxCells; n++ {
		c, ok := heap.Pop(&s.cells).(cell)
		if !ok || c.half < 1 || c.most <= s.clear+2*half*fine {
			return
		}
		h := c.half / 2
		for _, d := range [4][2]float64{{-h, -h}, {h, -h}, {-h, h}, {h, h}} {
			s.add(cell{x: c.x + d[0], y: c.y + d[1], half: h}, c.near)
		}
	}
}

// add measures a square's middle, and keeps the square if a better point may lie in it. near are the edges of the square that
// it was cut from.
func (s *search) add(c cell, near []int32) {
	p := point{int64(math.Round(c.x)), int64(math.Round(c.y))}
	gap := s.measure(p, near)
	reach := (c.half + 1) * math.Sqrt2 // what was measured is not quite the middle
	if s.area.inside(p) {
		s.keep(p, gap)
		c.most = reach + gap
	} else {
		c.most = reach - gap
	}
	if c.most <= s.clear {
		return
	}
	// A point of the square has an edge within gap + reach. One farther than that from all of the square is never its nearest.
	limit := (gap + 2*reach) * (gap + 2*reach)
	c.near = make([]int32, 0, len(near)/2)
	for i, e := range near {
		if s.gaps[i] <= limit {
			c.near = append(c.near, e)
		}
	}
	heap.Push(&s.cells, c)
}

func (s *search) try(p point) {
	if s.area.inside(p) {
		s.keep(p, s.measure(p, s.area.all))
	}
}

// keep takes a point inside if it is better than the best.
func (s *search) keep(p point, gap float64) {
	if gap > s.clear {
		s.best, s.clear = p, gap
	}
}

// measure gives the distance from a point to the nearest of some edges.
func (s *search) measure(p point, near []int32) float64 {
	s.gaps = slices.Grow(s.gaps[:0], len(near))[:len(near)]
	least := math.Inf(1)
	for i, n := range near {
		e := &s.area.edges[n]
		ax, ay := float64(e.a.x-p.x), float64(e.a.y-p.y)
		dx, dy := float64(e.b.x-e.a.x), float64(e.b.y-e.a.y)
		if t := -(ax*dx + ay*dy); t > 0 {
			t = min(t/(dx*dx+dy*dy), 1)
			ax, ay = ax+t*dx, ay+t*dy
		}
		s.gaps[i] = ax*ax + ay*ay
		least = min(least, s.gaps[i])
	}
	return math.Sqrt(least)
}

// cells is a heap, the most promising first.
type cells []cell

func (c *cells) Len() int           { return len(*c) }
func (c *cells) Less(i, j int) bool { return (*c)[i].most > (*c)[j].most }
func (c *cells) Swap(i, j int)      { (*c)[i], (*c)[j] = (*c)[j], (*c)[i] }

// Push is for [heap.Push].
func (c *cells) Push(v any) {
	if one, ok := v.(cell); ok {
		*c = append(*c, one)
	}
}

// Pop is for [heap.Pop].
func (c *cells) Pop() any {
	last := (*c)[len(*c)-1]
	*c = (*c)[:len(*c)-1]
	return last
}
