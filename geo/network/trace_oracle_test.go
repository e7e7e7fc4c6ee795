package network_test

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"

	"hetu/geo/network"
)

// What follows tells the answers of traces in the plainest way there is, from the rows alone: rounds over all edges until
// nothing changes. All numbers are millimetres.

type plainEdge struct {
	id, route, river, lo, hi, length, upper, lower int64
	main, rising                                   bool
	order                                          int
}

func (e plainEdge) entry(up bool) int64 {
	if e.rising == up {
		return e.lo
	}
	return e.hi
}

// water gives the length between two measures; every scale in these tests is whole.
func (e plainEdge) water(a, b int64) int64 { return max(a-b, b-a) * (e.length / (e.hi - e.lo)) }

func (e plainEdge) ends(up bool) (near, far int64) {
	if up {
		return e.lower, e.upper
	}
	return e.upper, e.lower
}

type plainNet struct {
	edges []plainEdge
	rows  network.Rows
}

type plainStart struct{ edge, node, mm int64 } // edge 0: the node

type plainLimits struct {
	max    int64 // 0: none
	marks  []network.Mark
	within []network.Range // nil: everywhere
}

type plainPart struct {
	edge, dist, lo, hi, length int64
	end                        network.End
}

type plainHalt struct {
	edge, at, dist int64
	end            network.End
}

func mm(m float64) int64 { return int64(math.Round(m * 1000)) }

// stop gives how far a walk comes on an edge from one measure towards another, without regard to distance.
func (l plainLimits) stop(e plainEdge, from, to, dist int64) (at int64, end network.End) {
	at = to
	if l.within != nil {
		at = from
		for grown := true; grown; {
			grown = false
			for _, r := range l.within {
				lo, hi := mm(r.FromM), mm(r.ToM)
				if r.Route != e.route || at < lo || at > hi {
					continue
				}
				if from <= to && min(hi, to) > at {
					at, grown = min(hi, to), true
				}
				if from > to && max(lo, to) < at {
					at, grown = max(lo, to), true
				}
			}
		}
		if at != to {
			end = network.Border
		}
	}
	for _, m := range l.marks {
		k := mm(m.AtM)
		if m.Route == e.route && k >= min(from, at) && k <= max(from, at) && (dist > 0 || k != from) {
			at, end = k, network.Stopped
		}
	}
	return at, end
}

// cover gives the part of an edge that a walk covers, and whether it goes on beyond.
func (l plainLimits) cover(e plainEdge, from, to, dist int64) (p plainPart, on bool) {
	at, end := l.stop(e, from, to, dist)
	p = plainPart{edge: e.id, dist: dist, lo: min(from, at), hi: max(from, at), length: e.water(from, at), end: end}
	if l.max > 0 && (dist+p.length > l.max || dist+p.length == l.max && end == network.GoesOn) {
		p.length, p.end = l.max-dist, network.Spent
		rest := int64(math.Round(float64(p.length) / float64(e.length/(e.hi-e.lo))))
		if from <= at {
			p.hi = from + rest
		} else {
			p.lo = from - rest
		}
	}
	return p, p.end == network.GoesOn
}

// trace finds the distance of each node by rounds over all edges, then the part of each edge.
func (n plainNet) trace(s plainStart, mode network.Mode, l plainLimits) ([]plainPart, []plainHalt) {
	up := mode == network.UpMain || mode == network.UpAll
	dist := map[int64]int64{}
	var parts []plainPart
	var halts []plainHalt
	halt := func(e plainEdge, p plainPart) {
		at := p.lo // the walk came from the other end
		if e.entry(up) == e.lo {
			at = p.hi
		}
		if p.end == network.Stopped || p.end == network.Border {
			halts = append(halts, plainHalt{e.id, at, p.dist + p.length, p.end})
		}
	}
	if s.edge == 0 {
		dist[s.node] = 0
	} else {
		e := n.edge(s.edge)
		p, on := l.cover(e, s.mm, e.entry(!up), 0)
		parts = append(parts, p)
		halt(e, p)
		if _, far := e.ends(up); on {
			dist[far] = p.length
		}
	}
	edges := n.edges
	if mode == network.UpMain || mode == network.DownMain {
		edges = n.mainWay(s, up)
	}
	for range n.edges {
		for _, e := range edges {
			near, far := e.ends(up)
			d, ok := dist[near]
			if !ok || e.id == s.edge {
				continue
			}
			p, on := l.cover(e, e.entry(up), e.entry(!up), d)
			if was, ok := dist[far]; on && (!ok || d+p.length < was) {
				dist[far] = d + p.length
			}
		}
	}
	for _, e := range edges {
		near, _ := e.ends(up)
		d, ok := dist[near]
		if !ok {
			continue
		}
		to := e.entry(!up)
		if e.id == s.edge {
			to = s.mm
		}
		p, _ := l.cover(e, e.entry(up), to, d)
		halt(e, p)
		if p.length > 0 {
			parts = append(parts, p)
		}
	}
	return parts, halts
}

