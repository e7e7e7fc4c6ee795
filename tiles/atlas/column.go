package atlas

// columns hold the geometry of a layer's features in flat arrays, which the garbage collector need not look into. They only
// grow: what a reader has found stays where it is.
//
// A part (a line, a ring, the points of a feature) is a run of vertices. Each is a step as appendStep writes it: a word, or two where
// it is far from the one before, or three where it is farther than that or the first of its run. A line may borrow its steps: see
// [bed].
type columns struct {
	steps  []uint32
	parts  []part
	longs  []long
	chunks []chunk
	few    []uint32 // steps of the runs for low zooms

	drawn      []point // scratch of cut
	drawnLevel []uint8
}

// part is a run of vertices. long is its number among the long ones, counted from 1.
type part struct {
	vertices uint32
	long     uint32
}

// long is what helps to draw a part of many vertices: the run of all of them, and of a line the runs of those that are drawn
// up to the zooms of fewZooms.
type long struct {
	all run
	few [len(fewZooms)]run
}

// run is the vertices of a part, or some of them, in chunks.
type run struct {
	chunk    uint32 // the first one
	vertices uint32 // how many; 0 is no run
}

// at gives the run that a line is drawn from at a zoom, and tells whether it stands in few.
func (l *long) at(zoom int) (r *run, few bool) {
	for i := range fewZooms {
		if zoom <= fewZooms[i] && l.few[i].vertices > 0 {
			return &l.few[i], true
		}
	}
	return &l.all, false
}

// holeBit marks a ring that is a hole, in part.vertices.
const holeBit = 1 << 31

func (p part) n() int     { return int(p.vertices &^ holeBit) }
func (p part) hole() bool { return p.vertices&holeBit != 0 }

// chunk is a stretch of a run, so that a tile can pass over what is far away. It goes from its vertex, whose position it knows,
// to that of the next chunk; the last one of a run stands for its last vertex. A line is cut only at vertices that are drawn at
// every zoom that the run is for, so that no drawn segment leaves its chunk's box.
type chunk struct {
	box    box
	at     point
	vertex uint32 // number in the run
	step   uint32 // where the vertex after it is written
}

// fewZooms are the last zooms that runs of fewer vertices are for.
var fewZooms = [...]int{5, 7, 9} //nolint:gochecknoglobals // a list

const (
	// A part of chunkFrom vertices or more is cut into chunks of at least chunkSize.
	chunkFrom = 160
	chunkSize = 48
	// A run of few vertices has smaller ones: its vertices are far apart.
	fewChunkSize = 32
)

// mark is an end of the columns.
type mark struct{ steps, parts, longs, chunks, few int }

func (c *columns) mark() mark {
	return mark{len(c.steps), len(c.parts), len(c.longs), len(c.chunks), len(c.few)}
}

// undo takes back what was added since.
func (c *columns) undo(m mark) {
	c.steps, c.parts, c.longs, c.chunks, c.few = c.steps[:m.steps], c.parts[:m.parts], c.longs[:m.longs], c.chunks[:m.chunks], c.few[:m.few]
}

// add writes a part with its levels. line tells that it is one and no ring, first is the zoom from which it is drawn.
func (c *columns) add(vertices []point, levels []uint8, line, hole bool, first int) {
	p := part{vertices: uint32(len(vertices))} //nolint:gosec // a stored geometry has at most 200,000
	if hole {
		p.vertices |= holeBit
	}
	if len(vertices) < chunkFrom {
		for i := range vertices {
			c.steps = appendStep(c.steps, vertices, i, levels[i])
		}
	} else {
		c.longs = append(c.longs, c.cut(vertices, levels, line, first))
		p.long = uint32(len(c.longs)) //nolint:gosec // fewer than vertices
	}
	c.parts = append(c.parts, p)
}

// cut writes the runs of a long part.
func (c *columns) cut(vertices []point, levels []uint8, line bool, first int) long {
	var l long
	if !line {
		l.all = c.run(&c.steps, vertices, levels, chunkSize, gone)
		return l
	}
	for i, last := range fewZooms {
		if last < first {
			continue
		}
		drawn, of := c.drawn[:0], c.drawnLevel[:0]
		for k, v := range vertices {
			if int(levels[k]) <= last {
				drawn, of = append(drawn, v), append(of, levels[k])
			}
		}
		c.drawn, c.drawnLevel = drawn, of
		l.few[i] = c.run(&c.few, drawn, of, fewChunkSize, first)
		first = last + 1
	}
	l.all = c.run(&c.steps, vertices, levels, chunkSize, first)
	return l
}

// run writes vertices to steps, in chunks of at least size that begin where a vertex has the level always or a lower one.
func (c *columns) run(steps *[]uint32, vertices []point, levels []uint8, size, always int) run {
	r := run{uint32(len(c.chunks)), uint32(len(vertices))} //nolint:gosec // the columns have fewer than 2^32 entries
	last, end := 0, len(vertices)-1
	for i, v := range vertices {
		*steps = appendStep(*steps, vertices, i, levels[i])
		if i == 0 || i == end || (i-last >= size && int(levels[i]) <= always) {
			c.chunks = append(c.chunks, chunk{at: v, vertex: uint32(i), step: uint32(len(*steps)), box: nowhere()}) //nolint:gosec // bounded
			last = i
		}
	}
	for k := r.chunk; int(c.chunks[k].vertex) < end; k++ {
		b := &c.chunks[k].box
		for _, v := range vertices[c.chunks[k].vertex : c.chunks[k+1].vertex+1] {
			b.extend(v)
		}
	}
	return r
}

