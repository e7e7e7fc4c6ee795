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
	chunks []chunk
}

// part is a run of vertices. chunk is the first of its chunks, 0 if it has none.
type part struct {
	vertices uint32
	chunk    uint32
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
type mark struct{ deltas, levels, parts, chunks int }

func (c *columns) mark() mark {
	return mark{len(c.deltas), len(c.levels), len(c.parts), len(c.chunks)}
}

// undo takes back what was added since.
func (c *columns) undo(m mark) {
	c.deltas, c.levels, c.parts, c.chunks = c.deltas[:m.deltas], c.levels[:m.levels], c.parts[:m.parts], c.chunks[:m.chunks]
}

// add writes a part with its levels. line tells that it is one and no ring.
func (c *columns) add(vertices []point, levels []uint8, line, hole bool) {
	p := part{vertices: uint32(len(vertices))} //nolint:gosec // a stored geometry has at most 200,000
	if hole {
		p.vertices |= holeBit
	}
	cut := len(vertices) >= chunkFrom
	if cut {
		if len(c.chunks) == 0 {
			c.chunks = append(c.chunks, chunk{}) // 0 is none
		}
		p.chunk = uint32(len(c.chunks)) //nolint:gosec // bounded by the vertices
	}
	c.parts = append(c.parts, p)
	last := 0
	for i, v := range vertices {
		c.put(v, vertices, i)
		if !cut {
			continue
		}
		end := i == len(vertices)-1
		if i == 0 || end || (i-last >= chunkSize && (!line || levels[i] <= chunkZoom)) {
			c.chunks = append(c.chunks, chunk{at: v, vertex: uint32(i), delta: uint32(len(c.deltas)), box: nowhere()}) //nolint:gosec // bounded
			last = i
		}
	}
	c.levels = append(c.levels, levels...)
	if cut {
		c.boxes(p, vertices)
	}
}

// boxes fills in the boxes of a part's chunks.
func (c *columns) boxes(p part, vertices []point) {
	for k := p.chunk; int(c.chunks[k].vertex) < len(vertices)-1; k++ {
		b := &c.chunks[k].box
		for _, v := range vertices[c.chunks[k].vertex : c.chunks[k+1].vertex+1] {
			b.extend(v)
		}
	}
}

func (c *columns) put(v point, vertices []point, i int) {
	if i > 0 {
		dx, dy := int64(v.x)-int64(vertices[i-1].x), int64(v.y)-int64(vertices[i-1].y)
		if dx > far && dx <= math.MaxInt16 && dy >= far && dy <= math.MaxInt16 {
			c.deltas = append(c.deltas, int16(dx), int16(dy))
			return
		}
	}
	c.deltas = append(c.deltas, far, int16(v.x>>16), int16(v.x), int16(v.y>>16), int16(v.y)) //nolint:gosec // the bits are put together again
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
