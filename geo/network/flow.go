package network

import (
	"cmp"
	"container/heap"
	"math"
	"slices"

	"hetu/geo/lref"
)

// Reason says why a direction was taken from where it was.
type Reason string

// The reasons.
const (
	Asked        Reason = "asked"        // [Options.Direction] says so
	NamedOutlet  Reason = "named_outlet" // [Options.Outlets] has a place in the component
	GoodHeights  Reason = "heights"      // heights are there and make sense
	GoodDrawing  Reason = "digitising"   // no heights that make sense, and the digitising does
	NothingElse  Reason = "nothing_else" // neither does: an outlet was looked for
	lowestShare         = 20             // one blocked node in so many makes no sense any more
	flatShare           = 5              // one flat edge in so many neither
	steadyMetres        = 1e6            // distances are compared in parts of a metre, so that ties are ties
)

// Directed tells how much of the network has its direction from where and why.
type Directed struct {
	By         Direction // never [Auto]
	Why        Reason
	Components int
	Edges      int
	Turned     int // edges that were digitised the other way
	LengthM    float64
}

// director gives the edges of a network their direction. Nodes and edges are as the lines were digitised.
type director struct {
	b       *builder
	n       *Network
	at      adjacency    // the ends of edges at each node: edge e has the ends 2e and 2e+1
	height  []float64    // of each node; NaN where none is known
	outlets map[int]bool // nodes that were named
	loops   [][]int      // of the whole network, once they are asked for
	loopOf  map[int]int  // edges to loops
	reached []float64    // of each node: metres to where the water of its part goes, NaN before that is known
}

// direct turns the edges the way the water goes, each component for itself.
func (b *builder) direct(n *Network) {
	d := &director{b: b, n: n, height: make([]float64, len(n.Nodes)), reached: make([]float64, len(n.Nodes)), outlets: map[int]bool{}}
	d.at = newAdjacency(len(n.Nodes), 2*len(n.Edges), func(end int) int { return d.nodeOf(end) })
	for i := range d.height {
		d.height[i], d.reached[i] = math.NaN(), math.NaN()
	}
	d.measureHeights()
	d.findOutlets()
	sets := newSets(len(n.Nodes))
	for _, e := range n.Edges {
		sets.join(e.From, e.To)
	}
	nodes := newAdjacency(len(n.Nodes), len(n.Nodes), sets.find)
	edges := newAdjacency(len(n.Nodes), len(n.Edges), func(e int) int { return sets.find(n.Edges[e].From) })
	told := map[Directed]Directed{}
	for c := range n.Nodes {
		if in := edges.of(c); len(in) > 0 {
			d.component(nodes.of(c), in, told)
		}
	}
	for _, t := range told {
		b.report.Directed = append(b.report.Directed, t)
	}
	slices.SortFunc(b.report.Directed, func(p, q Directed) int {
		return cmp.Or(cmp.Compare(q.LengthM, p.LengthM), cmp.Compare(p.By, q.By), cmp.Compare(p.Why, q.Why))
	})
}

func (d *director) nodeOf(end int) int {
	if e := &d.n.Edges[end/2]; end%2 == 0 {
		return e.From
	} else {
		return e.To
	}
}

// across gives the node at the other end of an edge than the node.
func (d *director) across(edge, node int) int {
	e := &d.n.Edges[edge]
	return e.From + e.To - node
}

// component decides where the direction of a component comes from, and takes it.
func (d *director) component(nodes, edges []int, told map[Directed]Directed) {
	was := make([]bool, len(edges))
	for k, i := range edges {
		was[k] = d.n.Edges[i].Against
	}
	by, why := d.choose(nodes, edges)
	switch by {
	case Elevation:
		d.byHeight(nodes, edges)
	case Outfalls:
		d.byOutlet(nodes, edges)
		if why == NothingElse {
			d.keepLoops(edges)
		}
		for _, i := range edges {
			if d.n.Edges[i].by == Auto {
				d.turnToward(i)
			}
		}
	}
	sum := told[Directed{By: by, Why: why}]
	sum.By, sum.Why, sum.Components, sum.Edges = by, why, sum.Components+1, sum.Edges+len(edges)
	for k, i := range edges {
		e := &d.n.Edges[i]
		if e.by == Auto {
			e.by = by
		}
		sum.LengthM += e.LengthM
		sum.Turned += boolInt(e.Against != was[k])
	}
	told[Directed{By: by, Why: why}] = sum
}

