package network

import (
	"cmp"
	"math"
	"slices"

	"hetu/geo"
)

// Rows are what a [Graph] is built from: the edges, routes and nodes of one day.
type Rows struct {
	Edges  []EdgeRow
	Routes []RouteRow // those without edges are left out
	Nodes  []int64    // only nodes without edges need stand here
}

// EdgeRow is a part of a route between two nodes.
type EdgeRow struct {
	ID, Route        int64
	FromM, ToM       float64 // measures on the route in metres, FromM < ToM
	LengthM          float64 // along the water; 0: ToM - FromM, as it is unless the route is calibrated
	FromNode, ToNode int64   // the upstream node and the downstream one, which may be one
	Main             bool    // of the edges that leave FromNode it is the main one
}

// RouteRow says how the measures of a route run, and what decides at a confluence.
type RouteRow struct {
	ID       int64
	River    int64 // routes of one river go on into each other; 0: a river of its own
	Order    int   // of the stream, up to 255; 0 where it is not known
	Upstream bool  // measures grow upstream, as with the origin "mouth"
}

// NewGraph builds the graph. The same rows in any order give the same graph and so the same answers. It refuses an edge
// whose route is not there, whose measures are not finite and rising, or that is longer than 4,294 km, and an id that
// stands twice. Where the edges come from is the caller's: of one day, so none overlaps another on its route.
func NewGraph(rows Rows) (*Graph, error) {
	b := &graphBuilder{rows: rows, g: &Graph{}}
	if len(rows.Edges) > maxItems || len(rows.Nodes) > maxItems-2*len(rows.Edges) {
		return nil, geo.Errorf(geo.CodeTooLarge, "a graph holds %d edges and nodes", maxItems)
	}
	if err := b.sortRoutes(); err != nil {
		return nil, err
	}
	if err := b.sortEdges(); err != nil {
		return nil, err
	}
	b.layRoutes()
	if err := b.layEdges(); err != nil {
		return nil, err
	}
	b.layMeasures()
	b.layNodes()
	b.join()
	return b.g, nil
}

// graphBuilder carries one NewGraph from step to step.
type graphBuilder struct {
	rows   Rows
	routes []RouteRow // those with edges, by id until they are laid, then as the graph numbers them
	g      *Graph
	order  []uint32 // rows, by route, measure and id
	route  []uint32 // of each row, in routes
	kin    *kin
}

// sortRoutes puts the routes that have edges in order of id.
func (b *graphBuilder) sortRoutes() error {
	used := make(map[int64]bool, len(b.rows.Routes))
	for i := range b.rows.Edges {
		used[b.rows.Edges[i].Route] = true
	}
	b.routes = make([]RouteRow, 0, len(used))
	for _, r := range b.rows.Routes {
		if used[r.ID] {
			b.routes = append(b.routes, r)
		}
	}
	slices.SortFunc(b.routes, func(p, q RouteRow) int { return cmp.Compare(p.ID, q.ID) })
	for i := 1; i < len(b.routes); i++ {
		if b.routes[i].ID == b.routes[i-1].ID {
			return geo.Errorf(geo.CodeInvalid, "route %d stands twice", b.routes[i].ID)
		}
	}
	return nil
}

// layRoutes numbers the routes as their tree has them, and the edges' order with them.
func (b *graphBuilder) layRoutes() {
	b.kin = kinOf(b.routes, b.rows.Edges, b.order, b.route)
	byID := b.routes
	b.routes = make([]RouteRow, len(byID))
	ids := make([]int64, len(byID))
	b.g.order, b.g.depth, b.g.rising = make([]uint8, len(ids)), b.kin.depth, newBitset(len(ids))
	for i, was := range b.kin.route {
		r := byID[was]
		b.routes[i], ids[i] = r, r.ID
		b.g.order[i] = uint8(min(max(r.Order, 0), math.MaxUint8)) //nolint:gosec // within
		if r.Upstream {
			b.g.rising.set(uint32(i)) //nolint:gosec // an index
		}
	}
	b.g.routes, b.g.routeByID = newIDList(ids), b.kin.number
	for i, was := range b.route {
		b.route[i] = b.kin.number[was]
	}
	slices.SortStableFunc(b.order, func(i, j uint32) int { return cmp.Compare(b.route[i], b.route[j]) })
	b.layRivers()
}

