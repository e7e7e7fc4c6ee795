package network

import (
	"slices"

	"github.com/twpayne/go-geom"
)

// DefaultSnapM is the tolerance in metres within which two ends are one node (domain rule "network snap").
const DefaultSnapM = 1.0

// LineKind is what a line is (河流类别). A canal or a ditch crosses a river above or below it, has no order of its own
// and never carries the main stem where a river does. A stretch of either that bears a river's name, which is that it is
// of the group of a line that is neither, is a piece of that river, canalised, and is treated as the river.
type LineKind string

// The kinds of lines; empty is a river.
const (
	River LineKind = "river"
	Gully LineKind = "gully"
	Canal LineKind = "canal"
	Ditch LineKind = "ditch"
)

func (k LineKind) artificial() bool { return k == Canal || k == Ditch }

// Line is one line of a source.
type Line struct {
	Index int              // the caller's row; unique, and what decides between equals, so the order of lines never does
	Group string           // lines of one group are one river; empty: of no river
	Kind  LineKind         // empty: a river
	Geom  *geom.LineString // EPSG:4490 degrees, any layout, finite; nil and under two different points is dropped and reported
}

// Options says how to read lines; the zero value is right for most files.
type Options struct {
	SnapM     float64   // metres; 0 is [DefaultSnapM], below 0 joins only what is equal, or lies on a line, to 1e-9 degrees
	Crossings Crossings // what to do where lines cross without a vertex in common
	Direction Direction // where the direction of the flow is taken from
	Against   bool      // all lines were digitised against the flow: turn them round before anything is asked of them
	Outlets   []Outfall // where water leaves; what has one flows to it
	Lakes     []Lake    // lines that end in one meet there; what runs inside is left out

	// HeightFunc gives the height in metres at a node, as from a terrain model; nil: the Z of the lines' ends is the height.
	HeightFunc func(lon, lat float64) (z float64, ok bool)
}

// Crossings says what becomes of two lines that cross without a vertex in common.
type Crossings string

// Lines of one sort meet where they cross, a canal and a river do not: it goes over in an aqueduct or under in a siphon.
// A line that crosses itself stays as it is in every case, for no water flows into its own way again.
const (
	CrossingsByKind Crossings = ""     // node, but keep where a canal crosses a river
	CrossingsNode   Crossings = "node" // all crossings become nodes
	CrossingsKeep   Crossings = "keep" // no crossing does
)

// Direction is where the direction of the flow comes from (流向依据).
type Direction string

// Auto takes, for each component on its own, an outlet that was named, else heights if they are there and make sense, else
// the digitising if that makes sense, else an outlet that it finds. To make sense means that at most one inner node in
// twenty is blocked, and of heights that at most one edge in five is flat. With heights or a named outlet the order in which a
// line was digitised changes nothing. An outlet that is found is the lowest end, or without heights the one that most
// metres were digitised towards, so that one line turned round changes nothing.
const (
	Auto      Direction = ""
	Digitised Direction = "digitised"
	Elevation Direction = "elevation"
	Outfalls  Direction = "outlet"
)

// Outfall is a place where water leaves the network; it is the node nearest to it, within [OutfallReachM].
type Outfall struct{ Lon, Lat float64 }

// OutfallReachM is how far in metres a node may lie from the place that names it as an outlet.
const OutfallReachM = 1000.0

// Kind is what a node is in the network.
type Kind string

// The kinds that follow from the edges alone, and the lake.
const (
	Source   Kind = "source"   // nothing flows in
	Junction Kind = "junction" // flows in and out
	Outlet   Kind = "outlet"   // nothing flows out
	LakeNode Kind = "lake"     // a whole lake, whatever flows
)

// Node is a point where edges begin, meet or end.
type Node struct {
	Kind      Kind
	Lon, Lat  float64
	Component int // index into [Report.Components]
	Lake      int // [Lake.Index] where Kind is [LakeNode]
}