func (d *director) choose(nodes, edges []int) (Direction, Reason) {
	if d.b.opt.Direction != Auto {
		return d.b.opt.Direction, Asked
	}
	if slices.ContainsFunc(nodes, func(v int) bool { return d.outlets[v] }) {
		return Outfalls, NamedOutlet
	}
	flat := 0
	for _, i := range edges {
		flat += boolInt(d.drop(i) == 0)
	}
	down := func(e int) bool { return d.drop(e) > 0 }
	if flat*flatShare <= len(edges) && d.makesSense(nodes, down, func(e int) bool { return d.drop(e) == 0 }) {
		return Elevation, GoodHeights
	}
	if d.makesSense(nodes, func(int) bool { return true }, func(int) bool { return false }) {
		return Digitised, GoodDrawing
	}
	return Outfalls, NothingElse
}

// makesSense tells whether the flow goes through the inner nodes: forward says which edges run as they were digitised, and
// open which may run either way.
func (d *director) makesSense(nodes []int, forward, open func(edge int) bool) bool {
	inner, blocked := 0, 0
	for _, v := range nodes {
		ends := d.at.of(v)
		if len(ends) < 2 || d.n.Nodes[v].Kind == LakeNode {
			continue
		}
		inner++
		in, out := false, false
		for _, end := range ends {
			runsIn := (end%2 == 1) == forward(end/2)
			in, out = in || runsIn || open(end/2), out || !runsIn || open(end/2)
		}
		blocked += boolInt(!in || !out)
	}
	return blocked*lowestShare <= inner
}

// drop is by how many metres an edge falls as it is digitised; 0 where that is not known.
func (d *director) drop(edge int) float64 {
	e := &d.n.Edges[edge]
	if fall := d.height[e.From] - d.height[e.To]; !math.IsNaN(fall) {
		return fall
	}
	return 0
}

// measureHeights gives each node its height: the lowest of the lines' ends there, for water does not stand above its bed.
func (d *director) measureHeights() {
	for i := range d.n.Edges {
		e := &d.n.Edges[i]
		flat, z := e.Geom.FlatCoords(), e.Geom.Layout().ZIndex()
		if z < 0 || d.b.opt.HeightFunc != nil {
			continue
		}
		for _, end := range []struct {
			node int
			z    float64
		}{{e.From, flat[z]}, {e.To, flat[len(flat)-e.Geom.Stride()+z]}} {
			if h := d.height[end.node]; !(h <= end.z) && !math.IsInf(end.z, 0) && !math.IsNaN(end.z) {
				d.height[end.node] = end.z
			}
		}
	}
	if d.b.opt.HeightFunc == nil {
		return
	}
	for i, n := range d.n.Nodes {
		if z, ok := d.b.opt.HeightFunc(n.Lon, n.Lat); ok && !math.IsInf(z, 0) {
			d.height[i] = z
		}
	}
}

// findOutlets finds the node that each named outlet is.
func (d *director) findOutlets() {
	for k, o := range d.b.opt.Outlets {
		best, bestM := -1, OutfallReachM
		for i, n := range d.n.Nodes {
			if math.Abs(n.Lat-o.Lat)*shortestDegree > bestM+0.01 {
				continue
			}
			m := math.Round(lref.Distance(o.Lon, o.Lat, n.Lon, n.Lat)*steadyMetres) / steadyMetres
			if m < bestM || m == bestM && best >= 0 && d.keyOf(i).compare(d.keyOf(best)) < 0 {
				best, bestM = i, m
			}
		}
		if best < 0 {
			d.b.report.doubt(Doubt{Kind: FarOutlet, Lon: o.Lon, Lat: o.Lat, Size: float64(k)})
		} else {
			d.outlets[best] = true
		}
	}
}

