package network

import (
	"math/bits"
	"slices"
	"sort"
	"sync"
)

// Graph is the directed river graph of one day (水系网络): compressed rows of numbers, never changed once built, so any
// number of traces may read it at once and a newer graph is swapped in whole.
//
// Why millimetres: measures and lengths are whole millimetres inside, so sums are exact, two ways of one length are equal,
// and no answer depends on the order of additions. What comes out differs from what went in by half a millimetre at most.
//
// Why these rows: an edge needs about 47 bytes where every second edge begins a route of its own, as the brooks of a
// network do, so 1,000,000 edges fit in 50 MB. That holds while the ids of edges, of nodes and of routes each lie within
// 4,294,967,295 of each other, as ids of one sequence do; else it is four bytes more for each such id.
type Graph struct {
	// Edges are numbered by route, then measure, then id; routes as [kin] says.
	edges idList
	byID  []uint32 // edges in order of id

	fromLow  []uint32         // from_m in mm, its low 32 bits
	fromHigh map[uint32]int32 // and the high ones of edges where they are not 0: beyond 4,294 km, or before the origin
	span     []uint32         // to_m - from_m in mm
	length   []uint32         // mm along the water; the same slice as span where no edge differs
	lower    []uint32         // node the water goes to
	main     bitset
	starts   ranked // edges that are the first of their route
	mouths   bitset // edges that are the lowest of a route whose part of the tree is closed

	routes    idList
	routeByID []uint32
	depth     []uint8  // of each route in the tree
	river     []uint32 // the lowest route of the same river; nil where no river has two routes
	order     []uint8
	rising    bitset // routes whose measures grow upstream

	// Nodes are numbered as the edges come out of them, so what lies together on a river does so in memory, and the node
	// that an edge comes from follows from its number; but for edges that part from others, which stand apart in order.
	heads            ranked // edges that are the first to come out of their node
	parted, partedAt []uint32
	nodes            idList
	nodeByID         []uint32
	incident         []uint32 // for each node the edges that end there, then those that begin there, with the mark leaves
	at               []uint32 // where the edges of each node begin, and the length of incident

	scratch sync.Pool
}

const (
	leaves      = 1 << 31       // marks an edge in incident that begins at the node
	none        = 1<<32 - 1     // no edge, no node
	maxItems    = leaves - 1    // edges and nodes a graph can hold
	maxLengthMM = 1<<32 - 1     // of an edge
	maxMeasureM = 1_000_000_000 // from 0, either way
)

// Len gives the number of edges.
func (g *Graph) Len() int { return g.edges.len() }

// Bytes gives the memory that the graph holds, without what its traces borrow.
func (g *Graph) Bytes() int {
	n := 4 * (cap(g.byID) + cap(g.fromLow) + cap(g.span) + cap(g.lower) + cap(g.parted) + cap(g.partedAt) + cap(g.nodeByID) + cap(g.routeByID) + cap(g.river) + cap(g.incident) + cap(g.at))
	if len(g.length) > 0 && &g.length[0] != &g.span[0] {
		n += 4 * cap(g.length)
	}
	n += 16 * len(g.fromHigh) // and what a map needs besides
	n += 8*(cap(g.main)+cap(g.mouths)+cap(g.rising)+cap(g.starts.bits)+cap(g.heads.bits)) + 4*(cap(g.starts.before)+cap(g.heads.before)) + cap(g.order) + cap(g.depth)
	return n + g.edges.bytes() + g.routes.bytes() + g.nodes.bytes()
}

// Edge gives the row of an edge, as the graph holds it.
func (g *Graph) Edge(id int64) (EdgeRow, bool) {
	e, ok := g.edge(id)
	if !ok {
		return EdgeRow{}, false
	}
	return EdgeRow{
		ID: id, Route: g.routes.at(g.routeOf(e)), FromM: metres(g.from(e)), ToM: metres(g.to(e)), LengthM: metres(int64(g.length[e])),
		FromNode: g.nodes.at(g.upper(e)), ToNode: g.nodes.at(g.lower[e]), Main: g.main.has(e),
	}, true
}

func (g *Graph) edge(id int64) (uint32, bool) {
	k, ok := search(len(g.byID), id, func(i int) int64 { return g.edges.at(g.byID[i]) })
	if !ok {
		return none, false
	}
	return g.byID[k], true
}

// upper gives the node that the water of an edge comes from.
func (g *Graph) upper(e uint32) uint32 {
	if g.heads.bits.has(e) {
		return g.heads.upTo(e) - 1
	}
	i, _ := slices.BinarySearch(g.parted, e)
	return g.partedAt[i]
}

func (g *Graph) node(id int64) (uint32, bool) {
	k, ok := search(len(g.nodeByID), id, func(i int) int64 { return g.nodes.at(g.nodeByID[i]) })
	if !ok {
		return none, false
	}
	return g.nodeByID[k], true
}

func (g *Graph) route(id int64) (uint32, bool) {
	k, ok := search(len(g.routeByID), id, func(i int) int64 { return g.routes.at(g.routeByID[i]) })
	if !ok {
		return none, false
	}
	return g.routeByID[k], true
}