// A step is the way from the vertex before, east and south in world units, 14 bits each, and below them in 4 bits the class of
// the vertex, which stands for the first zoom that draws it. What does not fit has one of two marks in place of its way east:
// far, and a way of 23 bits each stands in the rest of the word and in the next; or afresh, and the position follows in two words.
const (
	classBits = 4
	classMask = 1<<classBits - 1
	wayBits   = 14
	mostWay   = 1<<(wayBits-1) - 1
	far       = -mostWay - 1
	afresh    = -mostWay
	farBits   = 23
	mostFar   = 1<<(farBits-1) - 1
)

// classOf gives the class of a level, and the class up to which a zoom draws. No line is drawn before zoom 4; what polygons draw
// too much there falls together on their grid.
func classOf(level int) uint32 { return uint32(min(max(level-4, 0), 1<<classBits-1)) }

// levelOfClass gives a level that has the class.
func levelOfClass(class uint32) uint8 {
	if class == 0 {
		return 0
	}
	return uint8(class + 4) //nolint:gosec // 4 bits
}

// appendStep writes a vertex of a run.
func appendStep(steps []uint32, vertices []point, i int, level uint8) []uint32 {
	v, class := vertices[i], classOf(int(level))
	if i > 0 {
		dx, dy := int64(v.x)-int64(vertices[i-1].x), int64(v.y)-int64(vertices[i-1].y)
		switch most := max(dx, -dx, dy, -dy); {
		case most < mostWay:
			return append(steps, uint32(dx)<<(32-wayBits)|uint32(dy)<<(32-wayBits)>>wayBits|class) //nolint:gosec // the low bits of each
		case most <= mostFar:
			ways := uint64(dx)<<farBits | uint64(dy)&(1<<farBits-1)                                       //nolint:gosec // the low bits of each
			return append(steps, mark32(far)|uint32(ways>>32)<<(32-wayBits)>>wayBits|class, uint32(ways)) //nolint:gosec // as above
		}
	}
	return append(steps, mark32(afresh)|class, v.x, v.y)
}

// behind gives where in steps so many vertices end that begin at a place.
func (c *columns) behind(at, n int) int {
	for range n {
		switch dx := int32(c.steps[at]) >> (32 - wayBits); { //nolint:gosec // its sign comes back
		case dx > afresh:
			at++
		case dx == far:
			at += 2
		default:
			at += 3
		}
	}
	return at
}

// mark32 puts a mark in place of the way east.
func mark32(mark int32) uint32 { return uint32(mark) << (32 - wayBits) } //nolint:gosec // the low bits

// walker goes along a part's vertices.
type walker struct {
	steps   []uint32
	at      int // in steps
	x, y    uint32
	classes []uint32 // of a part that borrows its steps
	n       int      // of its vertices, how many were passed
}

// next goes on to the next vertex and gives its class.
func (w *walker) next() (class uint32) {
	if w.classes == nil {
		return w.step() & classMask
	}
	if w.n > 0 { // the first one is where it begins
		w.step()
	}
	class = w.classes[w.n/8] >> (w.n % 8 * classBits) & classMask
	w.n++
	return class
}

// step goes on by a step.
func (w *walker) step() uint32 {
	step := w.steps[w.at]
	if dx := int32(step) >> (32 - wayBits); dx > afresh { //nolint:gosec // its sign comes back
		w.x += uint32(dx)
		w.y += uint32(int32(step<<wayBits) >> (32 - wayBits)) //nolint:gosec // as above
		w.at++
	} else {
		w.at += w.leap(dx, w.steps[w.at:])
	}
	return step
}

// leap goes on to a vertex that is not near and gives how many words that took.
func (w *walker) leap(mark int32, steps []uint32) int {
	if mark == afresh {
		w.x, w.y = steps[1], steps[2]
		return 3
	}
	ways := uint64(steps[0]<<wayBits>>(wayBits+classBits))<<32 | uint64(steps[1])
	w.x += uint32(int64(ways<<(64-2*farBits)) >> (64 - farBits)) //nolint:gosec // its sign comes back, and wraps as it should
	w.y += uint32(int64(ways<<(64-farBits)) >> (64 - farBits))   //nolint:gosec // as above
	return 2
}

// lone marks the record of a single short part, in record.part: the rest of it is how many vertices it has.
const lone = 1 << 31

// partsOf gives the parts of a record; room is used where they are not written down.
func (c *columns) partsOf(r *record, room *[1]part) []part {
	if r.part&lone == 0 {
		return c.parts[r.part : r.part+r.parts]
	}
	room[0] = part{vertices: r.part &^ (lone | borrowed)}
	return room[:]
}

// close ends a record whose parts were added: a single short one is written into it.
func (c *columns) close(r *record) {
	if last := len(c.parts) - 1; r.parts == 1 && c.parts[last].long == 0 && !c.parts[last].hole() {
		r.part = lone | c.parts[last].vertices
		c.parts = c.parts[:last]
	}
}
