package network

import (
	"cmp"
	"iter"
	"slices"

	"hetu/geo"
)

// Mode is a way to walk a [Graph] (追溯方式), named as NLDI names them. What runs from point to point is [Graph.Path].
//
// The main way upstream enters, of the edges that end at a node, one of the same route as the edge it comes from, else of
// the same river, else one that is main at its own upper node, else of the highest stream order, of the longest route, the
// longest edge, the lowest id. From a node as the start it goes as if it came from the main way downstream of it.
// The main way downstream leaves a node by the edge that is main there; where none is, or several are, the same row
// decides. So a river keeps its name upstream, and downstream the attribute of the divergence is obeyed. A main way ends where
// it comes to a node that it has been at.
type Mode string

// The modes.
const (
	UpMain   Mode = "UM" // 上游干流
	UpAll    Mode = "UT" // 上游含支流
	DownMain Mode = "DM" // 下游干流
	DownAll  Mode = "DD" // 下游含分汊
)

func (m Mode) up() bool   { return m == UpMain || m == UpAll }
func (m Mode) main() bool { return m == UpMain || m == DownMain }

// Part is what a trace covers of one edge (追溯区段).
type Part struct {
	Edge, Route int64
	FromM, ToM  float64 // measures on the route, FromM <= ToM; equal only where the start is the end of its edge
	Falling     bool    // the walk runs from ToM to FromM
	DistanceM   float64 // from the start along the water to where the part begins, the shortest way
	LengthM     float64 // along the water
	End         End
}

// DistanceAt gives the distance from the start to a measure within the part, or off its end by no more than the slack.
func (p *Part) DistanceAt(m float64) (float64, bool) {
	const least = 1e-9 // what a sum of floats is off by, of a measure that lies off by the slack itself
	if !(m >= p.FromM-SlackM-least && m <= p.ToM+SlackM+least) {
		return 0, false
	}
	m = min(max(m, p.FromM), p.ToM)
	on := m - p.FromM
	if p.Falling {
		on = p.ToM - m
	}
	if p.FromM < p.ToM {
		on *= p.LengthM / (p.ToM - p.FromM)
	}
	return p.DistanceM + on, true
}

// End says why a trace does not go on at the end of a part.
type End string

// The ends.
const (
	GoesOn  End = ""         // into what lies beyond, if there is anything
	Spent   End = "distance" // the distance is used up
	Stopped End = "stop"     // a mark was met
	Border  End = "border"   // what lies beyond is not within
	Limit   End = "limit"    // the limit of edges
)

// Halt is a point where a way of a trace ended at a mark, a border or the limit of edges.
type Halt struct {
	End         End
	Edge, Route int64
	AtM         float64 // measure on the route
	DistanceM   float64
	Mark        int64 // [Mark.ID], where End is Stopped
}

// Sum is what a trace came to.
type Sum struct {
	Parts     int
	LengthM   float64
	Halts     []Halt // marks and borders in order of distance; one for each way that ended there
	Truncated bool   // the limit of edges ended it
	Next      Halt   // where it would have gone on: all that is nearer has been told
}

// Trace is one walk of a graph (追溯), made when its parts are asked for. It serves one goroutine.
type Trace struct {
	g    *Graph
	from Place
	mode Mode
	lim  Limits
	sum  Sum
}

// Trace says where to walk. Every edge is entered once, at the node nearest to the start, so braids are told once and
// circles end. Only the edge of the start may be told in two parts, where a circle leads back to it: the part beyond the
// start first, and the part before it, up to the start, when the walk comes round. The edge of the start is always told.
//
// A mark or a border ends the walk exactly there; a mark at the very start, at distance 0, does not. Where a walk would end
// as it enters an edge, the edge is not told, and [Sum.Halts] has the halt.
func (g *Graph) Trace(from Place, mode Mode, lim Limits) (*Trace, error) {
	switch {
	case from.g != g:
		return nil, geo.Errorf(geo.CodeInternal, "the start of a trace is of another graph")
	case mode != UpMain && mode != UpAll && mode != DownMain && mode != DownAll:
		return nil, geo.InvalidField("mode", "%q is none of UM, UT, DM, DD", mode)
	}
	if err := lim.check(g); err != nil {
		return nil, err
	}
	return &Trace{g: g, from: from, mode: mode, lim: lim}, nil
}

// All walks, and yields the parts in order of distance: each as soon as it is known that nothing nearer follows, the first
// at once. At one distance the order is fixed but means nothing.
func (t *Trace) All() iter.Seq[Part] {
	return func(yield func(Part) bool) {
		s := t.g.borrow()
		defer t.g.giveBack(s)
		w := walker{g: t.g, scratch: s, up: t.mode.up(), main: t.mode.main(), from: t.from, lim: t.lim, maxMM: t.lim.maxMM()}
		w.tellFunc = func(e uint32, x extent, dist int64) bool { return yield(w.part(e, x, dist)) }
		w.run()
		slices.SortStableFunc(w.sum.Halts, func(p, q Halt) int { return cmp.Compare(p.DistanceM, q.DistanceM) })
		w.sum.LengthM = metres(w.lengthMM)
		t.sum = w.sum
	}
}

// Sum tells what the last walk came to, which a caller who stopped it cut short.
func (t *Trace) Sum() Sum { return t.sum }

// IDs appends the edges that [Graph.Trace] tells, each once and in no order. Without a limit of distance or of edges it is
// several times faster than the trace.
func (g *Graph) IDs(dst []int64, from Place, mode Mode, lim Limits) ([]int64, error) {
	t, err := g.Trace(from, mode, lim)
	if err != nil {
		return dst, err
	}
	s := g.borrow()
	defer g.giveBack(s)
	w := walker{g: g, scratch: s, up: mode.up(), main: mode.main(), from: t.from, lim: lim, maxMM: lim.maxMM()}
	if !w.main && lim.DistanceM == 0 && lim.Edges == 0 {
		return w.flood(dst), nil
	}
	told := 0
	w.tellFunc = func(e uint32, _ extent, _ int64) bool {
		if told++; told == 1 || e != w.from.edge {
			dst = append(dst, g.edges.at(e))
		}
		return true
	}
	w.run()
	return dst, nil
}
