package atlas

import (
	"math"
	"slices"

	"hetu/tiles"
	"hetu/tiles/label"
	"hetu/tiles/mvt"
)

// A layer of names has a feature for each place at which a name of another layer stands: for areas the point farthest from
// their border, for lines a piece of the line about the place. It is drawn in the one tile that has the place, so that a
// name is written once however many tiles and parts what it names is cut into.

// place is where a name stands, up to which zoom.
type place struct {
	at   point
	last uint8
}

// maxPlaces is more than one feature can have; the ids of its places are made from its own.
const maxPlaces = label.MostPlaces + 1

// nameWidth is how many pixels of a line a name takes: four to six characters.
const nameWidth = 90

// nameShift is by how many bits the pieces that names are written along are stored more coarsely than the world: to an eighth of
// a tile unit at zoom 13, the last one for names. Most ways between their vertices then fit in one word.
const nameShift = 3

// shorten puts a line into the units that pieces are stored in.
func shorten(line []point) {
	for i, p := range line {
		line[i] = point{(p.x + 1<<nameShift>>1) >> nameShift, (p.y + 1<<nameShift>>1) >> nameShift}
	}
}

// naming makes the spans of names.
type naming struct {
	*loading
	fields []int // for each field of the names, that of what is named
	flat   []uint32
	parts  []int
	vertex []uint8
	near   []bool
	values []Value   // of the spans given last
	world  []float64 // their positions
	out    []Span
}

// newNaming shares the scratch that what is named is taken in with: a line is generalised once.
func newNaming(parent, names *layer, scratch *loading) *naming {
	n := &naming{loading: scratch}
	for _, f := range names.decl.Fields {
		n.fields = append(n.fields, slices.IndexFunc(parent.decl.Fields, func(p tiles.Field) bool { return p.Name == f.Name }))
	}
	return n
}

// spans gives the names of a span, good until it is called again; none if it has no name or is not the one that carries it. Their
// positions are not degrees but whole numbers of the world.
func (n *naming) spans(kind mvt.Type, s *Span) []Span {
	n.values, n.world, n.out = n.values[:0], n.world[:0], n.out[:0]
	named := false
	for _, f := range n.fields {
		v := s.Values[f]
		n.values = append(n.values, v)
		named = named || (v.Kind == Text && v.Text != "")
	}
	switch {
	case !named || (kind == mvt.Line && !s.Label):
	case kind == mvt.Polygon:
		n.area(s)
	default:
		n.line(s)
	}
	return n.out
}

func (n *naming) area(s *Span) {
	n.flat = n.flat[:0]
	for i := 0; i+1 < len(s.Shape.Flat); i += 2 {
		p := project(s.Shape.Flat[i], s.Shape.Flat[i+1])
		n.flat = append(n.flat, p.x, p.y)
	}
	x, y := label.Pole(n.flat, s.Shape.Parts, s.Shape.Hole)
	n.world = append(n.world, float64(x), float64(y))
	n.out = append(n.out, Span{
		ID: s.ID * maxPlaces, From: s.From, To: s.To, Rank: s.Rank, Values: n.values, place: &place{point{x, y}, tiles.MaxZoom},
		Shape: Shape{Flat: n.world, Parts: []int{1}},
	})
}

func (n *naming) line(s *Span) {
	n.flat, n.parts, n.vertex = n.flat[:0], n.parts[:0], n.vertex[:0]
	at := 0
	for _, count := range s.Shape.Parts {
		line := n.points(s.Shape.Flat[2*at:2*(at+count)], true, false)
		at += count
		if len(line) < 2 {
			continue
		}
		n.parts = append(n.parts, len(line))
		n.vertex = append(n.vertex, n.level(line, mvt.Line)...)
		for _, p := range line {
			n.flat = append(n.flat, p.x, p.y)
		}
	}
	const last = 13 // after that the style writes along the river itself
	for i, p := range label.Places(n.flat, n.parts, s.Rank, last, nameWidth) {
		n.out = append(n.out, n.piece(s, p, s.ID*maxPlaces+int64(i), min(p.Last, last)))
	}
}

// look marks the vertices from the place to one end of its piece that a name is written by. What the zooms after 9 add is two
// pixels at the last zoom, and a name is written along a calmer line than that; and what is drawn only from a later zoom on
// matters only as far as a name reaches then.
func (n *naming) look(piece label.Piece[uint32], flat []uint32, levels []uint8, vertex, step int) {
	way := 0.0
	for i := vertex; i >= piece.From && i < piece.To; i += step {
		if i != vertex {
			dx, dy := float64(int64(flat[2*i])-int64(flat[2*(i-step)])), float64(int64(flat[2*i+1])-int64(flat[2*(i-step)+1]))
			way += math.Sqrt(dx*dx + dy*dy)
		}
		n.near[i-piece.From] = levels[i] <= 9 && way <= label.Reach(int(levels[i]))
	}
}

// piece gives the piece of a line about a place.
func (n *naming) piece(s *Span, p label.Place, id int64, last int) Span {
	from := 0
	for _, count := range n.parts[:p.Part] {
		from += count
	}
	flat, levels := n.flat[2*from:2*(from+n.parts[p.Part])], n.vertex[from:from+n.parts[p.Part]]
	piece := label.Stretch(flat, p.Vertex, p.First)
	begun := len(n.world)
	add := func(x, y uint32) { n.world = append(n.world, float64(x), float64(y)) }
	add(piece.Head[0], piece.Head[1])
	n.near = append(n.near[:0], make([]bool, piece.To-piece.From)...)
	n.look(piece, flat, levels, p.Vertex, -1)
	n.look(piece, flat, levels, p.Vertex, 1)
	for i := piece.From; i < piece.To; i++ {
		if n.near[i-piece.From] || i == p.Vertex {
			add(flat[2*i], flat[2*i+1])
		}
	}
	add(piece.Tail[0], piece.Tail[1])
	at := point{flat[2*p.Vertex], flat[2*p.Vertex+1]}
	if n.parts[p.Part] == 2 { // the place means the middle
		at = point{uint32((uint64(flat[0]) + uint64(flat[2])) / 2), uint32((uint64(flat[1]) + uint64(flat[3])) / 2)} //nolint:gosec // between both
	}
	positions := n.world[begun:]
	return Span{
		ID: id, From: s.From, To: s.To, Rank: p.First, Values: n.values, place: &place{at, uint8(last)}, //nolint:gosec // a zoom
		Shape: Shape{Flat: positions, Parts: []int{len(positions) / 2}},
	}
}
