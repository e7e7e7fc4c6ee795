package network

import (
	"cmp"
	"slices"
)

// mainOf gives the main way beyond a node; see [Mode].
func (g *Graph) mainOf(node uint32, edges []uint32, via uint32, up bool) uint32 {
	if via == none && up {
		if down := g.beyond(node, false); len(down) > 0 {
			via = g.mainOf(node, down, none, false)
		}
	}
	return slices.MinFunc(edges, func(a, b uint32) int {
		a, b = a&^leaves, b&^leaves
		main, name := g.byMain(a, b), g.byName(a, b, via)
		if up {
			main, name = name, main
		}
		return cmp.Or(main, name, g.bySize(a, b))
	}) &^ leaves
}

func (g *Graph) byMain(a, b uint32) int { return boolInt(!g.main.has(a)) - boolInt(!g.main.has(b)) }

// byName puts the edge first that keeps the route, then the one that keeps the river.
func (g *Graph) byName(a, b, via uint32) int {
	if via == none {
		return 0
	}
	to := g.routeOf(via)
	other := func(e uint32) int {
		r := g.routeOf(e)
		return boolInt(r != to) + boolInt(!g.sameRiver(r, to))
	}
	return cmp.Compare(other(a), other(b))
}

// bySize puts the larger edge first.
func (g *Graph) bySize(a, b uint32) int {
	p, q := g.routeOf(a), g.routeOf(b)
	return cmp.Or(
		cmp.Compare(g.order[q], g.order[p]),
		cmp.Compare(g.routeSpan(q), g.routeSpan(p)),
		cmp.Compare(g.length[b], g.length[a]),
		cmp.Compare(g.edges.at(a), g.edges.at(b)),
	)
}
