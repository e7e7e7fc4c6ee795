package network

import (
	"cmp"
	"slices"

	"github.com/twpayne/go-geom"
)

// Route is a longest way down one river without branching: its edges in order, and their one line.
type Route struct {
	Group   string // the river; empty for a line of no river
	Line    int    // the lowest [Line.Index] on it
	Against bool   // digitised against the flow
	Members []Member
	Geom    *geom.LineString // downstream; the layout its lines have in common, XY where they differ
}

// Member is an edge of a route. Its vertices are those from First to Last, both included, of the route's line, so its
// measures are the measures of those two vertices.
type Member struct {
	Edge        int
	First, Last int
}

// Routes chains the edges of each group into routes, in the order of their first edges. At a node where a river has
// several edges in or out, the main inflow goes on into the main outflow and the others end or begin there. Edges of no
// group chain along their own line only.
func (n *Network) Routes() []Route {
	next := n.links()
	first := make([]bool, len(n.Edges))
	for i := range first {
		first[i] = true
	}
	for _, to := range next {
		if to >= 0 {
			first[to] = false
		}
	}
	used := make([]bool, len(n.Edges))
	var out []Route
	take := func(e int) {
		var chain []int
		for ; e >= 0 && !used[e]; e = next[e] {
			used[e] = true
			chain = append(chain, e)
		}
		out = append(out, n.route(chain))
	}
	for e := range n.Edges {
		if first[e] {
			take(e)
		}
	}
	for e := range n.Edges { // what is left runs in circles
		if !used[e] {
			take(e)
		}
	}
	slices.SortStableFunc(out, func(p, q Route) int { return cmp.Compare(p.Members[0].Edge, q.Members[0].Edge) })
	return out
}

// links gives for each edge the one that its river goes on in, -1 where it ends.
func (n *Network) links() []int {
	next := make([]int, len(n.Edges))
	for i := range next {
		next[i] = -1
	}
	for node := range n.Nodes {
		if n.Nodes[node].Kind == LakeNode {
			continue // no line runs through
		}
		in, out := n.Into(node), n.OutOf(node)
		for k, i := range in {
			if slices.ContainsFunc(in[:k], func(j int) bool { return n.sameRiver(i, j) }) {
				continue // the group was linked with its first edge
			}
			from := n.best(in, i, func(j int) []int {
				e := n.Edges[j]
				return []int{boolInt(e.Minor), -e.Order}
			})
			to := n.best(out, i, func(j int) []int { return []int{boolInt(!n.Edges[j].Main), boolInt(n.Edges[j].Minor)} })
			if to >= 0 && from != to {
				next[from] = to
			}
		}
	}
	return next
}

// sameRiver tells whether two edges chain: one group, or of no group and one line.
func (n *Network) sameRiver(i, j int) bool {
	p, q := n.Edges[i], n.Edges[j]
	return p.Group == q.Group && (p.Group != "" || p.Line == q.Line)
}

// best gives, of the edges that are of the same river as one, the least by rank and then the first; -1 where there is none.
func (n *Network) best(edges []int, of int, rank func(int) []int) int {
	found := -1
	for _, j := range edges {
		if n.sameRiver(of, j) && (found < 0 || slices.Compare(rank(j), rank(found)) < 0) {
			found = j
		}
	}
	return found
}

func (n *Network) route(chain []int) Route {
	head := n.Edges[chain[0]]
	r := Route{Group: head.Group, Line: head.Line, Against: head.Against}
	layout := head.Geom.Layout()
	points := 1
	for _, i := range chain {
		e := n.Edges[i]
		r.Line = min(r.Line, e.Line)
		if e.Geom.Layout() != layout {
			layout = geom.XY
		}
		last := points - 1 + e.Geom.NumCoords() - 1
		r.Members = append(r.Members, Member{Edge: i, First: points - 1, Last: last})
		points = last + 1
	}
	flat := make([]float64, 0, points*layout.Stride())
	for k, i := range chain {
		g := n.Edges[i].Geom
		for p := boolInt(k > 0); p < g.NumCoords(); p++ {
			flat = append(flat, g.FlatCoords()[p*g.Stride():p*g.Stride()+layout.Stride()]...)
		}
	}
	r.Geom = geom.NewLineStringFlat(layout, flat).SetSRID(head.Geom.SRID())
	return r
}
