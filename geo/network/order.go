package network

import "slices"

// settle puts the edges in an order and gives the nodes numbers that do not depend on how the lines were digitised: each
// line's edges the way most of its length flows, and the nodes as the edges meet them.
func (b *builder) settle(n *Network) {
	for from := 0; from < len(n.Edges); {
		to := from + 1
		for to < len(n.Edges) && n.Edges[to].Line == n.Edges[from].Line {
			to++
		}
		if edges := n.Edges[from:to]; flowsBack(edges) {
			slices.Reverse(edges)
		}
		from = to
	}
	number := make([]int, len(n.Nodes))
	nodes := make([]Node, 0, len(n.Nodes))
	meet := func(at *int) {
		if number[*at] == 0 {
			nodes = append(nodes, n.Nodes[*at])
			number[*at] = len(nodes)
		}
		*at = number[*at] - 1
	}
	for i := range n.Edges {
		meet(&n.Edges[i].From)
		meet(&n.Edges[i].To)
	}
	n.Nodes = nodes
}

// flowsBack tells whether most of a line flows against the order of its places.
func flowsBack(edges []Edge) bool {
	along := 0.0
	for _, e := range edges {
		if e.Against == e.back {
			along += e.LengthM
		} else {
			along -= e.LengthM
		}
	}
	return along < -1e-6
}