func (b *graphBuilder) layRivers() {
	lowest := map[int64]uint32{}
	river := make([]uint32, len(b.routes))
	shared := false
	for i, r := range b.routes {
		k := uint32(i) //nolint:gosec // an index
		river[i] = k
		if r.River == 0 {
			continue
		}
		if was, ok := lowest[r.River]; ok {
			river[i], shared = was, true
		} else {
			lowest[r.River] = k
		}
	}
	if shared {
		b.g.river = river
	}
}

// sortEdges checks the edges and puts them in order of route, measure and id.
func (b *graphBuilder) sortEdges() error {
	rows, n := b.rows.Edges, len(b.rows.Edges)
	b.order, b.route = make([]uint32, n), make([]uint32, n)
	for i := range rows {
		e := &rows[i]
		if err := e.check(); err != nil {
			return err
		}
		r, ok := search(len(b.routes), e.Route, func(i int) int64 { return b.routes[i].ID })
		if !ok {
			return geo.Errorf(geo.CodeInvalid, "edge %d lies on route %d, which is not there", e.ID, e.Route)
		}
		b.order[i], b.route[i] = uint32(i), uint32(r) //nolint:gosec // an index
	}
	slices.SortFunc(b.order, func(i, j uint32) int {
		p, q := &rows[i], &rows[j]
		return cmp.Or(cmp.Compare(b.route[i], b.route[j]), cmp.Compare(millimetres(p.FromM), millimetres(q.FromM)), cmp.Compare(p.ID, q.ID))
	})
	return nil
}

func (b *graphBuilder) layEdges() error {
	n := len(b.order)
	ids := make([]int64, n)
	b.g.byID = make([]uint32, n)
	for k, i := range b.order {
		ids[k], b.g.byID[k] = b.rows.Edges[i].ID, uint32(k) //nolint:gosec // an index
	}
	b.g.edges = newIDList(ids)
	slices.SortFunc(b.g.byID, func(i, j uint32) int { return cmp.Compare(ids[i], ids[j]) })
	for k := 1; k < n; k++ {
		if id := ids[b.g.byID[k]]; id == ids[b.g.byID[k-1]] {
			return geo.Errorf(geo.CodeInvalid, "edge %d stands twice", id)
		}
	}
	return nil
}

func (e *EdgeRow) check() error {
	switch {
	case !(e.FromM < e.ToM && e.FromM >= -maxMeasureM && e.ToM <= maxMeasureM): // written so that NaN fails
		return geo.Errorf(geo.CodeInvalid, "edge %d: measures %v to %v do not rise, or are not within 1,000,000 km", e.ID, e.FromM, e.ToM)
	case !(e.LengthM >= 0 && max(e.LengthM, e.ToM-e.FromM) <= maxLengthMM/1000):
		return geo.Errorf(geo.CodeInvalid, "edge %d: it is longer than %d m, or its length is no number", e.ID, maxLengthMM/1000)
	}
	return nil
}

