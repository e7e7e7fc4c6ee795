package network

import (
	"math"
	"sort"

	"hetu/geo"
)

// Place is a point of a [Graph] (位置): on an edge, or a node with all that joins and leaves there. It is of the graph
// that gave it and of no other.
type Place struct {
	g    *Graph
	edge uint32 // none: a node
	node uint32
	mm   int64 // measure on the edge
}

// AtNode gives a node.
func (g *Graph) AtNode(id int64) (Place, error) {
	v, ok := g.node(id)
	if !ok {
		return Place{}, geo.Errorf(geo.CodeNotFound, "there is no node %d", id)
	}
	return Place{g: g, edge: none, node: v}, nil
}

// OnEdge gives the point of an edge at a measure of its route. At an end of the edge it is that end and not the node: a
// trace upstream from the lower end takes this edge and not those that join there.
func (g *Graph) OnEdge(id int64, m float64) (Place, error) {
	e, ok := g.edge(id)
	if !ok {
		return Place{}, geo.Errorf(geo.CodeNotFound, "there is no edge %d", id)
	}
	mm, ok := placed(m)
	if !ok || mm < g.from(e) || mm > g.to(e) {
		return Place{}, geo.Errorf(geo.CodeNotFound, "edge %d runs from %.3f m to %.3f m: %.3f m is not on it", id, metres(g.from(e)), metres(g.to(e)), m)
	}
	return Place{g: g, edge: e, mm: mm}, nil
}

// OnRoute gives the point of a route at a measure. Where two edges of the route meet it is the node between them: what
// joins there lies upstream of it and what leaves there downstream. At an end of the route it is the end of its last edge,
// so upstream of a river's mouth is that river alone. Neither depends on which way the measures grow. A measure may lie a centimetre
// beyond the edges.
func (g *Graph) OnRoute(route int64, m float64) (Place, error) {
	r, ok := g.route(route)
	if !ok {
		return Place{}, geo.Errorf(geo.CodeNotFound, "route %d is not part of the network", route)
	}
	if mm, ok := placed(m); ok {
		if p, ok := g.onRoute(r, g.settle(r, mm)); ok {
			return p, nil
		}
	}
	low, high := g.measures(r)
	return Place{}, geo.Errorf(geo.CodeNotFound, "route %d has no edge at %.3f m: its edges lie between %.3f m and %.3f m", route, m, metres(low), metres(high))
}

func (g *Graph) onRoute(r uint32, mm int64) (Place, bool) {
	before, after := g.around(r, mm)
	switch {
	case before == none && after == none:
		return Place{}, false
	case after == none:
		return Place{g: g, edge: before, mm: mm}, true
	case before == none:
		return Place{g: g, edge: after, mm: mm}, true
	}
	high, low := before, after // as the water runs, where measures grow downstream
	if g.rising.has(r) {
		high, low = after, before
	}
	if g.lower[high] == g.upper(low) {
		return Place{g: g, edge: none, node: g.lower[high]}, true
	}
	return Place{g: g, edge: high, mm: mm}, true // the route is torn here
}

// around gives the edge of a route that ends at a measure or holds it, and the one that begins at it.
func (g *Graph) around(r uint32, mm int64) (before, after uint32) {
	first, end := g.edgesOf(r)
	k := sort.Search(int(end-first), func(i int) bool { return g.from(first+uint32(i)) > mm }) //nolint:gosec // an index
	before, after = none, none
	for e := first + uint32(k); e > first && before == none; { //nolint:gosec // an index
		e--
		switch {
		case g.from(e) == mm:
			after = e
		case g.to(e) >= mm:
			before = e
		}
	}
	if before != none && g.to(before) > mm {
		after = none // it lies within the other
	}
	return before, after
}

// placed gives a measure in millimetres, where it can be one.
func placed(m float64) (int64, bool) {
	if !(math.Abs(m) <= maxMeasureM) {
		return 0, false
	}
	return millimetres(m), true
}
