package network

import (
	"slices"

	"github.com/tidwall/rtree"

	"hetu/geo/lref"
)

// DoubtKind is what is doubtful at a place (存疑类型).
type DoubtKind string

// The kinds of doubts; in brackets what the size is.
const (
	CrossingNoded DoubtKind = "crossing_noded" // two lines cross with no vertex in common, and were joined there (0)
	CrossingKept  DoubtKind = "crossing_kept"  // the same, and they pass over each other (0)
	DoubleLine    DoubtKind = "duplicate"      // a part of the second line lies on the first and was dropped (metres)
	OpposedLine   DoubtKind = "opposed"        // the same, and was digitised the other way (metres)
	Gap           DoubtKind = "gap"            // a line ends near the second line and does not reach it (metres between them)
	Stub          DoubtKind = "stub"           // a line ends just beyond a junction (metres beyond)
	Apart         DoubtKind = "part"           // a component that is not the largest (metres of it)
	BlockedNode   DoubtKind = "blocked"        // all edges run in, or all run out (metres of them)
	Circle        DoubtKind = "circle"         // water flows in a circle (metres of the edges in it)
	Loop          DoubtKind = "loop"           // ways part and meet again: a braid, or a fault (metres of the edges in it)
	Rise          DoubtKind = "rise"           // an edge ends higher than it begins (metres up)
	Flat          DoubtKind = "flat"           // heights tell no direction (metres)
	Undecided     DoubtKind = "undecided"      // in a loop: the direction of the shorter way to the outlet is a guess (metres)
	FarOutlet     DoubtKind = "far_outlet"     // no node within reach of a named outlet (its place in the list)
)

// MaxDoubts is how many doubts of a kind are listed, and maxLines how many lines of one; [Report.Doubted] counts them all.
const (
	MaxDoubts = 200
	maxLines  = 100
)

// Doubt is a place that a person should look at.
type Doubt struct {
	Kind     DoubtKind
	Lon, Lat float64
	Lines    []int // [Line.Index], at most a hundred; the first is the one in doubt
	Size     float64
}

// nearMiss is how many tolerances a gap is wide at most, and a stub long.
const nearMiss = 5

func (r *Report) doubt(d Doubt) {
	if r.Doubted == nil {
		r.Doubted = map[DoubtKind]int{}
	}
	if r.Doubted[d.Kind]++; r.Doubted[d.Kind] <= MaxDoubts {
		r.Doubts = append(r.Doubts, d)
	}
}

// doubt lists what is doubtful in the finished network.
func (b *builder) doubt(n *Network) {
	r := &b.report
	for _, c := range r.Components[min(1, len(r.Components)):] {
		b.doubtEdges(n, Apart, c.edges)
	}
	for _, v := range r.Blocked {
		b.doubtAt(n, BlockedNode, v, slices.Concat(n.Into(v), n.OutOf(v)))
	}
	circles := n.circles()
	r.Cycles = len(circles)
	for _, c := range circles {
		b.doubtEdges(n, Circle, c)
	}
	b.doubtLoops(n)
	for i := range n.Edges {
		e := &n.Edges[i]
		if e.flat {
			b.doubtEdges(n, Flat, []int{i})
		}
		if m, ok := e.fall(); ok && m < 0 {
			r.doubt(Doubt{Rise, n.Nodes[e.From].Lon, n.Nodes[e.From].Lat, []int{e.Line}, -m})
		}
	}
	b.doubtEnds(n)
}

// fall is by how many metres the water falls along an edge, where its ends have heights.
func (e *Edge) fall() (m float64, ok bool) {
	z := e.Geom.Layout().ZIndex()
	if z < 0 {
		return 0, false
	}
	flat := e.Geom.FlatCoords()
	return flat[z] - flat[len(flat)-e.Geom.Stride()+z], true
}

func (b *builder) doubtEdges(n *Network, kind DoubtKind, edges []int) {
	b.doubtAt(n, kind, n.Edges[slices.Min(edges)].From, edges)
}

func (b *builder) doubtAt(n *Network, kind DoubtKind, node int, edges []int) {
	d := Doubt{Kind: kind, Lon: n.Nodes[node].Lon, Lat: n.Nodes[node].Lat}
	for _, i := range edges {
		d.Lines = append(d.Lines, n.Edges[i].Line)
		d.Size += n.Edges[i].LengthM
	}
	slices.Sort(d.Lines)
	d.Lines = slices.Compact(d.Lines)
	d.Lines = slices.Clip(d.Lines[:min(len(d.Lines), maxLines)])
	b.report.doubt(d)
}

// doubtLoops lists the loops, and their edges where the direction was told by the way to an outlet. Of two edges between two
// nodes there is no doubt: both run from the upper one.
func (b *builder) doubtLoops(n *Network) {
	loops := n.blocks()
	for _, l := range loops {
		slices.Sort(l)
	}
	slices.SortFunc(loops, func(p, q []int) int { return p[0] - q[0] })
	for _, l := range loops {
		b.doubtEdges(n, Loop, l)
		for _, i := range l {
			if len(l) > 2 && n.Edges[i].by == Outfalls {
				b.doubtEdges(n, Undecided, []int{i})
			}
		}
	}
}

// doubtEnds lists the ends that are near another line and do not reach it, and those just beyond a junction.
func (b *builder) doubtEnds(n *Network) {
	reach := nearMiss * b.opt.SnapM
	if reach <= 0 {
		reach = nearMiss * DefaultSnapM
	}
	gaps := map[int]Doubt{}
	var tree rtree.RTreeG[int]
	for _, d := range b.report.Dangling {
		v := n.Nodes[d.Node]
		if v.Kind == LakeNode {
			continue
		}
		if own := slices.Concat(n.Into(d.Node), n.OutOf(d.Node)); n.Edges[own[0]].LengthM <= reach {
			other := n.Edges[own[0]].From + n.Edges[own[0]].To - d.Node
			if len(n.Into(other))+len(n.OutOf(other)) > 1 {
				b.doubtAt(n, Stub, d.Node, own)
			}
			continue
		}
		gaps[d.Node] = Doubt{Size: reach, Kind: Gap, Lon: v.Lon, Lat: v.Lat, Lines: []int{d.Line}}
		tree.Insert([2]float64{v.Lon, v.Lat}, [2]float64{v.Lon, v.Lat}, d.Node)
	}
	for i := range n.Edges {
		n.nearest(&n.Edges[i], &tree, gaps, reach)
	}
	for _, d := range b.report.Dangling {
		if g, ok := gaps[d.Node]; ok && len(g.Lines) > 1 {
			b.report.doubt(g)
		}
	}
}

// nearest notes how near an edge comes to ends that it is not of.
func (n *Network) nearest(e *Edge, tree *rtree.RTreeG[int], gaps map[int]Doubt, reach float64) {
	c := cleaned{flat: e.Geom.FlatCoords(), stride: e.Geom.Stride()}
	for from := 0; from < c.points()-1; from += blockSize {
		to := min(from+blockSize, c.points()-1)
		low, high := c.box(from, to, reach)
		tree.Search(low, high, func(_, _ [2]float64, node int) bool {
			if node == e.From || node == e.To {
				return true
			}
			g := gaps[node]
			for i := from; i < to; i++ {
				x, y, _ := c.project(i, g.Lon, g.Lat)
				if m := lref.Distance(g.Lon, g.Lat, x, y); m < g.Size-1e-6 {
					g.Size, g.Lines = m, []int{g.Lines[0], e.Line}
				}
			}
			gaps[node] = g
			return true
		})
	}
}
