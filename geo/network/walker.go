package network

// walker makes one walk. It goes from node to node, the nearest first (Dijkstra), and enters the edges beyond each node
// when it comes there, so an edge is told when its distance is known and never twice.
type walker struct {
	*scratch

	g        *Graph
	up, main bool
	from     Place
	lim      Limits
	maxMM    int64
	tellFunc func(e uint32, x extent, dist int64) bool
	sum      Sum
	lengthMM int64
}

// hop is a node to come to: the far end of an edge that was walked.
type hop struct {
	dist   int64  // mm
	via    uint32 // none: the start
	parent uint32 // the hop in the log that it came from; only a path keeps the log
}

// extent is how much of an edge a walk covers.
type extent struct {
	from, to int64 // measures in mm, as walked
	length   int64 // mm along the water
	end      End
	mark     int64
	round    bool // it met its own start
}

func (w *walker) run() {
	more := true
	if w.from.edge == none {
		more = w.come(hop{via: none})
	} else {
		more = w.enter(w.from.edge, w.from.mm, 0, true)
	}
	for more && len(w.heap) > 0 {
		more = w.come(w.pop())
	}
}

// come settles a node, unless a nearer hop did.
func (w *walker) come(h hop) bool {
	node := w.node(h)
	return !w.visit(node) || w.leave(node, h.via, h.dist)
}

func (w *walker) node(h hop) uint32 {
	if h.via == none {
		return w.from.node
	}
	return w.far(h.via)
}

// leave enters the edges beyond a node, or the main one of them.
func (w *walker) leave(node, via uint32, dist int64) bool {
	edges := w.g.beyond(node, w.up)
	if w.main && len(edges) > 1 {
		return w.step(w.g.mainOf(node, edges, via, w.up), dist)
	}
	for _, e := range edges {
		if !w.step(e&^leaves, dist) {
			return false
		}
	}
	return true
}

func (w *walker) step(e uint32, dist int64) bool {
	return w.enter(e, w.g.entry(e, w.up), dist, false)
}

// enter walks an edge from a measure on it and tells what it covers.
func (w *walker) enter(e uint32, mm, dist int64, first bool) bool {
	x := w.extent(e, mm, dist, first)
	if x.length == 0 && x.round {
		return true // the start was the end of this edge: it has been told whole
	}
	ended := x.end == Stopped || x.end == Border
	if x.length == 0 && !first && ended {
		w.halt(e, x, dist)
		return true
	}
	if w.lim.Edges > 0 && w.sum.Parts == w.lim.Edges {
		w.sum.Truncated, w.sum.Next = true, w.haltAt(e, extent{to: mm, end: Limit}, dist)
		return false
	}
	w.sum.Parts++
	w.lengthMM += x.length
	if ended {
		w.halt(e, x, dist+x.length)
	}
	if x.end == GoesOn && !x.round && !w.seen.has(w.far(e)) {
		w.push(hop{dist: dist + x.length, via: e})
	}
	return w.tellFunc(e, x, dist)
}

// extent gives what a walk covers of an edge that it is on at a measure.
func (w *walker) extent(e uint32, mm, dist int64, first bool) extent {
	g := w.g
	x := extent{from: mm, to: g.entry(e, !w.up)}
	if e == w.from.edge && !first {
		x.to, x.round = w.from.mm, true
	}
	if to := w.lim.Within.reach(e, mm, x.to); to != x.to {
		x.to, x.end, x.round = to, Border, false
	}
	if m, ok := w.nextMark(e, mm, x.to, dist == 0); ok {
		x.to, x.end, x.mark, x.round = m.mm, Stopped, m.ID, false
	}
	entry := g.entry(e, w.up)
	begin, stop := g.along(e, entry, x.from), g.along(e, entry, x.to)
	if rest := w.maxMM - dist; stop-begin > rest || stop-begin == rest && x.end == GoesOn {
		if stop-begin > rest {
			stop = begin + rest
			x.to = g.measure(e, entry, stop)
		}
		x.end, x.mark, x.round = Spent, 0, false
	}
	x.length = stop - begin
	return x
}

// nextMark finds the mark that ends a walk, but not one at the start itself.
func (w *walker) nextMark(e uint32, from, to int64, atStart bool) (*Mark, bool) {
	if w.lim.Stops == nil {
		return nil, false
	}
	if atStart {
		if from == to {
			return nil, false
		}
		if from < to {
			from++
		} else {
			from--
		}
	}
	return w.lim.Stops.next(e, from, to)
}

func (w *walker) far(e uint32) uint32 {
	if w.up {
		return w.g.upper(e)
	}
	return w.g.lower[e]
}

// part puts an extent into the caller's words.
func (w *walker) part(e uint32, x extent, dist int64) Part {
	p := Part{
		Edge: w.g.edges.at(e), Route: w.g.routes.at(w.g.routeOf(e)), FromM: metres(x.from), ToM: metres(x.to),
		DistanceM: metres(dist), LengthM: metres(x.length), End: x.end,
	}
	if x.from > x.to {
		p.FromM, p.ToM, p.Falling = p.ToM, p.FromM, true
	}
	return p
}

func (w *walker) halt(e uint32, x extent, dist int64) {
	w.sum.Halts = append(w.sum.Halts, w.haltAt(e, x, dist))
}

func (w *walker) haltAt(e uint32, x extent, dist int64) Halt {
	return Halt{
		End: x.end, Edge: w.g.edges.at(e), Route: w.g.routes.at(w.g.routeOf(e)),
		AtM: metres(x.to), DistanceM: metres(dist), Mark: x.mark,
	}
}
