package network

import (
	"cmp"
	"slices"
)

// stems gives each edge its main stem and its way to the mouth. upM is, of each edge, the longest way down to its end.
func (n *Network) stems(upM []float64) {
	down := make([]int, len(n.Edges))
	up := make([]int, len(n.Edges))
	for i := range n.Edges {
		down[i], up[i] = n.mainBelow(i), n.mainAbove(i, upM)
		n.Edges[i].StemOf = -1
	}
	n.measureToMouth(down)
	for i := range n.Edges { // lowest edges: no edge below has them as its main inflow
		if d := down[i]; d < 0 || up[d] != i {
			n.stem(i, up)
		}
	}
	for i := range n.Edges { // what is left runs in circles
		if n.Edges[i].StemOf < 0 {
			n.stem(i, up)
		}
	}
}

func (n *Network) stem(lowest int, up []int) {
	for i := lowest; i >= 0 && n.Edges[i].StemOf < 0; i = up[i] {
		n.Edges[i].StemOf = lowest
	}
}

// mainBelow gives the main edge out of where an edge ends, -1 at the end of the water.
func (n *Network) mainBelow(edge int) int {
	for _, i := range n.OutOf(n.Edges[edge].To) {
		if n.Edges[i].Main {
			return i
		}
	}
	return -1
}

// mainAbove gives the inflow that is the main stem above an edge, -1 where the stem begins: at a source, or where a minor
// path leaves another.
func (n *Network) mainAbove(edge int, upM []float64) int {
	e := &n.Edges[edge]
	into := n.Into(e.From)
	if len(into) == 0 || !e.Main {
		return -1
	}
	other := func(p *Edge) int { return boolInt(e.Group == "" || p.Group != e.Group) }
	return slices.MinFunc(into, func(i, j int) int {
		p, q := &n.Edges[i], &n.Edges[j]
		return cmp.Or(cmp.Compare(boolInt(p.canal), boolInt(q.canal)), cmp.Compare(other(p), other(q)), cmp.Compare(boolInt(p.Minor), boolInt(q.Minor)),
			cmp.Compare(q.Order, p.Order), cmp.Compare(upM[j], upM[i]), cmp.Compare(i, j))
	})
}

// measureToMouth adds up lengths from the mouths. A way that comes back to itself ends where it does.
func (n *Network) measureToMouth(down []int) {
	const unknown, asking, known = 0, 1, 2
	state := make([]byte, len(n.Edges))
	var way []int
	for i := range n.Edges {
		e := i
		for way = way[:0]; e >= 0 && state[e] == unknown; e = down[e] {
			state[e] = asking
			way = append(way, e)
		}
		toM := 0.0
		if e >= 0 && state[e] == known {
			toM = n.Edges[e].ToMouthM + n.Edges[e].LengthM
		}
		for _, k := range slices.Backward(way) {
			n.Edges[k].ToMouthM = toM
			toM += n.Edges[k].LengthM
			state[k] = known
		}
	}
}