// edgesOf gives the first edge of a route and the one after its last.
func (g *Graph) edgesOf(r uint32) (first, end uint32) {
	first = g.starts.place(r)
	return first, min(g.starts.bits.next(first+1), uint32(g.edges.len())) //nolint:gosec // at most maxItems
}

// lowest gives the edge at a route's mouth.
func (g *Graph) lowest(r uint32) uint32 {
	first, end := g.edgesOf(r)
	if g.rising.has(r) {
		return first
	}
	return end - 1
}

func (g *Graph) routeOf(e uint32) uint32 { return g.starts.upTo(e) - 1 }

// from gives the lower measure of an edge in millimetres.
func (g *Graph) from(e uint32) int64 {
	low := int64(g.fromLow[e])
	if len(g.fromHigh) == 0 {
		return low
	}
	return int64(g.fromHigh[e])<<32 + low
}

func (g *Graph) to(e uint32) int64 { return g.from(e) + int64(g.span[e]) }

// sameRiver tells whether two routes are of one river.
func (g *Graph) sameRiver(a, b uint32) bool {
	return a == b || g.river != nil && g.river[a] == g.river[b]
}

// measures gives the first measure of a route and its last, in millimetres.
func (g *Graph) measures(r uint32) (from, to int64) {
	first, end := g.edgesOf(r)
	return g.from(first), g.to(end - 1)
}

func (g *Graph) routeSpan(r uint32) int64 {
	from, to := g.measures(r)
	return to - from
}

// entry gives the measure at which a walk upstream or downstream comes upon an edge; the other way gives where it leaves.
func (g *Graph) entry(e uint32, up bool) int64 {
	if g.rising.has(g.routeOf(e)) == up {
		return g.from(e)
	}
	return g.to(e)
}

// along gives the millimetres of water from one end of an edge to a measure on it.
func (g *Graph) along(e uint32, end, mm int64) int64 {
	span, length := int64(g.span[e]), int64(g.length[e])
	on := mm - end
	if on < 0 {
		on = -on
	}
	return scaled(on, length, span)
}

// measure gives the measure that lies some millimetres of water from one end of an edge.
func (g *Graph) measure(e uint32, end, along int64) int64 {
	on := scaled(along, int64(g.span[e]), int64(g.length[e]))
	if end == g.from(e) {
		return end + on
	}
	return end - on
}

// scaled gives n * num / den, rounded. All are under 2^32.
func scaled(n, num, den int64) int64 {
	if num == den {
		return n
	}
	return int64((uint64(n)*uint64(num) + uint64(den)/2) / uint64(den)) //nolint:gosec // positive
}

// beyond gives the edges that a walk upstream or downstream may enter at a node. Those downstream carry the mark leaves.
func (g *Graph) beyond(node uint32, up bool) []uint32 {
	all := g.incident[g.at[node]:g.at[node+1]]
	split := 0
	for split < len(all) && all[split] < leaves {
		split++
	}
	if up {
		return all[:split]
	}
	return all[split:]
}

// bitset holds one bit for each number.
type bitset []uint64

func newBitset(n int) bitset { return make(bitset, (n+63)/64) }

func (b bitset) has(i uint32) bool { return b[i/64]>>(i%64)&1 != 0 }
func (b bitset) set(i uint32)      { b[i/64] |= 1 << (i % 64) }

// add sets a bit and tells whether it was not set before.
func (b bitset) add(i uint32) bool {
	word, bit := &b[i/64], uint64(1)<<(i%64)
	if *word&bit != 0 {
		return false
	}
	*word |= bit
	return true
}

// next gives the first bit set from a place on; where there is none, one that lies beyond.
func (b bitset) next(i uint32) uint32 {
	for word := i / 64; int(word) < len(b); word++ {
		if rest := b[word] >> (i % 64); rest != 0 {
			return i + uint32(bits.TrailingZeros64(rest)) //nolint:gosec // at most 63
		}
		i = 64 * (word + 1)
	}
	return none
}

// ranked is a bitset that counts: the bits before each word are known.
type ranked struct {
	bits   bitset
	before []uint32
}

// count fills in the counts after the last bit is set.
func (r *ranked) count() {
	r.before = make([]uint32, len(r.bits))
	n := 0
	for i, word := range r.bits {
		r.before[i] = uint32(n) //nolint:gosec // no more bits than edges
		n += bits.OnesCount64(word)
	}
}

// upTo gives the number of bits set up to and with a place.
func (r *ranked) upTo(i uint32) uint32 {
	word := r.bits[i/64] << (63 - i%64)
	return r.before[i/64] + uint32(bits.OnesCount64(word)) //nolint:gosec // at most 64
}

// place gives where the n-th bit stands that is set, counted from 0.
func (r *ranked) place(n uint32) uint32 {
	word := sort.Search(len(r.before), func(i int) bool { return r.before[i] > n }) - 1
	rest := r.bits[word]
	for range n - r.before[word] {
		rest &= rest - 1
	}
	return uint32(64*word + bits.TrailingZeros64(rest)) //nolint:gosec // an edge
}