// mainWay gives the edges of the main way from a start, until it meets itself.
func (n plainNet) mainWay(s plainStart, up bool) []plainEdge {
	var way []plainEdge
	var via plainEdge
	at := s.node
	if s.edge != 0 {
		via = n.edge(s.edge)
		_, at = via.ends(up)
	} else if up {
		if down := n.at(at, false); len(down) > 0 {
			via = n.best(down, plainEdge{}, false)
		}
	}
	been := map[int64]bool{}
	for !been[at] {
		been[at] = true
		next := n.at(at, up)
		if len(next) == 0 {
			break
		}
		via = n.best(next, via, up)
		way = append(way, via)
		_, at = via.ends(up)
	}
	return way
}

func (n plainNet) at(node int64, up bool) []plainEdge {
	var out []plainEdge
	for _, e := range n.edges {
		if near, _ := e.ends(up); near == node {
			out = append(out, e)
		}
	}
	return out
}

// best ranks by the words of the comment on Mode.
func (n plainNet) best(edges []plainEdge, via plainEdge, up bool) plainEdge {
	yes := func(b bool) int64 {
		if b {
			return 0
		}
		return 1
	}
	rank := func(e plainEdge) []int64 {
		name := []int64{yes(e.route == via.route), yes(e.river == via.river)}
		if via.id == 0 {
			name = []int64{0, 0}
		}
		size := []int64{-int64(e.order), -n.routeSpan(e.route), -e.length, e.id}
		if up {
			return slices.Concat(name, []int64{yes(e.main)}, size)
		}
		return slices.Concat([]int64{yes(e.main)}, name, size)
	}
	return slices.MinFunc(edges, func(a, b plainEdge) int { return slices.Compare(rank(a), rank(b)) })
}

func (n plainNet) routeSpan(route int64) int64 {
	lo, hi := int64(math.MaxInt64), int64(math.MinInt64)
	for _, e := range n.edges {
		if e.route == route {
			lo, hi = min(lo, e.lo), max(hi, e.hi)
		}
	}
	return hi - lo
}

func (n plainNet) edge(id int64) plainEdge {
	return n.edges[slices.IndexFunc(n.edges, func(e plainEdge) bool { return e.id == id })]
}

// reached is the fix point of plain reachability, as a recursive query with UNION has it.
func (n plainNet) reached(s plainStart, up bool) []int64 {
	nodes, edges := map[int64]bool{}, map[int64]bool{}
	if s.edge == 0 {
		nodes[s.node] = true
	} else {
		_, far := n.edge(s.edge).ends(up)
		nodes[far], edges[s.edge] = true, true
	}
	for grown := true; grown; {
		grown = false
		for _, e := range n.edges {
			if near, far := e.ends(up); nodes[near] && !edges[e.id] {
				nodes[far], edges[e.id], grown = true, true, true
			}
		}
	}
	out := make([]int64, 0, len(edges))
	for id := range edges {
		out = append(out, id)
	}
	slices.Sort(out)
	return out
}

// wild makes a small network of any shape: routes walk from node to node at random, so they meet, part, meet themselves,
// run in circles and twice between the same nodes; some are torn, some calibrated, some count from the source or below 0.
func wild(rng *rand.Rand) plainNet {
	var n plainNet
	nodes := 2 + rng.IntN(10)
	size := []int64{5, 40, 3_000_000}[rng.IntN(3)]
	for route := int64(1); route <= int64(1+rng.IntN(6)); route++ {
		r := network.RouteRow{ID: route * 7, River: int64(rng.IntN(4)), Order: rng.IntN(3), Upstream: rng.IntN(2) == 0}
		river := r.River
		if river == 0 {
			river = -r.ID
		}
		n.rows.Routes = append(n.rows.Routes, r)
		at := []int64{0, 0, -17, 4_294_967_290, 6_300_000_000}[rng.IntN(5)]
		node := int64(rng.IntN(nodes))
		for range 1 + rng.IntN(5) {
			next := int64(rng.IntN(nodes))
			e := plainEdge{
				id: 0, route: r.ID, river: river, lo: at, hi: at + 1 + rng.Int64N(size), upper: node, lower: next,
				main: rng.IntN(3) > 0, rising: r.Upstream, order: r.Order,
			}
			if r.Upstream { // the route goes up as its measures grow
				e.upper, e.lower = next, node
			}
			e.length = e.hi - e.lo
			if rng.IntN(8) == 0 {
				e.length *= 1 + rng.Int64N(3)
			}
			n.edges = append(n.edges, e)
			if at, node = e.hi, next; rng.IntN(10) == 0 {
				node, at = int64(rng.IntN(nodes)), at+rng.Int64N(3)
			}
		}
	}
	ids := rng.Perm(3 * len(n.edges))
	for i := range n.edges {
		n.edges[i].id = int64(ids[i] + 1)
	}
	n.fill(rng)
	return n
}

