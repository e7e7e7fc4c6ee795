package network

// flood appends the edges that a walk over all ways covers, without their distances: each node once, in any order.
func (w *walker) flood(dst []int64) []int64 {
	g, dist := w.g, int64(0)
	if e := w.from.edge; e == none {
		w.visit(w.from.node)
	} else {
		x := w.extent(e, w.from.mm, 0, true)
		dst = append(dst, g.edges.at(e))
		if x.end != GoesOn {
			return dst
		}
		w.visit(w.far(e))
		dist = x.length
	}
	free := w.lim.Stops == nil && w.lim.Within == nil
	for w.stack = append(w.stack, w.settled[0]); len(w.stack) > 0; dist = 1 { // only the first node can be the start itself
		node := w.stack[len(w.stack)-1]
		w.stack = w.stack[:len(w.stack)-1]
		for _, e := range g.beyond(node, w.up) {
			e &^= leaves
			told, on := e != w.from.edge, e != w.from.edge
			if !free && told {
				told, on = w.covers(e, dist)
			}
			if told {
				dst = append(dst, g.edges.at(e))
			}
			if far := w.far(e); on && w.visit(far) {
				w.stack = append(w.stack, far)
			}
		}
	}
	return dst
}

// covers tells whether a walk covers any of an edge, and whether it goes on beyond.
func (w *walker) covers(e uint32, dist int64) (told, on bool) {
	x := w.extent(e, w.g.entry(e, w.up), dist, false)
	return x.length > 0, x.end == GoesOn
}
