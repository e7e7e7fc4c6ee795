package network

import (
	"cmp"
	"math"
	"slices"
)

// Routes are numbered as a tree is walked in which a river stands before those that run into it: what lies upstream of a river
// then lies together in memory. Where nothing else leads into such a part of the tree nor out of it, which is so nearly
// everywhere, all that is upstream of the river's mouth is a run of edges, and no walk is needed to tell them.

// kin is the tree while it is made. Routes are named by their place in order of id.
type kin struct {
	parent []uint32 // the route that the lowest edge runs into; none: there is none
	torn   []bool   // its edges do not all run one into the next
	number []uint32 // in the tree
	route  []uint32 // of each number
	end    []uint32 // by number: the one after the last route of the part of the tree that it heads
	depth  []uint8  // by number; deepest at most
	loose  []bool   // by number: it heads a part only because a circle had to begin somewhere
	closed []bool   // by number: see close
}

// deepest bounds the depths that are told apart; so deep no part is closed.
const deepest = math.MaxUint8

// reach is an edge at one of its nodes.
type reach struct {
	node  int64
	route uint32
	low   bool // it is the lowest edge of its route, at its lower node
}

// kinOf makes the tree. order has the edges by route and measure, route the route of each.
func kinOf(routes []RouteRow, edges []EdgeRow, order, route []uint32) *kin {
	k := &kin{parent: make([]uint32, len(routes)), torn: make([]bool, len(routes))}
	for i := range k.parent {
		k.parent[i] = none
	}
	leaving, ending := make([]reach, 0, len(order)), make([]reach, 0, len(order))
	for at := range order {
		e, r := &edges[order[at]], route[order[at]]
		below := at - 1
		if !routes[r].Upstream {
			below = at + 1
		}
		low := below < 0 || below == len(order) || route[order[below]] != r
		if !low && edges[order[below]].FromNode != e.ToNode {
			k.torn[r] = true
		}
		leaving, ending = append(leaving, reach{e.FromNode, r, false}), append(ending, reach{e.ToNode, r, low})
	}
	byNode := func(p, q reach) int { return cmp.Or(cmp.Compare(p.node, q.node), cmp.Compare(p.route, q.route)) }
	slices.SortFunc(leaving, byNode)
	slices.SortFunc(ending, byNode)
	k.parents(leaving, ending)
	k.walk()
	k.close(leaving, ending)
	return k
}

// meet gives what leaves and what ends at each node where something does both.
func meet(leaving, ending []reach, each func(leaving, ending []reach)) {
	for len(leaving) > 0 && len(ending) > 0 {
		out, in := atOne(leaving), atOne(ending)
		switch c := cmp.Compare(leaving[0].node, ending[0].node); {
		case c < 0:
			in = 0
		case c > 0:
			out = 0
		default:
			each(leaving[:out], ending[:in])
		}
		leaving, ending = leaving[out:], ending[in:]
	}
}

// atOne counts those at the first one's node.
func atOne(sorted []reach) int {
	n := 1
	for n < len(sorted) && sorted[n].node == sorted[0].node {
		n++
	}
	return n
}

// parents finds what each route runs into. One that runs into itself alone is torn: its mouth lies in what it heads.
func (k *kin) parents(leaving, ending []reach) {
	meet(leaving, ending, func(leaving, ending []reach) {
		for _, e := range ending {
			if !e.low {
				continue
			}
			if i := slices.IndexFunc(leaving, func(l reach) bool { return l.route != e.route }); i >= 0 {
				k.parent[e.route] = leaving[i].route
			} else {
				k.torn[e.route] = true
			}
		}
	})
}

// walk numbers the routes: those that run into none with all above them, then what is left, which runs in circles.
func (k *kin) walk() {
	n := len(k.parent)
	first, next := make([]uint32, n), make([]uint32, n) // of those that run into a route, in order of id
	for i := range first {
		first[i], next[i] = none, none
	}
	for r := n - 1; r >= 0; r-- {
		if p := k.parent[r]; p != none {
			next[r], first[p] = first[p], uint32(r) //nolint:gosec // an index
		}
	}
	k.number, k.end, k.depth, k.loose = make([]uint32, n), make([]uint32, n), make([]uint8, n), make([]bool, n)
	k.route = make([]uint32, 0, n)
	for i := range k.number {
		k.number[i] = none
	}
	for _, circles := range []bool{false, true} {
		for r := range n {
			if k.number[r] == none && (circles || k.parent[r] == none) {
				k.loose[len(k.route)] = circles
				k.above(uint32(r), first, next) //nolint:gosec // an index
			}
		}
	}
}

// above numbers a route and those above it.
func (k *kin) above(root uint32, first, next []uint32) {
	var way []uint32 // from the root to where the walk is
	for r := root; ; {
		k.number[r] = uint32(len(k.route))                    //nolint:gosec // at most maxItems
		k.depth[len(k.route)] = uint8(min(len(way), deepest)) //nolint:gosec // within
		k.route = append(k.route, r)
		way = append(way, r)
		r = first[r]
		for r == none || k.number[r] != none { // a circle comes back to its beginning
			if r != none {
				r = next[r]
				continue
			}
			top := way[len(way)-1]
			k.end[k.number[top]] = uint32(len(k.route)) //nolint:gosec // at most maxItems
			if way = way[:len(way)-1]; len(way) == 0 {
				return
			}
			r = next[top]
		}
	}
}

// close finds the parts of the tree into which only their mouths lead, and out of which nothing does. All that meets at the upper
// end of one of its edges is then of the part too, and each of its edges runs to its mouth; so what lies upstream of the mouth is
// the part, and a walk that comes from outside comes by the mouth. Torn routes and circles are no such parts, nor in one.
func (k *kin) close(leaving, ending []reach) {
	n := len(k.route)
	lowest, highest := make([]uint32, n), make([]uint32, n) // numbers that a route, then all above it, has to do with
	for i, r := range k.route {
		lowest[i], highest[i] = uint32(i), uint32(i) //nolint:gosec // an index
		if k.torn[r] {
			highest[i] = none
		}
	}
	meet(leaving, ending, func(leaving, ending []reach) {
		low, high := uint32(none), uint32(0)
		for _, at := range [][]reach{leaving, ending} {
			for _, x := range at {
				low, high = min(low, k.number[x.route]), max(high, k.number[x.route])
			}
		}
		for _, l := range leaving {
			i := k.number[l.route]
			lowest[i], highest[i] = min(lowest[i], low), max(highest[i], high)
		}
	})
	k.closed = make([]bool, n)
	for i := n - 1; i >= 0; i-- {
		at := uint32(i) //nolint:gosec // an index
		k.closed[i] = !k.loose[i] && k.depth[i] < deepest && lowest[i] >= at && highest[i] < k.end[i]
		if p := k.parent[k.route[i]]; p != none && k.number[p] < at {
			into := k.number[p]
			lowest[into], highest[into] = min(lowest[into], lowest[i]), max(highest[into], highest[i])
		}
	}
}
