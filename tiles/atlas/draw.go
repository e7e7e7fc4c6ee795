package atlas

import (
	"slices"

	"hetu/tiles"
	"hetu/tiles/label"
	"hetu/tiles/mvt"
)

// scratch is what a tile is drawn with. It is used again, so that a tile allocates nothing but its bytes.
type scratch struct {
	line, out, rest []xy // a part in tile units; what is left of it
	leaves          bool // the line leaves the tile
	lone            [1]part
	ends            []int
	flat, curve     []int32

	rings, stack []xy // of a polygon
	rows         ringRows
	loopEnds     []int
	seen         map[xy]int
	outer, holes []loop

	geometry mvt.Geometry
	numbers  []uint32
	sorted   []found
	tags     []uint32
	row      []uint32
	drawings []drawing
}

func newScratch() *scratch { return &scratch{seen: map[xy]int{}, row: make([]uint32, 0, 32)} }

// draw writes into s.geometry what is seen of a record in a tile; false if nothing is.
func (s *scratch) draw(l *layer, r *record, sq *square) bool {
	s.geometry.Reset()
	switch l.kind {
	case mvt.Point:
		s.drawPoints(l, r, sq)
	case mvt.Line:
		s.drawLines(l, r, sq)
	case mvt.Polygon:
		s.drawRings(l, r, sq)
	}
	return len(s.geometry.Commands) > 0
}

func (s *scratch) drawPoints(l *layer, r *record, sq *square) {
	s.line = s.line[:0]
	w := l.walker(r)
	for _, p := range l.partsOf(r, &s.lone) {
		for range p.n() {
			w.next()
			x, y := sq.local(w.x, w.y)
			if v := (xy{X: x, Y: y}); inBuffer(v) || l.place {
				s.line = append(s.line, v)
			}
		}
	}
	if len(s.line) > 0 {
		s.geometry.Points(s.line)
	}
}

func (s *scratch) drawLines(l *layer, r *record, sq *square) {
	w := l.walker(r)
	for _, p := range l.partsOf(r, &s.lone) {
		s.begin()
		if p.long == 0 {
			s.walk(&w, p.n(), sq)
		} else {
			s.walkRun(l, &l.longs[p.long-1], sq)
			l.pass(p, &w)
		}
		s.writeLine()
	}
}

// begin makes s.line empty.
func (s *scratch) begin() { s.line, s.leaves = s.line[:0], false }

// walkRun draws a long line, passing over its chunks that lie outside the tile.
func (s *scratch) walkRun(l *layer, of *long, sq *square) {
	run, few := of.at(sq.zoom)
	w := walker{steps: l.steps}
	if few {
		w.steps = l.few
	}
	area := sq.reach(buffer)
	for k := run.chunk; l.chunks[k].vertex < run.vertices-1; k++ {
		c := &l.chunks[k]
		if !c.box.meets(area) {
			s.writeLine()
			s.begin()
			continue
		}
		if len(s.line) == 0 {
			s.add(c.at.x, c.at.y, sq)
		}
		w.at, w.x, w.y = int(c.step), c.at.x, c.at.y
		s.walk(&w, int(l.chunks[k+1].vertex-c.vertex), sq)
	}
}

// add adds a vertex to s.line.
func (s *scratch) add(wx, wy uint32, sq *square) {
	x, y := sq.local(wx, wy)
	v := xy{X: x, Y: y}
	if n := len(s.line); n == 0 || s.line[n-1] != v {
		s.line = append(s.line, v)
		s.leaves = s.leaves || !inTile(v)
	}
}

