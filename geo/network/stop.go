package network

import (
	"cmp"
	"slices"
	"sort"

	"hetu/geo"
)

// Limits say where a trace ends before the network does. The zero value sets no limit.
type Limits struct {
	DistanceM float64 // metres along the water from the start; 0: any
	Edges     int     // edges that are told; 0: any. What is beyond makes the trace truncated
	Stops     *Stops  // points that end it
	Within    *Within // the part of the network that it must not leave
}

// Mark is a point on a route at which a trace stops: a section, a dam, an outfall, a border, the shore of a lake.
type Mark struct {
	ID     int64 // the caller's, given back in [Halt.Mark]
	Route  int64
	AtM    float64
	onEdge uint32
	mm     int64
}

// Stops are marks by edge (停止点), in order of measure.
type Stops struct {
	g     *Graph
	marks []Mark // in order of edge, then measure, then id
	any   bitset // edges that have one
}

// NewStops places marks on the graph, and gives back those that lie on no edge of it. A mark where two edges of its route
// meet lies on both: water that comes from elsewhere meets it too, before it has run a millimetre of them. A mark that lies a
// centimetre beyond the edges is at the end of them.
func (g *Graph) NewStops(marks []Mark) (stops *Stops, off []Mark) {
	s := &Stops{g: g, any: newBitset(g.Len())}
	for _, m := range marks {
		r, ok := g.route(m.Route)
		mm, finite := placed(m.AtM)
		if !ok || !finite {
			off = append(off, m)
			continue
		}
		mm = g.settle(r, mm)
		before, after := g.around(r, mm)
		if before == none && after == none {
			off = append(off, m)
		}
		for _, e := range []uint32{before, after} {
			if e != none {
				s.any.set(e)
				m.onEdge, m.mm = e, mm
				s.marks = append(s.marks, m)
			}
		}
	}
	slices.SortFunc(s.marks, func(p, q Mark) int {
		return cmp.Or(cmp.Compare(p.onEdge, q.onEdge), cmp.Compare(p.mm, q.mm), cmp.Compare(p.ID, q.ID))
	})
	return s, off
}

// next gives the first mark of an edge on the way from one measure to another, either one included.
func (s *Stops) next(e uint32, from, to int64) (*Mark, bool) {
	if s == nil || !s.any.has(e) {
		return nil, false
	}
	at := func(mm int64) int { // of the first mark of the edge at a measure or above it
		return sort.Search(len(s.marks), func(i int) bool {
			m := &s.marks[i]
			return m.onEdge > e || m.onEdge == e && m.mm >= mm
		})
	}
	if from <= to {
		i := at(from)
		if i < len(s.marks) && s.marks[i].onEdge == e && s.marks[i].mm <= to {
			return &s.marks[i], true
		}
		return nil, false
	}
	i := at(from+1) - 1
	if i < 0 || s.marks[i].onEdge != e || s.marks[i].mm < to {
		return nil, false
	}
	for i > 0 && s.marks[i-1].onEdge == e && s.marks[i-1].mm == s.marks[i].mm {
		i-- // of several at one measure the lowest id, as the other way
	}
	return &s.marks[i], true
}

// Range is a part of a route, from a lower measure to a higher one.
type Range struct {
	Route      int64
	FromM, ToM float64
}

// Within is the part of a network that a trace must not leave (范围), as that which lies in one division.
type Within struct {
	g      *Graph
	ranges []edgeRange // in order of edge, then measure; none touches another of its edge
}

type edgeRange struct {
	edge     uint32
	from, to int64
}

// NewWithin gives the part of the graph that ranges cover. They may overlap, touch, and reach beyond the edges.
func (g *Graph) NewWithin(ranges []Range) *Within {
	w := &Within{g: g}
	for _, r := range ranges {
		route, ok := g.route(r.Route)
		from, finite := placed(r.FromM)
		to, alsoFinite := placed(r.ToM)
		if !ok || !finite || !alsoFinite {
			continue
		}
		_, end := g.edgesOf(route)
		for e := g.lastBefore(route, from); e < end && g.from(e) < to; e++ {
			if lo, hi := max(from, g.from(e)), min(to, g.to(e)); lo < hi {
				w.ranges = append(w.ranges, edgeRange{e, lo, hi})
			}
		}
	}
	slices.SortFunc(w.ranges, func(p, q edgeRange) int {
		return cmp.Or(cmp.Compare(p.edge, q.edge), cmp.Compare(p.from, q.from))
	})
	w.merge()
	return w
}

// lastBefore gives the last edge of a route that begins at a measure or before it, the first where none does.
func (g *Graph) lastBefore(route uint32, mm int64) uint32 {
	first, end := g.edgesOf(route)
	k := sort.Search(int(end-first), func(i int) bool { return g.from(first+uint32(i)) > mm }) //nolint:gosec // an index
	return first + uint32(max(k-1, 0))                                                         //nolint:gosec // an index
}

// merge makes one of ranges that touch.
func (w *Within) merge() {
	out := w.ranges[:0]
	for _, r := range w.ranges {
		if n := len(out); n > 0 && out[n-1].edge == r.edge && r.from <= out[n-1].to {
			out[n-1].to = max(out[n-1].to, r.to)
			continue
		}
		out = append(out, r)
	}
	w.ranges = slices.Clip(out)
}

// reach gives how far one can go on an edge from a measure towards another without leaving: no further than from where
// the way out begins at once.
func (w *Within) reach(e uint32, from, to int64) int64 {
	if w == nil {
		return to
	}
	i := sort.Search(len(w.ranges), func(i int) bool { // the first that ends beyond from, or at it on the way down
		r := &w.ranges[i]
		return r.edge > e || r.edge == e && (r.to > from || from > to && r.to == from)
	})
	if i == len(w.ranges) || w.ranges[i].edge != e || w.ranges[i].from > from {
		return from
	}
	if from <= to {
		return min(to, w.ranges[i].to)
	}
	return max(to, w.ranges[i].from)
}

func (l Limits) check(g *Graph) error {
	switch {
	case !(l.DistanceM >= 0): // written so that NaN fails
		return geo.InvalidField("distance", "%v is no distance", l.DistanceM)
	case l.Edges < 0:
		return geo.InvalidField("limit", "%d is no number of edges", l.Edges)
	case l.Stops != nil && l.Stops.g != g, l.Within != nil && l.Within.g != g:
		return geo.Errorf(geo.CodeInternal, "the stops of a trace are of another graph")
	}
	return nil
}

// maxMM gives the distance in millimetres, a very large one where there is no limit. A limit is at least a millimetre.
func (l Limits) maxMM() int64 {
	if l.DistanceM == 0 || l.DistanceM >= 1e12 {
		return 1 << 62
	}
	return max(1, millimetres(l.DistanceM))
}
