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
	ends            []int
	flat, curve     []int32

	rings, stack []xy // of a polygon
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
	s.flat = s.flat[:0]
	w := walker{deltas: l.deltas, at: int(r.delta)}
	for _, p := range l.parts[r.part : r.part+r.parts] {
		for range p.n() {
			w.next()
			if x, y := sq.local(w.x, w.y); (xy{x, y}).inBuffer() || l.place {
				s.flat = append(s.flat, x, y)
			}
		}
	}
	if len(s.flat) > 0 {
		s.geometry.Points(s.flat)
	}
}

func (s *scratch) drawLines(l *layer, r *record, sq *square) {
	area := sq.reach(buffer)
	w := walker{deltas: l.deltas, at: int(r.delta)}
	vertex := int(r.vertex)
	for _, p := range l.parts[r.part : r.part+r.parts] {
		s.line = s.line[:0]
		switch {
		case p.long == 0:
			s.walk(&w, l.levels[vertex:vertex+p.n()], sq)
		case sq.zoom >= chunkZoom:
			s.walkChunks(l, p, vertex, sq, area)
			l.pass(p, &w)
		default:
			c := l.longs[p.long-1]
			s.walk(&walker{deltas: l.coarse.deltas, at: int(c.delta)}, l.coarse.levels[c.vertex:c.vertex+c.vertices], sq)
			l.pass(p, &w)
		}
		s.writeLine()
		vertex += p.n()
	}
}

// walkChunks draws a long line, passing over its chunks that lie outside the tile.
func (s *scratch) walkChunks(l *layer, p part, vertex int, sq *square, area box) {
	for k := l.longs[p.long-1].chunk; int(l.chunks[k].vertex) < p.n()-1; k++ {
		c, next := &l.chunks[k], &l.chunks[k+1]
		if !c.box.meets(area) {
			s.writeLine()
			s.line = s.line[:0]
			continue
		}
		if len(s.line) == 0 {
			x, y := sq.local(c.at.x, c.at.y)
			s.line = append(s.line, xy{x, y})
		}
		w := walker{deltas: l.deltas, at: int(c.delta), x: c.at.x, y: c.at.y}
		s.walk(&w, l.levels[vertex+int(c.vertex)+1:vertex+int(next.vertex)+1], sq)
	}
}

// walk adds to s.line the vertices that are drawn at the zoom, of as many as there are levels.
func (s *scratch) walk(w *walker, levels []uint8, sq *square) {
	if sq.grid != tiles.WebMercatorQuad {
		s.walkPlate(w, levels, sq)
		return
	}
	line, zoom, half := s.line, uint8(sq.zoom), int64(1)<<sq.shift>>1 //nolint:gosec // a zoom
	deltas, at, wx, wy := w.deltas, w.at, w.x, w.y
	last := xy{-1 << 31, -1 << 31}
	if len(line) > 0 {
		last = line[len(line)-1]
	}
	for _, level := range levels {
		if d := deltas[at : at+2 : len(deltas)]; d[0] != far {
			wx += uint32(int32(d[0])) //nolint:gosec // wraps as it should
			wy += uint32(int32(d[1])) //nolint:gosec // wraps as it should
			at += 2
		} else {
			d = deltas[at : at+5]
			wx = uint32(uint16(d[1]))<<16 | uint32(uint16(d[2])) //nolint:gosec // the bits of put
			wy = uint32(uint16(d[3]))<<16 | uint32(uint16(d[4])) //nolint:gosec // the bits of put
			at += 5
		}
		if level > zoom {
			continue
		}
		v := xy{int32((int64(wx)+half)>>sq.shift - sq.left), int32((int64(wy)+half)>>sq.shift - sq.top)} //nolint:gosec // at most 2^30
		if v != last {
			line, last = append(line, v), v
		}
	}
	s.line, w.at, w.x, w.y = line, at, wx, wy
}

func (s *scratch) walkPlate(w *walker, levels []uint8, sq *square) {
	for _, level := range levels {
		w.next()
		if int(level) > sq.zoom {
			continue
		}
		x, y := sq.local(w.x, w.y)
		if v := (xy{x, y}); len(s.line) == 0 || s.line[len(s.line)-1] != v {
			s.line = append(s.line, v)
		}
	}
}