// walk adds to s.line those of the next n vertices that are drawn at the zoom.
func (s *scratch) walk(w *walker, n int, sq *square) {
	if sq.grid != tiles.WebMercatorQuad {
		for range n {
			if w.next() <= sq.class {
				s.add(w.x, w.y, sq)
			}
		}
		return
	}
	if w.classes != nil && w.n == 0 { // it begins where it is
		if n--; w.next() <= sq.class {
			s.add(w.x, w.y, sq)
		}
	}
	line, at := slices.Grow(s.line, n), len(s.line)
	line = line[:at+n]
	last := xy{X: -1 << 31, Y: -1 << 31}
	if at > 0 {
		last = line[at-1]
	}
	leaves, half, left, top := false, uint32(1)<<sq.shift>>1, int32(sq.left), int32(sq.top) //nolint:gosec // at most 2^30
	steps, x, y := w.steps[w.at:], w.x, w.y
	read := 0
	for range n { // as w.next does it
		step := steps[read]
		if dx := int32(step) >> (32 - wayBits); dx > afresh { //nolint:gosec // its sign comes back
			x += uint32(dx)
			y += uint32(int32(step<<wayBits) >> (32 - wayBits)) //nolint:gosec // as above
			read++
		} else {
			w.x, w.y = x, y
			read += w.leap(dx, steps[read:])
			x, y = w.x, w.y
		}
		class := step & classMask
		if w.classes != nil {
			class = w.classes[w.n/8] >> (w.n % 8 * classBits) & classMask
			w.n++
		}
		if class > sq.class {
			continue
		}
		if v := (xy{X: int32((x+half)>>sq.shift) - left, Y: int32((y+half)>>sq.shift) - top}); v != last { //nolint:gosec // at most 2^30
			line[at] = v
			at++
			last = v
			leaves = leaves || !inTile(v)
		}
	}
	s.line, s.leaves, w.at, w.x, w.y = line[:at], s.leaves || leaves, w.at+read, x, y
}

// writeLine cuts s.line and writes what is left.
func (s *scratch) writeLine() {
	if len(s.line) < 2 {
		return
	}
	if !s.leaves {
		s.geometry.Line(s.line)
		return
	}
	s.out, s.ends = cutLine(s.line, s.out[:0], s.ends[:0])
	from := 0
	for _, to := range s.ends {
		s.geometry.Line(s.out[from:to])
		from = to
	}
}

// drawName writes the line along which a name stands at a place; false if it is too short to be seen.
func (s *scratch) drawName(l *layer, r *record, sq *square, x, y int32) bool {
	s.geometry.Reset()
	s.begin()
	w := l.walker(r)
	for range l.partsOf(r, &s.lone)[0].n() {
		if w.next() <= sq.class {
			s.add(w.x<<nameShift, w.y<<nameShift, sq)
		}
	}
	if len(s.line) < 2 {
		return false
	}
	s.flat = flatten(s.flat[:0], s.line)
	s.curve = label.Curve(s.curve[:0], s.flat, x, y)
	s.line = s.line[:0]
	for i := 0; i+1 < len(s.curve); i += 2 {
		s.line = append(s.line, xy{X: s.curve[i], Y: s.curve[i+1]})
	}
	s.geometry.Line(s.line)
	return true
}

func flatten(flat []int32, line []xy) []int32 {
	for _, p := range line {
		flat = append(flat, p.X, p.Y)
	}
	return flat
}

// loop is a ring that does not touch itself: a run of s.rings. Outer ones have a positive area, holes a negative one.
type loop struct {
	from, to int
	area     int64
}

// drawRings draws the polygons of a record, one after the other: an outer ring and its holes.
func (s *scratch) drawRings(l *layer, r *record, sq *square) {
	area := sq.reach(buffer + 2)
	w := l.walker(r)
	s.outer, s.holes, s.rings = s.outer[:0], s.holes[:0], s.rings[:0]
	for _, p := range l.partsOf(r, &s.lone) {
		if !p.hole() {
			s.writePolygon()
		}
		if !p.hole() || len(s.outer) > 0 {
			s.line = s.line[:0]
			s.walkRing(l, p, w, sq, area)
			s.takeRing(p.hole())
		}
		l.pass(p, &w)
	}
	s.writePolygon()
}

// pass goes past a part.
func (l *layer) pass(p part, w *walker) {
	if p.long == 0 {
		for range p.n() {
			w.next()
		}
		return
	}
	k := l.longs[p.long-1].all.chunk
	for int(l.chunks[k].vertex) < p.n()-1 {
		k++
	}
	w.at = int(l.chunks[k].step)
}