func (d *director) keyOf(node int) key { return keyOf(d.n.Nodes[node].Lon, d.n.Nodes[node].Lat) }

// byHeight turns the edges down. What is flat, or of no known height, flows to the nearest place from where it goes down.
func (d *director) byHeight(nodes, edges []int) {
	var level []int
	exit := map[int]bool{}
	for _, i := range edges {
		switch fall := d.drop(i); {
		case fall < 0:
			d.n.Edges[i].turn()
			fallthrough
		case fall > 0:
			exit[d.n.Edges[i].From] = true
		default:
			level = append(level, i)
		}
	}
	if len(level) == 0 {
		return
	}
	flat := func(e int) bool { return d.drop(e) == 0 }
	var from []int
	for _, v := range nodes {
		if exit[v] {
			from = append(from, v)
		}
	}
	d.reach(from, flat)
	for _, v := range d.byPlace(nodes) { // flats that nothing leaves flow to an end of theirs, or a lake, or anywhere
		if math.IsNaN(d.reached[v]) && (len(d.at.of(v)) == 1 || d.n.Nodes[v].Kind == LakeNode) {
			d.reach([]int{v}, flat)
		}
	}
	for _, v := range d.byPlace(nodes) {
		if math.IsNaN(d.reached[v]) {
			d.reach([]int{v}, flat)
		}
	}
	for _, i := range level {
		d.n.Edges[i].flat = true
		d.turnToward(i)
	}
}

func (d *director) byPlace(nodes []int) []int {
	out := slices.Clone(nodes)
	slices.SortFunc(out, func(v, w int) int { return d.keyOf(v).compare(d.keyOf(w)) })
	return out
}

// byOutlet measures how far the nodes are from the outlets.
func (d *director) byOutlet(nodes, edges []int) {
	var from []int
	for _, v := range nodes {
		if d.outlets[v] {
			from = append(from, v)
		}
	}
	if len(from) == 0 {
		from = []int{d.likeliest(nodes)}
	}
	d.reach(from, func(int) bool { return true })
}

// keepLoops leaves loops as they were digitised where that drains them. The shorter way to the outlet is right on a tree
// and a guess in a loop, and what was drawn is the better one where it makes sense.
func (d *director) keepLoops(edges []int) {
	if d.loops == nil {
		d.n.link()
		d.loops, d.loopOf = d.n.blocks(), make(map[int]int)
		for k, loop := range d.loops {
			for _, i := range loop {
				d.loopOf[i] = k
			}
		}
	}
	seen := map[int]bool{}
	for _, i := range edges {
		k, ok := d.loopOf[i]
		if !ok || seen[k] {
			continue
		}
		seen[k] = true
		if d.drains(d.loops[k]) {
			for _, j := range d.loops[k] {
				d.n.Edges[j].by = Digitised
			}
		}
	}
}

// drains tells whether the water of a loop leaves it as it was digitised: at the node nearest to the outlet, and from every
// other, running in no circle.
func (d *director) drains(loop []int) bool {
	waits, down := map[int]int{}, map[int][]int{}
	for _, i := range loop {
		e := &d.n.Edges[i]
		waits[e.From] += 0
		waits[e.To]++
		down[e.From] = append(down[e.From], e.To)
	}
	var ready []int
	exit := d.n.Edges[loop[0]].From
	for v := range waits {
		if d.nearer(v, exit) {
			exit = v
		}
		if waits[v] == 0 {
			ready = append(ready, v)
		}
	}
	done := 0
	for ; len(ready) > 0; done++ {
		v := ready[len(ready)-1]
		ready = ready[:len(ready)-1]
		if v != exit && len(down[v]) == 0 {
			return false
		}
		for _, w := range down[v] {
			if waits[w]--; waits[w] == 0 {
				ready = append(ready, w)
			}
		}
	}
	return done == len(waits)
}

