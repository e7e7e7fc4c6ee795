package network

// Report tells what [Build] found and did.
type Report struct {
	Lines            int   // lines with a length
	ZeroLines        []int // [Line.Index] of lines that were dropped: no geometry, or under two different points
	ZeroParts        int   // parts of lines that were dropped: back at their node within twice the tolerance
	Duplicates       []Duplicate
	Rings            int // rings that were cut in their middle
	SnappedEnds      int // places that were moved onto another within the tolerance
	SnappedOnto      int // nodes that were joined to the inside of a line within the tolerance
	LargestShiftM    float64
	ComponentsAtEnds int // components if lines joined at equal ends only: how much the splitting mended
	Components       []Component
	Flow             Flow
	Blocked          []int // inner nodes the flow does not go through: all edges run in, or all run out
	Dangling         []Dangle
	Cycles           int // circles that the flow runs in, each an error of direction; see [Circle]
	Directed         []Directed
	LakeParts        int // parts of lines in lakes that were left out
	LakeM            float64
	Doubts           []Doubt           // at most [MaxDoubts] of a kind
	Doubted          map[DoubtKind]int // how many there are of each kind
}

// Duplicate is an edge that was dropped because another runs there already.
type Duplicate struct {
	Kept, Dropped int  // [Line.Index]
	Opposed       bool // the two run against each other, so one has the wrong direction
}

// Component is a part of the network that hangs together.
type Component struct {
	Edges, Nodes int
	LengthM      float64
	Share        float64 // of the whole length
	Flow         Flow

	first int
	edges []int
}

// Flow tells whether directions make sense.
type Flow struct {
	Inner, Through int // nodes with two or more edges; those of them with flow in and out
	Joins, Splits  int // nodes where more edges run in than out, and the other way round
	Falls, Rises   int // edges with Z whose last point is lower, and higher, than the first
}

// Reversed tells whether the network looks as if it flowed the wrong way throughout: water that rises, or without heights a
// network that splits oftener than it joins. It is a suspicion to show, no proof: a delta looks the same.
func (f *Flow) Reversed() bool {
	if f.Falls+f.Rises > 0 {
		return f.Rises > f.Falls
	}
	return f.Splits > f.Joins
}

// Dangle is an end of the network: a source, a mouth, or a line that stops short.
type Dangle struct {
	Node int
	Line int // [Line.Index] of the only edge there
}

// kinds tells each node's kind.
func (n *Network) kinds() {
	for i := range n.Nodes {
		switch {
		case n.Nodes[i].Kind == LakeNode:
		case len(n.Into(i)) == 0:
			n.Nodes[i].Kind = Source
		case len(n.OutOf(i)) == 0:
			n.Nodes[i].Kind = Outlet
		default:
			n.Nodes[i].Kind = Junction
		}
	}
}

// direction looks at every node and edge, for the whole and for each component.
func (n *Network) direction(r *Report) {
	for i := range n.Nodes {
		in, out := len(n.Into(i)), len(n.OutOf(i))
		if in+out < 2 || n.Nodes[i].Kind == LakeNode {
			continue
		}
		if in == 0 || out == 0 {
			r.Blocked = append(r.Blocked, i)
		}
		for _, f := range []*Flow{&r.Flow, &r.Components[n.Nodes[i].Component].Flow} {
			f.see(in, out)
		}
	}
	for _, e := range n.Edges {
		fall, ok := e.fall()
		if !ok {
			continue
		}
		for _, f := range []*Flow{&r.Flow, &r.Components[e.Component].Flow} {
			if fall > 0 {
				f.Falls++
			} else if fall < 0 {
				f.Rises++
			}
		}
	}
}

// see counts a node with two or more edges.
func (f *Flow) see(in, out int) {
	f.Inner++
	if in == 0 || out == 0 {
		return
	}
	f.Through++
	if in > out {
		f.Joins++
	} else if out > in {
		f.Splits++
	}
}

func (r *Report) dangling(n *Network) {
	for i := range n.Nodes {
		in, out := n.Into(i), n.OutOf(i)
		if len(in)+len(out) != 1 {
			continue
		}
		d := Dangle{Node: i}
		if len(in) == 1 {
			d.Line = n.Edges[in[0]].Line
		} else {
			d.Line = n.Edges[out[0]].Line
		}
		r.Dangling = append(r.Dangling, d)
	}
}
