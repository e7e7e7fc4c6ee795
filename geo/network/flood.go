package network

// flood appends the edges that a walk over all ways covers, without their distances: each node once, in any order. What lies
// upstream of the mouth of a closed part of the tree is told without a walk.
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
			if free && w.up && g.mouths.has(e) {
				dst = g.appendPart(dst, e)
				continue
			}
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

// appendPart appends the edges of the part of the tree that the route of an edge heads.
func (g *Graph) appendPart(dst []int64, e uint32) []int64 {
	head := g.routeOf(e)
	end := head + 1
	for int(end) < len(g.depth) && g.depth[end] > g.depth[head] {
		end++
	}
	first, after := g.edgesOf(head)
	if end > head+1 {
		_, after = g.edgesOf(end - 1)
	}
	return g.edges.appendTo(dst, first, after)
}