// tame makes networks as rivers have them: a tree, with an arm, a cut or a circle here and there.
func tame(rng *rand.Rand) plainNet {
	var n plainNet
	above := map[int64]plainEdge{} // of a node, the edge that the next one above it may go on from
	add := func(upper, lower int64) {
		e, ok := above[lower]
		if !ok || rng.IntN(3) == 0 {
			e = plainEdge{route: int64(len(n.rows.Routes)+1) * 7, rising: rng.IntN(2) == 0}
			e.river = -e.route
			n.rows.Routes = append(n.rows.Routes, network.RouteRow{ID: e.route, Upstream: e.rising})
		} else {
			delete(above, lower)
		}
		e.length = 1 + rng.Int64N(40)
		if e.upper, e.lower = upper, lower; e.rising {
			e.lo, e.hi = e.hi, e.hi+e.length
		} else {
			e.lo, e.hi = e.lo-e.length, e.lo
		}
		above[upper] = e
		n.edges = append(n.edges, e)
	}
	nodes := int64(2 + rng.IntN(40))
	for v := int64(1); v < nodes; v++ {
		add(v, max(0, v-1-rng.Int64N(4)))
	}
	for range rng.IntN(4) {
		add(rng.Int64N(nodes), rng.Int64N(nodes))
	}
	ids := rng.Perm(3 * len(n.edges))
	for i := range n.edges {
		n.edges[i].id = int64(ids[i] + 1)
	}
	n.fill(rng)
	return n
}

func (n *plainNet) fill(rng *rand.Rand) {
	for _, e := range n.edges {
		row := network.EdgeRow{
			ID: e.id, Route: e.route, FromM: float64(e.lo) / 1000, ToM: float64(e.hi) / 1000,
			FromNode: 100 + e.upper, ToNode: 100 + e.lower, Main: e.main,
		}
		if e.length != e.hi-e.lo {
			row.LengthM = float64(e.length) / 1000
		}
		n.rows.Edges = append(n.rows.Edges, row)
	}
	n.rows.Nodes = []int64{99, 100}
	rng.Shuffle(len(n.rows.Edges), func(i, j int) { n.rows.Edges[i], n.rows.Edges[j] = n.rows.Edges[j], n.rows.Edges[i] })
	rng.Shuffle(len(n.rows.Routes), func(i, j int) { n.rows.Routes[i], n.rows.Routes[j] = n.rows.Routes[j], n.rows.Routes[i] })
}

// start gives a place at random: a node, an edge's inside, an edge's end.
func (n plainNet) start(rng *rand.Rand) plainStart {
	e := n.edges[rng.IntN(len(n.edges))]
	switch rng.IntN(4) {
	case 0:
		return plainStart{node: e.upper}
	case 1:
		return plainStart{edge: e.id, mm: e.lo}
	case 2:
		return plainStart{edge: e.id, mm: e.hi}
	}
	return plainStart{edge: e.id, mm: e.lo + rng.Int64N(e.hi-e.lo+1)}
}

func (n plainNet) limits(rng *rand.Rand) plainLimits {
	var l plainLimits
	at := func() (int64, float64) {
		e := n.edges[rng.IntN(len(n.edges))]
		return e.route, float64(e.lo+rng.Int64N(e.hi-e.lo+1)) / 1000
	}
	if rng.IntN(3) == 0 {
		l.max = 1 + rng.Int64N(3*n.edges[0].length)
	}
	if rng.IntN(3) == 0 {
		for id := range rng.IntN(5) {
			route, m := at()
			l.marks = append(l.marks, network.Mark{ID: int64(id + 1), Route: route, AtM: m})
		}
	}
	if rng.IntN(3) == 0 {
		l.within = []network.Range{}
		for range 8 {
			route, m := at()
			_, o := at()
			if e := n.edges[rng.IntN(len(n.edges))]; rng.IntN(2) == 0 {
				route, m, o = e.route, float64(e.lo)/1000, float64(e.hi)/1000
			}
			l.within = append(l.within, network.Range{Route: route, FromM: min(m, o), ToM: max(m, o)})
		}
	}
	return l
}

func byEdge(p, q plainPart) int {
	return cmp.Or(cmp.Compare(p.edge, q.edge), cmp.Compare(p.dist, q.dist), cmp.Compare(p.lo, q.lo), cmp.Compare(p.length, q.length))
}