// Edge is a part of one line between two nodes, which are never the same: a ring is cut in its middle.
type Edge struct {
	Line       int      // [Line.Index]
	Group      string   // [Line.Group]
	Kind       LineKind // [Line.Kind]
	From, To   int      // nodes; From is the upstream one
	Start, End float64  // the part in vertices of the line as digitised: 2.5 is halfway from its third to its fourth
	Against    bool     // it was digitised against the flow
	LengthM    float64
	ToMouthM   float64 // from To down the main path to its end; a lake has no length
	StemOf     int     // the lowest edge of the main stem that it is of: edges of one stem share it
	Order      int     // Strahler, see [Network]
	Divergence bool    // another edge leaves From too
	Main       bool    // of the edges that leave From it is the main one; true where it is the only one
	Minor      bool    // it lies on a path that left the main one and has not met a main path again
	Component  int
	Geom       *geom.LineString // downstream, layout of the line; at a lake it ends on the shore

	canal bool // a canal that is no piece of a river
	back  bool // see cleaned.back
	flat  bool // heights did not tell its direction
	by    Direction
}

// Network is a directed river graph; the edges stand in the order of their lines, each line's the way most of it flows.
//
// Order is Strahler's with divergences as NHDPlus has them: the order below a node is the highest of its inflows, one more
// where the two highest are equal. The minor path of a divergence takes that order too, but raises none below it until it
// has met a main path. A canal has order 1 and raises none: what comes out of it alone starts anew. In a circle, of which no
// order can be told, the walk starts somewhere, and [Report.Cycles] counts it.
//
// A main stem (干流) goes up from an outlet, or from where it joins another, by the inflow of the same river, else of the
// higher order, else of the longer way to its source; never by a canal where a river flows in.
type Network struct {
	Nodes []Node
	Edges []Edge

	into, outOf adjacency
}

// Into gives the edges that end at a node. The slice is the network's own.
func (n *Network) Into(node int) []int { return n.into.of(node) }

// OutOf gives the edges that begin at a node. The slice is the network's own.
func (n *Network) OutOf(node int) []int { return n.outOf.of(node) }

// adjacency lists the edges of each node in one array.
type adjacency struct{ first, edges []int }

func (a adjacency) of(node int) []int { return a.edges[a.first[node]:a.first[node+1]] }

// link lists the edges at each node.
func (n *Network) link() {
	n.into = newAdjacency(len(n.Nodes), len(n.Edges), func(e int) int { return n.Edges[e].To })
	n.outOf = newAdjacency(len(n.Nodes), len(n.Edges), func(e int) int { return n.Edges[e].From })
}

func newAdjacency(nodes, edges int, nodeOf func(edge int) int) adjacency {
	a := adjacency{first: make([]int, nodes+1), edges: make([]int, edges)}
	for e := range edges {
		a.first[nodeOf(e)+1]++
	}
	for i := range nodes {
		a.first[i+1] += a.first[i]
	}
	next := slices.Clone(a.first)
	for e := range edges {
		v := nodeOf(e)
		a.edges[next[v]] = e
		next[v]++
	}
	return a
}

// Build makes the network of lines. The same lines in any order give the same network.
func Build(lines []Line, opt Options) (*Network, Report) {
	if opt.SnapM == 0 {
		opt.SnapM = DefaultSnapM
	}
	b := &builder{opt: opt}
	b.clean(lines)
	b.cutAtLakes()
	b.nodeCrossings()
	b.findSites()
	b.report.ComponentsAtEnds = b.componentsAtEnds()
	b.cluster()
	b.snapOnto()
	n := b.edges()
	b.direct(n)
	b.settle(n)
	b.tell(n)
	return n, b.report
}

// tell says of each edge and node what follows from the whole, and reports it.
func (b *builder) tell(n *Network) {
	n.link()
	n.kinds()
	b.report.Components = n.components()
	n.direction(&b.report)
	n.stems(n.strahler())
	b.report.dangling(n)
	b.doubt(n)
}

// builder carries one Build from step to step.
type builder struct {
	opt      Options
	lines    []cleaned
	sites    []site
	lakeSite []int // of each lake; -1 where no line meets it
	report   Report
}