// turnToward turns an edge from the node that is farther to the one that is nearer. So no circle can come of it.
func (d *director) turnToward(edge int) {
	if e := &d.n.Edges[edge]; d.nearer(e.From, e.To) {
		e.turn()
	}
}

// nearer tells whether a node is nearer to where the water goes; of two as far the first on the map is.
func (d *director) nearer(v, w int) bool {
	steady := func(v int) float64 { return math.Round(d.reached[v] * steadyMetres) }
	return cmp.Or(cmp.Compare(steady(v), steady(w)), d.keyOf(v).compare(d.keyOf(w))) < 0
}

// reach measures the nodes that some can be reached from by certain edges and that are not measured yet: metres by the
// shortest way (Dijkstra).
func (d *director) reach(from []int, edge func(int) bool) {
	q := &queue{}
	for _, v := range from {
		q.far = append(q.far, away{v, 0})
	}
	for len(q.far) > 0 {
		v, _ := heap.Pop(q).(away)
		if !math.IsNaN(d.reached[v.node]) {
			continue
		}
		d.reached[v.node] = v.m
		for _, end := range d.at.of(v.node) {
			if w := d.across(end/2, v.node); edge(end/2) && math.IsNaN(d.reached[w]) {
				heap.Push(q, away{w, v.m + d.n.Edges[end/2].LengthM})
			}
		}
	}
}

// away is a node and how far it is.
type away struct {
	node int
	m    float64
}

// queue gives the nearest first.
type queue struct{ far []away }

func (q *queue) Len() int           { return len(q.far) }
func (q *queue) Less(i, j int) bool { return q.far[i].m < q.far[j].m }
func (q *queue) Swap(i, j int)      { q.far[i], q.far[j] = q.far[j], q.far[i] }
func (q *queue) Push(x any)         { a, _ := x.(away); q.far = append(q.far, a) }

func (q *queue) Pop() any {
	last := q.far[len(q.far)-1]
	q.far = q.far[:len(q.far)-1]
	return last
}

// likeliest finds the outlet of a component: of its ends the lowest, where all have a height and not all the same, else the
// one that most metres were digitised towards.
func (d *director) likeliest(nodes []int) int {
	ends := make([]int, 0, len(nodes))
	for _, v := range d.byPlace(nodes) {
		if len(d.at.of(v)) == 1 {
			ends = append(ends, v)
		}
	}
	if len(ends) == 0 {
		ends = d.byPlace(nodes)
	}
	byHeight := func(v, w int) int { return cmp.Compare(d.height[v], d.height[w]) }
	low, high := slices.MinFunc(ends, byHeight), slices.MaxFunc(ends, byHeight)
	if d.height[low] < d.height[high] { // a height that is not known is the least, and then this is false
		return low
	}
	votes := d.votes(ends[0])
	return slices.MaxFunc(ends, func(v, w int) int {
		return cmp.Or(cmp.Compare(math.Round(votes[v]*1e3), math.Round(votes[w]*1e3)), d.keyOf(w).compare(d.keyOf(v)))
	})
}

// votes counts for each node of a component how many metres of a spanning tree were digitised towards it.
func (d *director) votes(root int) map[int]float64 {
	type step struct{ node, parent, edge int }
	order := []step{{root, -1, -1}}
	votes := map[int]float64{root: 0}
	for k := 0; k < len(order); k++ {
		v := order[k].node
		for _, end := range d.at.of(v) {
			w := d.across(end/2, v)
			if _, ok := votes[w]; ok {
				continue
			}
			votes[w] = 0
			order = append(order, step{w, v, end / 2})
			if d.n.Edges[end/2].To == v {
				votes[root] += d.n.Edges[end/2].LengthM
			}
		}
	}
	for _, s := range order[1:] { // the outlet moves from a node to its child: one edge changes sides
		e := &d.n.Edges[s.edge]
		if e.To == s.parent {
			votes[s.node] = votes[s.parent] - e.LengthM
		} else {
			votes[s.node] = votes[s.parent] + e.LengthM
		}
	}
	return votes
}