// layMeasures fills in where the edges lie on their routes, and how long they are: a millimetre at least, so that only the
// start of a trace is at distance 0 and each edge has two ends.
func (b *graphBuilder) layMeasures() {
	g, n := b.g, len(b.order)
	g.fromLow, g.span, g.length = make([]uint32, n), make([]uint32, n), make([]uint32, n)
	g.main, g.starts = newBitset(n), ranked{bits: newBitset(n)}
	differs := false
	for k, i := range b.order {
		e, at := &b.rows.Edges[i], uint32(k) //nolint:gosec // an index
		from, to := millimetres(e.FromM), millimetres(e.ToM)
		g.fromLow[k], g.span[k] = uint32(from&maxLengthMM), uint32(max(1, to-from)) //nolint:gosec // checked
		if high := from >> 32; high != 0 {
			if g.fromHigh == nil {
				g.fromHigh = map[uint32]int32{}
			}
			g.fromHigh[at] = int32(high) //nolint:gosec // checked
		}
		g.length[k] = g.span[k]
		if e.LengthM > 0 {
			g.length[k] = uint32(max(1, millimetres(e.LengthM))) //nolint:gosec // checked
		}
		differs = differs || g.length[k] != g.span[k]
		if e.Main {
			g.main.set(at)
		}
		if k == 0 || b.route[i] != b.route[b.order[k-1]] {
			g.starts.bits.set(at)
		}
	}
	g.starts.count()
	g.mouths = newBitset(n)
	for r, closed := range b.kin.closed {
		if closed {
			g.mouths.set(g.lowest(uint32(r))) //nolint:gosec // an index
		}
	}
	if !differs {
		g.length = g.span
	}
}

// layNodes numbers the nodes as the edges come out of them, then those that no edge leaves, then those without edges.
func (b *graphBuilder) layNodes() {
	g := b.g
	sorted := slices.Grow(slices.Clone(b.rows.Nodes), 2*len(b.order))
	for i := range b.rows.Edges {
		sorted = append(sorted, b.rows.Edges[i].FromNode, b.rows.Edges[i].ToNode)
	}
	slices.Sort(sorted)
	sorted = slices.Compact(sorted)
	g.nodeByID = make([]uint32, len(sorted))
	for i := range g.nodeByID {
		g.nodeByID[i] = none
	}
	g.heads, g.lower = ranked{bits: newBitset(len(b.order))}, make([]uint32, len(b.order))
	next := uint32(0)
	number := func(i int) (node uint32, fresh bool) {
		if fresh = g.nodeByID[i] == none; fresh {
			g.nodeByID[i] = next
			next++
		}
		return g.nodeByID[i], fresh
	}
	b.layUpper(sorted, number)
	for k, i := range b.order {
		at, _ := slices.BinarySearch(sorted, b.rows.Edges[i].ToNode)
		g.lower[k], _ = number(at)
	}
	ids := make([]int64, len(sorted))
	for i, id := range sorted {
		v, _ := number(i)
		ids[v] = id
	}
	g.nodes = newIDList(ids)
}

func (b *graphBuilder) layUpper(sorted []int64, number func(i int) (uint32, bool)) {
	g := b.g
	for k, i := range b.order {
		at, _ := slices.BinarySearch(sorted, b.rows.Edges[i].FromNode)
		e := uint32(k) //nolint:gosec // an index
		if v, fresh := number(at); fresh {
			g.heads.bits.set(e)
		} else {
			g.parted, g.partedAt = append(g.parted, e), append(g.partedAt, v)
		}
	}
	g.heads.count()
	g.parted, g.partedAt = slices.Clone(g.parted), slices.Clone(g.partedAt) // without the room they grew into
}

// join lists the edges of each node.
func (b *graphBuilder) join() {
	g := b.g
	g.at = make([]uint32, g.nodes.len()+1)
	g.incident = make([]uint32, 2*len(g.lower))
	for e, v := range g.lower {
		g.at[g.upper(uint32(e))+1]++ //nolint:gosec // an index
		g.at[v+1]++
	}
	for v := range g.nodes.len() {
		g.at[v+1] += g.at[v]
	}
	next := slices.Clone(g.at)
	put := func(node, x uint32) {
		g.incident[next[node]] = x
		next[node]++
	}
	for e, v := range g.lower {
		put(v, uint32(e)) //nolint:gosec // an index
	}
	for e := range uint32(len(g.lower)) { //nolint:gosec // at most maxItems
		put(g.upper(e), e|leaves)
	}
}

func millimetres(m float64) int64 { return int64(math.Round(m * 1000)) }
func metres(mm int64) float64     { return float64(mm) / 1000 }
