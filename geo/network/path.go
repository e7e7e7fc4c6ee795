package network

import (
	"slices"

	"hetu/geo"
)

// Path gives the shortest way down the water from one place to another: what NLDI calls PP. The parts stand in order from
// the first place, and the first and the last end exactly at the places; a part that ends where it begins is left out, so
// from a place to itself there are none. Where the second place is not downstream of the first the error is
// [geo.CodeRefused]. Within one edge, and upstream on it, the way leads round the circle that the edge lies in, if it does.
func (g *Graph) Path(from, to Place) ([]Part, error) {
	if from.g != g || to.g != g {
		return nil, geo.Errorf(geo.CodeInternal, "the ends of a path are of another graph")
	}
	s := g.borrow()
	defer g.giveBack(s)
	w := walker{g: g, scratch: s, from: from}
	if parts, ok := w.onOneEdge(to); ok {
		return parts, nil
	}
	goal := to.node
	if to.edge != none {
		goal = g.upper(to.edge)
	}
	last, ok := w.search(goal)
	if !ok {
		return nil, geo.FieldErrorf(geo.CodeRefused, "to", "the second place does not lie downstream of the first; the way runs down the water, so try it from there to here")
	}
	return w.pathTo(last, to), nil
}

// onOneEdge gives the way between two places of one edge.
func (w *walker) onOneEdge(to Place) ([]Part, bool) {
	e := w.from.edge
	if e == none || e != to.edge {
		return nil, false
	}
	x := w.between(e, w.from.mm, to.mm)
	return w.appendPart(nil, e, x, 0), x.length > 0 || w.from.mm == to.mm
}

// between gives the extent from one measure of an edge to another downstream; none of length where it is not.
func (w *walker) between(e uint32, from, to int64) extent {
	entry := w.g.entry(e, false)
	return extent{from: from, to: to, length: max(0, w.g.along(e, entry, to)-w.g.along(e, entry, from))}
}

// search walks down until it settles a node, and gives that hop's place in the log.
func (w *walker) search(goal uint32) (uint32, bool) {
	first := hop{via: w.from.edge}
	if e := w.from.edge; e != none {
		first.dist = w.between(e, w.from.mm, w.g.entry(e, true)).length
	}
	w.push(first)
	for len(w.heap) > 0 {
		h := w.pop()
		node := w.node(h)
		if !w.visit(node) {
			continue
		}
		at := uint32(len(w.log)) //nolint:gosec // at most one for each node
		w.log = append(w.log, h)
		if node == goal {
			return at, true
		}
		for _, e := range w.g.beyond(node, false) {
			e &^= leaves
			if !w.seen.has(w.g.lower[e]) {
				w.push(hop{dist: h.dist + int64(w.g.length[e]), via: e, parent: at})
			}
		}
	}
	return 0, false
}

// pathTo reads the log backwards from where the search ended.
func (w *walker) pathTo(last uint32, to Place) []Part {
	var edges []uint32
	for at := last; at > 0; at = w.log[at].parent {
		edges = append(edges, w.log[at].via)
	}
	slices.Reverse(edges)
	var parts []Part
	dist := int64(0)
	tell := func(e uint32, from, to int64) {
		x := w.between(e, from, to)
		parts = w.appendPart(parts, e, x, dist)
		dist += x.length
	}
	if e := w.from.edge; e != none {
		tell(e, w.from.mm, w.g.entry(e, true))
	}
	for _, e := range edges {
		tell(e, w.g.entry(e, false), w.g.entry(e, true))
	}
	if e := to.edge; e != none {
		tell(e, w.g.entry(e, false), to.mm)
	}
	return parts
}

func (w *walker) appendPart(parts []Part, e uint32, x extent, dist int64) []Part {
	if x.length == 0 {
		return parts
	}
	return append(parts, w.part(e, x, dist))
}