// writeLine cuts s.line and writes what is left.
func (s *scratch) writeLine() {
	if len(s.line) < 2 {
		return
	}
	inside := true
	for _, p := range s.line {
		if p.x < 0 || p.y < 0 || p.x > mvt.Extent || p.y > mvt.Extent {
			inside = false
			break
		}
	}
	if inside {
		s.flat = flatten(s.flat[:0], s.line)
		s.geometry.Line(s.flat)
		return
	}
	s.out, s.ends = cutLine(s.line, s.out[:0], s.ends[:0])
	from := 0
	for _, to := range s.ends {
		s.flat = flatten(s.flat[:0], s.out[from:to])
		s.geometry.Line(s.flat)
		from = to
	}
}

// drawName writes the line along which a name stands at a place; false if it is too short to be seen.
func (s *scratch) drawName(l *layer, r *record, sq *square, x, y int32) bool {
	s.geometry.Reset()
	s.line = s.line[:0]
	s.walk(&walker{deltas: l.deltas, at: int(r.delta)}, l.levels[r.vertex:int(r.vertex)+l.parts[r.part].n()], sq)
	if len(s.line) < 2 {
		return false
	}
	s.flat = flatten(s.flat[:0], s.line)
	s.curve = label.Curve(s.curve[:0], s.flat, x, y)
	s.geometry.Line(s.curve)
	return true
}

func flatten(flat []int32, line []xy) []int32 {
	for _, p := range line {
		flat = append(flat, p.x, p.y)
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
	w := walker{deltas: l.deltas, at: int(r.delta)}
	vertex := int(r.vertex)
	s.outer, s.holes, s.rings = s.outer[:0], s.holes[:0], s.rings[:0]
	for _, p := range l.parts[r.part : r.part+r.parts] {
		if !p.hole() {
			s.writePolygon()
		}
		if !p.hole() || len(s.outer) > 0 {
			s.line = s.line[:0]
			s.walkRing(l, p, w, vertex, sq, area)
			s.takeRing(p.hole())
		}
		l.pass(p, &w)
		vertex += p.n()
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
	k := l.longs[p.long-1].chunk
	for int(l.chunks[k].vertex) < p.n()-1 {
		k++
	}
	w.at = int(l.chunks[k].delta)
}

// walkRing adds a ring's vertices on the zoom's grid to s.line. Of a stretch that lies wholly on one side of the tile only the
// ends matter: it is cut away, and where it comes back does not depend on how it went.
func (s *scratch) walkRing(l *layer, p part, w walker, vertex int, sq *square, area box) {
	levels := l.levels[vertex : vertex+p.n()]
	if p.long == 0 {
		s.walkGrid(&w, levels, sq)
		return
	}
	for k := l.longs[p.long-1].chunk; int(l.chunks[k].vertex) < p.n()-1; k++ {
		c, next := &l.chunks[k], &l.chunks[k+1]
		s.addGrid(c.at.x, c.at.y, sq)
		if c.box.maxX < area.minX || c.box.minX > area.maxX || c.box.maxY < area.minY || c.box.minY > area.maxY {
			s.addGrid(next.at.x, next.at.y, sq)
			continue
		}
		w.at, w.x, w.y = int(c.delta), c.at.x, c.at.y
		s.walkGrid(&w, levels[c.vertex+1:next.vertex+1], sq)
	}
}

func (s *scratch) walkGrid(w *walker, levels []uint8, sq *square) {
	for _, level := range levels {
		w.next()
		if int(level) <= sq.zoom {
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
	v := xy{int32(gx - sq.left), int32(gy - sq.top)} //nolint:gosec // at most 2^30
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
	s.flat = flatten(s.flat[:0], s.rings[l.from:l.to])
	s.geometry.Ring(s.flat)
}

// within tells whether a hole lies in an outer ring: it is smaller, and none of its positions is outside.
func (s *scratch) within(hole, outer loop) bool {
	if -hole.area > outer.area {
		return false
	}
	for _, p := range s.rings[hole.from:hole.to] {
		if side(s.rings[outer.from:outer.to], p) < 0 {
			return false
		}
	}
	return true
}
