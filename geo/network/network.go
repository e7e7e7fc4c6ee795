package network

import (
	"cmp"
	"slices"

	"github.com/twpayne/go-geom"
)

// DefaultSnapM is the tolerance in metres within which two ends are one node (domain rule "network snap").
const DefaultSnapM = 1.0

// Line is one line of a source, digitised downstream unless [Options] says otherwise.
type Line struct {
	Index int              // the caller's row; unique, and what decides between equals, so the order of lines never does
	Group string           // lines of one group are one river; empty: of no river
	Geom  *geom.LineString // EPSG:4490 degrees, any layout, finite; nil and under two different points is dropped and reported
}

// Options says how to read lines.
type Options struct {
	SnapM   float64 // metres; 0 is [DefaultSnapM], below 0 joins only what is equal to 1e-9 degrees
	Against bool    // all lines run against the flow: turn them round
}

// Kind is what a node is in the network.
type Kind string

// The kinds that follow from the edges alone.
const (
	Source   Kind = "source"   // nothing flows in
	Junction Kind = "junction" // flows in and out
	Outlet   Kind = "outlet"   // nothing flows out
)

// Node is a point where edges begin, meet or end.
type Node struct {
	Kind      Kind
	Lon, Lat  float64
	Component int // index into [Report.Components]
}

// Edge is a part of one line between two nodes, which are never the same: a ring is cut in its middle.
type Edge struct {
	Line       int     // [Line.Index]
	Group      string  // [Line.Group]
	From, To   int     // nodes; From is the upstream one
	Start, End float64 // the part in vertices of the line as digitised: 2.5 is halfway from its third to its fourth
	Against    bool    // the line was digitised against the flow
	LengthM    float64
	Order      int  // Strahler, see [Network]
	Divergence bool // another edge leaves From too
	Main       bool // of the edges that leave From it is the main one; true where it is the only one
	Minor      bool // it lies on a path that left the main one and has not met a main path again
	Component  int
	Geom       *geom.LineString // downstream, layout of the line
}

// Network is a directed river graph; the edges stand in the order of their lines, each line's downstream.
//
// Order is Strahler's with divergences as NHDPlus has them: the order below a node is the highest of its inflows, one more
// where the two highest are equal. The minor path of a divergence takes that order too, but raises none below it until it
// has met a main path. In a cycle, which no order can be told of, the walk starts somewhere, and [Report.Cycles] counts it.
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
	b.findSites()
	b.report.ComponentsAtEnds = b.componentsAtEnds()
	b.cluster()
	b.snapOnto()
	n := b.network()
	n.into = newAdjacency(len(n.Nodes), len(n.Edges), func(e int) int { return n.Edges[e].To })
	n.outOf = newAdjacency(len(n.Nodes), len(n.Edges), func(e int) int { return n.Edges[e].From })
	n.kinds()
	b.report.Components = n.components()
	n.direction(&b.report)
	b.report.Cycles = n.strahler()
	b.report.dangling(n)
	return n, b.report
}

// builder carries one Build from step to step.
type builder struct {
	opt    Options
	lines  []cleaned
	sites  []site
	report Report
}

// cleaned is a line without repeated vertices.
type cleaned struct {
	Line
	flat   []float64
	stride int
	source []int // each vertex's place in the source line; nil where none was dropped
	cuts   []cut // in order of at, both ends among them
}

// cut is a place of a line where it meets a node.
type cut struct {
	at   float64 // in vertices
	site int
}

func (c *cleaned) points() int           { return len(c.flat) / c.stride }
func (c *cleaned) point(i int) []float64 { return c.flat[i*c.stride : (i+1)*c.stride] }
func (c *cleaned) key(i int) key         { return keyOf(c.flat[i*c.stride], c.flat[i*c.stride+1]) }

// sourceAt gives a place in vertices of the source line.
func (c *cleaned) sourceAt(at float64) float64 {
	if c.source == nil {
		return at
	}
	i := int(at)
	if i == c.points()-1 {
		return float64(c.source[i])
	}
	return float64(c.source[i]) + (at-float64(i))*float64(c.source[i+1]-c.source[i])
}

// clean takes the lines in order of index, without repeated vertices; those with no length are dropped.
func (b *builder) clean(lines []Line) {
	order := slices.Clone(lines)
	slices.SortStableFunc(order, func(x, y Line) int { return cmp.Compare(x.Index, y.Index) })
	b.lines = make([]cleaned, 0, len(order))
	for _, l := range order {
		if l.Geom == nil || l.Geom.Empty() {
			b.report.ZeroLines = append(b.report.ZeroLines, l.Index)
			continue
		}
		c := cleaned{Line: l, flat: l.Geom.FlatCoords(), stride: l.Geom.Stride()}
		c.dropRepeated()
		if c.points() < 2 {
			b.report.ZeroLines = append(b.report.ZeroLines, l.Index)
			continue
		}
		b.lines = append(b.lines, c)
	}
	b.report.Lines = len(b.lines)
}

func (c *cleaned) dropRepeated() {
	n := c.points()
	i := 1
	for i < n && c.key(i) != c.key(i-1) {
		i++
	}
	if i == n {
		return
	}
	flat := slices.Clone(c.point(0))
	source := []int{0}
	last := c.key(0)
	for i := 1; i < n; i++ {
		if k := c.key(i); k != last {
			flat, source, last = append(flat, c.point(i)...), append(source, i), k
		}
	}
	c.flat, c.source = flat, source
}