// walkRing adds a ring's vertices on the zoom's grid to s.line. Of a stretch that lies wholly on one side of the tile only the
// ends matter: it is cut away, and where it comes back does not depend on how it went.
func (s *scratch) walkRing(l *layer, p part, w walker, sq *square, area box) {
	if p.long == 0 {
		s.walkGrid(&w, p.n(), sq)
		return
	}
	for k := l.longs[p.long-1].all.chunk; int(l.chunks[k].vertex) < p.n()-1; k++ {
		c, next := &l.chunks[k], &l.chunks[k+1]
		s.addGrid(c.at.x, c.at.y, sq)
		if c.box.maxX < area.minX || c.box.minX > area.maxX || c.box.maxY < area.minY || c.box.minY > area.maxY {
			s.addGrid(next.at.x, next.at.y, sq)
			continue
		}
		w.at, w.x, w.y = int(c.step), c.at.x, c.at.y
		s.walkGrid(&w, int(next.vertex-c.vertex), sq)
	}
}

func (s *scratch) walkGrid(w *walker, n int, sq *square) {
	for range n {
		if w.next() <= sq.class {
			s.addGrid(w.x, w.y, sq)
		}
	}
}

// addGrid puts a vertex on the grid of the zoom. On the plane of CGCS2000 too it is first put on that of Mercator, so that
// two polygons that kept different ones of several vertices in a cell have the same.
func (s *scratch) addGrid(x, y uint32, sq *square) {
	grain := grainAt(sq.zoom)
	gx, gy := onGrain(x, sq.zoom)<<grain, onGrain(y, sq.zoom)<<grain
	if sq.grid == tiles.CGCS2000Quad {
		gy = (plate(clampWorld(gy<<sq.shift)) + int64(1)<<sq.shift>>1) >> sq.shift
	}
	v := xy{X: int32(gx - sq.left), Y: int32(gy - sq.top)} //nolint:gosec // at most 2^30
	if len(s.line) == 0 || s.line[len(s.line)-1] != v {
		s.line = append(s.line, v)
	}
}

// takeRing cuts s.line, a ring, to the tile and keeps its loops. A loop that runs as the whole ring does bounds an area of the
// same kind; one that runs the other way is what the ring closed in where it touched itself.
func (s *scratch) takeRing(hole bool) {
	ring := s.line
	if len(ring) > 1 && ring[0] == ring[len(ring)-1] {
		ring = ring[:len(ring)-1]
	}
	if len(ring) < 3 {
		return
	}
	turned := doubleArea(ring) < 0
	s.line, s.rest = clipRing(ring, s.rest)
	s.loopEnds = s.loopEnds[:0]
	from := len(s.rings)
	s.loops(s.line)
	for _, to := range s.loopEnds {
		one := loop{from: from, to: to, area: doubleArea(s.rings[from:to])}
		from = to
		same := (one.area < 0) == turned
		outer := same && !hole
		if outer != (one.area > 0) {
			slices.Reverse(s.rings[one.from:one.to])
			one.area = -one.area
		}
		switch {
		case outer:
			s.outer = append(s.outer, one)
		case same == hole:
			s.holes = append(s.holes, one)
		}
	}
}

// writePolygon writes the outer rings found, each with the holes that lie in it. A hole in none of them is no hole.
func (s *scratch) writePolygon() {
	for _, o := range s.outer {
		s.writeRing(o)
		if len(s.holes) > 0 {
			s.rows.sort(s.rings[o.from:o.to])
		}
		s.holes = slices.DeleteFunc(s.holes, func(h loop) bool {
			if !s.within(h, o) {
				return false
			}
			s.writeRing(h)
			return true
		})
	}
	s.outer, s.holes, s.rings = s.outer[:0], s.holes[:0], s.rings[:0]
}

func (s *scratch) writeRing(l loop) {
	s.geometry.Ring(s.rings[l.from:l.to])
}

// within tells whether a hole lies in the outer ring whose rows were sorted: it is smaller, and none of its positions is outside.
func (s *scratch) within(hole, outer loop) bool {
	if -hole.area > outer.area {
		return false
	}
	for _, p := range s.rings[hole.from:hole.to] {
		if s.rows.side(s.rings[outer.from:outer.to], p) < 0 {
			return false
		}
	}
	return true
}
