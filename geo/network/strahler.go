package network

import (
	"cmp"
	"math"
	"slices"
)

// strahler gives every edge its order, and of each edge the longest way in metres down to its end.
func (n *Network) strahler() (upM []float64) {
	w := &walk{n: n, waits: make([]int, len(n.Nodes)), done: make([]bool, len(n.Nodes)), upM: make([]float64, len(n.Edges)), seen: make([]int, len(n.Nodes))}
	for i := range n.Nodes {
		w.waits[i] = len(n.Into(i))
		if w.waits[i] == 0 {
			w.ready = append(w.ready, i)
		}
	}
	for next, circles := 0, 0; ; {
		w.run()
		for next < len(n.Nodes) && w.done[next] {
			next++
		}
		if next == len(n.Nodes) {
			return w.upM
		}
		circles++
		w.ready = append(w.ready, w.inCycle(next, circles))
	}
}

// walk goes down the network, each node after all that flows into it.
type walk struct {
	n     *Network
	waits []int // inflows not known yet
	done  []bool
	ready []int
	upM   []float64 // of each edge: the longest way down to its end
	seen  []int
}

func (w *walk) run() {
	for len(w.ready) > 0 {
		node := w.ready[len(w.ready)-1]
		w.ready = w.ready[:len(w.ready)-1]
		if w.done[node] {
			continue
		}
		w.done[node] = true
		w.leave(node)
		for _, e := range w.n.OutOf(node) {
			to := w.n.Edges[e].To
			if w.waits[to]--; w.waits[to] == 0 && !w.done[to] {
				w.ready = append(w.ready, to)
			}
		}
	}
}

// leave gives the edges out of a node their order.
func (w *walk) leave(node int) {
	order, minor, longest := w.orderAt(node)
	out := w.n.OutOf(node)
	main := w.n.mainOut(out, w.mainIn(w.n.Into(node)))
	for _, i := range out {
		e := &w.n.Edges[i]
		e.Order, e.Divergence, e.Main = order, len(out) > 1, i == main
		if e.canal {
			e.Order = 1
		}
		e.Minor = minor || (i != main && len(w.n.Into(node)) > 0)
		w.upM[i] = longest + e.LengthM
	}
}

// orderAt gives the order below a node, whether only minor paths arrive there, and the longest way to it; canals are as if
// they were not there.
func (w *walk) orderAt(node int) (order int, minor bool, longestM float64) {
	minor = true
	for _, i := range w.n.Into(node) {
		if e := &w.n.Edges[i]; e.Order > 0 && !e.Minor && !e.canal {
			minor = false
		}
	}
	equal := 0
	for _, i := range w.n.Into(node) {
		e := &w.n.Edges[i]
		if e.canal {
			continue
		}
		longestM = max(longestM, w.upM[i])
		if e.Minor != minor {
			continue
		}
		switch {
		case e.Order > order:
			order, equal = e.Order, 1
		case e.Order == order:
			equal++
		}
	}
	if order == 0 { // a source, the end of canals, or a circle entered here
		return 1, false, longestM
	}
	if equal > 1 && !minor {
		order++
	}
	return order, minor, longestM
}

// mainIn gives the inflow that a river keeps its name along: no canal, no minor path, the highest order, a river with
// a name, then the longest way.
func (w *walk) mainIn(into []int) int {
	if len(into) == 0 {
		return -1
	}
	return slices.MinFunc(into, func(i, j int) int {
		p, q := w.n.Edges[i], w.n.Edges[j]
		return cmp.Or(cmp.Compare(boolInt(p.canal), boolInt(q.canal)), cmp.Compare(boolInt(p.Minor), boolInt(q.Minor)), cmp.Compare(q.Order, p.Order),
			cmp.Compare(boolInt(p.Group == ""), boolInt(q.Group == "")), cmp.Compare(w.upM[j], w.upM[i]), cmp.Compare(i, j))
	})
}

// mainOut gives the outflow that goes on from an inflow: no canal, of the same river, else the straightest, else the first.
func (n *Network) mainOut(out []int, in int) int {
	switch {
	case len(out) == 0:
		return -1
	case len(out) == 1:
		return out[0]
	case in < 0:
		return slices.MinFunc(out, func(i, j int) int {
			return cmp.Or(cmp.Compare(boolInt(n.Edges[i].canal), boolInt(n.Edges[j].canal)), cmp.Compare(i, j))
		})
	}
	return slices.MinFunc(out, func(i, j int) int {
		p, q := n.Edges[i], n.Edges[j]
		group := n.Edges[in].Group
		other := func(e Edge) int { return boolInt(group == "" || e.Group != group) }
		return cmp.Or(cmp.Compare(boolInt(p.canal), boolInt(q.canal)), cmp.Compare(other(p), other(q)), cmp.Compare(n.turn(in, i), n.turn(in, j)), cmp.Compare(i, j))
	})
}

// turn is the angle in radians, 0 to pi, between the end of one edge and the start of another.
func (n *Network) turn(in, out int) float64 {
	f, s := n.Edges[in].Geom.FlatCoords(), n.Edges[in].Geom.Stride()
	g, t := n.Edges[out].Geom.FlatCoords(), n.Edges[out].Geom.Stride()
	kx := math.Cos(g[1] * math.Pi / 180)
	end := len(f) - s
	a := math.Atan2(f[end+1]-f[end-s+1], (f[end]-f[end-s])*kx)
	b := math.Atan2(g[t+1]-g[1], (g[t]-g[0])*kx)
	return math.Abs(math.Remainder(b-a, 2*math.Pi))
}

// inCycle walks up from a node that still waits until it meets itself: that node lies in a cycle.
func (w *walk) inCycle(node, stamp int) int {
	for w.seen[node] != stamp {
		w.seen[node] = stamp
		for _, e := range w.n.Into(node) {
			if from := w.n.Edges[e].From; !w.done[from] {
				node = from
				break
			}
		}
	}
	return node
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}
