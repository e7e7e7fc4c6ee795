package atlas

import "math"

// columns hold the geometry of a layer's features in flat arrays, which the garbage collector need not look into. They only
// grow: what a reader has found stays where it is.
//
// A part (a line, a ring, the points of a feature) is a run of vertices. Each vertex has one byte in levels, the first zoom that
// needs it, and is written to deltas as its distance from the vertex before, two numbers; where it is the first, or too far for
// 16 bits, as far and its position, five numbers.
type columns struct {
	deltas []int16
	levels []uint8
	parts  []part
	longs  []long
	chunks []chunk
	coarse coarse
}

// coarse is the same of long lines once more, but only the vertices that are drawn before chunkZoom: few of many.
type coarse struct {
	deltas []int16
	levels []uint8
}

// part is a run of vertices. long is its number among the long ones, counted from 1.
type part struct {
	vertices uint32
	long     uint32
}

// long is what helps to draw a part of many vertices.
type long struct {
	chunk         uint32 // its first chunk
	delta, vertex uint32 // where it begins in coarse
	vertices      uint32 // how many it has there; 0 for what is not drawn so
}

// holeBit marks a ring that is a hole, in part.vertices.
const holeBit = 1 << 31

func (p part) n() int     { return int(p.vertices &^ holeBit) }
func (p part) hole() bool { return p.vertices&holeBit != 0 }

// chunk is a stretch of a long part, so that a tile can pass over what is far away. It goes from its vertex, whose position
// it knows, to that of the next chunk; the last one of a part stands for its last vertex. A line is cut only at vertices that
// are kept from chunkZoom on, so that from there on no drawn segment leaves its chunk's box.
type chunk struct {
	box    box
	at     point
	vertex uint32 // number in the part
	delta  uint32 // where the vertex after it is written
}

const (
	far = math.MinInt16
	// A part of chunkFrom vertices or more is cut into chunks of at least chunkSize.
	chunkFrom = 160
	chunkSize = 48
	chunkZoom = 10
)

// mark is an end of the columns.
type mark struct{ deltas, levels, parts, longs, chunks, coarseDeltas, coarseLevels int }

func (c *columns) mark() mark {
	return mark{len(c.deltas), len(c.levels), len(c.parts), len(c.longs), len(c.chunks), len(c.coarse.deltas), len(c.coarse.levels)}
}

// undo takes back what was added since.
func (c *columns) undo(m mark) {
	c.deltas, c.levels, c.parts, c.longs, c.chunks = c.deltas[:m.deltas], c.levels[:m.levels], c.parts[:m.parts], c.longs[:m.longs], c.chunks[:m.chunks]
	c.coarse.deltas, c.coarse.levels = c.coarse.deltas[:m.coarseDeltas], c.coarse.levels[:m.coarseLevels]
}

// add writes a part with its levels. line tells that it is one and no ring, low that it is drawn before chunkZoom.
func (c *columns) add(vertices []point, levels []uint8, line, hole, low bool) {
	p := part{vertices: uint32(len(vertices))} //nolint:gosec // a stored geometry has at most 200,000
	if hole {
		p.vertices |= holeBit
	}
	if len(vertices) >= chunkFrom {
		c.longs = append(c.longs, c.cut(vertices, levels, line, low))
		p.long = uint32(len(c.longs)) //nolint:gosec // fewer than vertices
	} else {
		for i := range vertices {
			c.deltas = appendStep(c.deltas, vertices, i)
		}
	}
	c.parts = append(c.parts, p)
	c.levels = append(c.levels, levels...)
}

// cut writes a long part in chunks and, of a line, what is drawn at low zooms.
func (c *columns) cut(vertices []point, levels []uint8, line, low bool) long {
	l := long{
		chunk: uint32(len(c.chunks)), delta: uint32(len(c.coarse.deltas)), vertex: uint32(len(c.coarse.levels)), //nolint:gosec // the columns have fewer than 2^32 entries
	}
	last, end := 0, len(vertices)-1
	for i, v := range vertices {
		c.deltas = appendStep(c.deltas, vertices, i)
		if i == 0 || i == end || (i-last >= chunkSize && (!line || levels[i] <= chunkZoom)) {
			c.chunks = append(c.chunks, chunk{at: v, vertex: uint32(i), delta: uint32(len(c.deltas)), box: nowhere()}) //nolint:gosec // bounded
			last = i
		}
	}
	for k := l.chunk; int(c.chunks[k].vertex) < end; k++ {
		b := &c.chunks[k].box
		for _, v := range vertices[c.chunks[k].vertex : c.chunks[k+1].vertex+1] {
			b.extend(v)
		}
	}
	if line && low {
		l.vertices = c.thin(vertices, levels)
	}
	return l
}

// thin writes the vertices that are drawn before chunkZoom.
func (c *columns) thin(vertices []point, levels []uint8) uint32 {
	var few []point
	for i, v := range vertices {
		if levels[i] < chunkZoom {
			few = append(few, v)
			c.coarse.levels = append(c.coarse.levels, levels[i])
		}
	}
	for i := range few {
		c.coarse.deltas = appendStep(c.coarse.deltas, few, i)
	}
	return uint32(len(few)) //nolint:gosec // at most as many as vertices
}

// appendStep writes a vertex of a run.
func appendStep(out []int16, vertices []point, i int) []int16 {
	v := vertices[i]
	if i > 0 {
		dx, dy := int64(v.x)-int64(vertices[i-1].x), int64(v.y)-int64(vertices[i-1].y)
		if dx > far && dx <= math.MaxInt16 && dy >= far && dy <= math.MaxInt16 {
			return append(out, int16(dx), int16(dy))
		}
	}
	return append(out, far, int16(v.x>>16), int16(v.x), int16(v.y>>16), int16(v.y)) //nolint:gosec // the bits are put together again
}

// walker goes along a part's vertices.
type walker struct {
	deltas []int16
	at     int // in deltas
	x, y   uint32
}

// next goes on to the next vertex.
func (w *walker) next() {
	d := w.deltas[w.at : w.at+2 : len(w.deltas)]
	if d[0] != far {
		w.x += uint32(int32(d[0])) //nolint:gosec // wraps as it should
		w.y += uint32(int32(d[1])) //nolint:gosec // wraps as it should
		w.at += 2
		return
	}
	d = w.deltas[w.at : w.at+5]
	w.x = uint32(uint16(d[1]))<<16 | uint32(uint16(d[2])) //nolint:gosec // the bits of put
	w.y = uint32(uint16(d[3]))<<16 | uint32(uint16(d[4])) //nolint:gosec // the bits of put
	w.at += 5
}

// points gives all vertices of a feature, part by part.
func (c *columns) points(r *record, each func(p part, vertices []point)) {
	w := walker{deltas: c.deltas, at: int(r.delta)}
	var buf []point
	for _, p := range c.parts[r.part : r.part+r.parts] {
		buf = buf[:0]
		for range p.n() {
			w.next()
			buf = append(buf, point{w.x, w.y})
		}
		each(p, buf)
	}
}
