package network

import (
	"cmp"
	"slices"

	"github.com/twpayne/go-geom"

	"hetu/geo/lref"
)

// stretch is a part of a line between two cuts, on its way to an edge.
type stretch struct {
	line, from, to int // from and to are sites, as digitised
	start, end     float64
	flat           []float64
}

// edges cuts the lines into edges as they were digitised, and gives each site that an edge meets a node.
func (b *builder) edges() *Network {
	n := &Network{}
	seen := map[uint64][]int{}
	nodes := make(map[int]int, len(b.sites))
	nodeOf := func(at int) int {
		id, ok := nodes[at]
		if !ok {
			id = len(n.Nodes)
			nodes[at] = id
			n.Nodes = append(n.Nodes, b.node(at))
		}
		return id
	}
	for l := range b.lines {
		parts, back := b.stretches(l), b.lines[l].back()
		if back {
			slices.Reverse(parts)
		}
		for _, s := range parts {
			e := b.edge(s, nodeOf)
			e.back = back
			if b.opt.Against {
				e.turn()
			}
			if !b.duplicate(n, seen, e) {
				n.Edges = append(n.Edges, e)
			}
		}
	}
	return n
}

func (b *builder) node(at int) Node {
	s := b.sites[at]
	if s.lake == noLake {
		return Node{Lon: s.lon, Lat: s.lat}
	}
	return Node{Kind: LakeNode, Lon: s.lon, Lat: s.lat, Lake: b.opt.Lakes[s.lake].Index}
}

func (b *builder) edge(s stretch, nodeOf func(site int) int) Edge {
	c := &b.lines[s.line]
	line := geom.NewLineStringFlat(c.Geom.Layout(), s.flat).SetSRID(c.Geom.SRID())
	return Edge{
		Line: c.Index, Group: c.Group, Kind: c.Kind, canal: c.canal, From: nodeOf(s.from), To: nodeOf(s.to),
		Start: c.sourceAt(s.start), End: c.sourceAt(s.end), LengthM: steadyLength(line), Geom: line,
	}
}

// back tells whether a line was digitised against the order in which its places stand, so that what depends on the order of
// a line's parts does not depend on how it was digitised.
func (c *cleaned) back() bool {
	for i, j := 0, c.points()-1; i < j; i, j = i+1, j-1 {
		if order := c.key(i).compare(c.key(j)); order != 0 {
			return order > 0
		}
	}
	return false
}

// steadyLength is the length of a line in metres, to the last bit the same whichever way it was digitised.
func steadyLength(line *geom.LineString) float64 {
	c := cleaned{flat: line.FlatCoords(), stride: line.Stride()}
	if c.back() {
		line = geom.NewLineStringFlat(line.Layout(), reversed(c.flat, c.stride))
	}
	return lref.Length(line)
}

// turn makes an edge run the other way.
func (e *Edge) turn() {
	e.From, e.To, e.Against = e.To, e.From, !e.Against
	e.Geom = geom.NewLineStringFlat(e.Geom.Layout(), reversed(e.Geom.FlatCoords(), e.Geom.Stride())).SetSRID(e.Geom.SRID())
}

func reversed(flat []float64, stride int) []float64 {
	out := make([]float64, 0, len(flat))
	for i := len(flat) - stride; i >= 0; i -= stride {
		out = append(out, flat[i:i+stride]...)
	}
	return out
}

// stretches cuts a line. What begins and ends at one node without going anywhere is dropped; a ring is cut in two.
func (b *builder) stretches(l int) []stretch {
	c := &b.lines[l]
	out := make([]stretch, 0, len(c.cuts)-1)
	for i := 1; i < len(c.cuts); i++ {
		s := stretch{line: l, from: b.root(c.cuts[i-1].site), to: b.root(c.cuts[i].site), start: c.cuts[i-1].at, end: c.cuts[i].at}
		inside := c.inside(s)
		switch {
		case s.from != s.to:
			out = append(out, b.filled(s))
		case inside[1]-inside[0] < 1 || lref.Length(geom.NewLineStringFlat(c.Geom.Layout(), b.filled(s).flat)) <= 2*max(b.opt.SnapM, 0):
			b.report.ZeroParts++ // out and back along one segment, or shorter than the tolerance
		default:
			middle := b.middle(c, inside)
			first, second := s, s
			first.end, second.start = float64(middle), float64(middle)
			b.sites = append(b.sites, site{lon: c.point(middle)[0], lat: c.point(middle)[1], lake: noLake, parent: len(b.sites)})
			first.to, second.from = len(b.sites)-1, len(b.sites)-1
			b.report.Rings++
			out = append(out, b.filled(first), b.filled(second))
		}
	}
	return out
}

// inside gives the first and the last vertex strictly between the cuts; the last is before the first where there is none.
func (c *cleaned) inside(s stretch) [2]int {
	first, last := int(s.start)+1, int(s.end)
	if float64(last) == s.end {
		last--
	}
	return [2]int{first, last}
}

// middle gives the vertex in the middle of a ring; of two in the middle the one that comes first on the map.
func (b *builder) middle(c *cleaned, inside [2]int) int {
	sum := inside[0] + inside[1]
	p, q := sum/2, (sum+1)/2
	if c.key(q).compare(c.key(p)) < 0 {
		return q
	}
	return p
}

// filled gives a stretch its coordinates: the nodes at its ends, with Z and M of the line there, and what lies between.
func (b *builder) filled(s stretch) stretch {
	c := &b.lines[s.line]
	in := c.inside(s)
	s.flat = make([]float64, 0, (max(0, in[1]-in[0]+1)+2)*c.stride)
	s.flat = b.appendNode(s.flat, c, s.from, s.start)
	if in[0] <= in[1] {
		s.flat = append(s.flat, c.flat[in[0]*c.stride:(in[1]+1)*c.stride]...)
	}
	s.flat = b.appendNode(s.flat, c, s.to, s.end)
	return s
}

func (b *builder) appendNode(flat []float64, c *cleaned, site int, at float64) []float64 {
	if b.sites[site].lake != noLake { // the line ends on the shore
		return append(flat, c.point(int(at))...)
	}
	return c.appendRest(append(flat, b.sites[site].lon, b.sites[site].lat), at)
}

// duplicate tells whether an edge runs where another does already, either way; the one of the lower line index is there.
func (b *builder) duplicate(n *Network, seen map[uint64][]int, e Edge) bool {
	h, xy := pathHash(e.Geom)
	for _, i := range seen[h] {
		was := n.Edges[i]
		same := was.From == e.From && was.To == e.To
		if !same && (was.From != e.To || was.To != e.From) {
			continue
		}
		if _, other := pathHash(was.Geom); slices.Equal(xy, other) {
			b.report.Duplicates = append(b.report.Duplicates, Duplicate{Kept: was.Line, Dropped: e.Line, Opposed: !same})
			d := Doubt{Kind: DoubleLine, Lines: []int{was.Line, e.Line}, Size: e.LengthM}
			if !same {
				d.Kind = OpposedLine
			}
			d.Lon, d.Lat = xy[0].position()
			b.report.doubt(d)
			return true
		}
	}
	seen[h] = append(seen[h], len(n.Edges))
	return false
}

// pathHash gives a line's places in the direction that is less, and a hash of them.
func pathHash(line *geom.LineString) (uint64, []key) {
	flat, stride := line.FlatCoords(), line.Stride()
	keys := make([]key, 0, len(flat)/stride)
	for i := 0; i < len(flat); i += stride {
		keys = append(keys, keyOf(flat[i], flat[i+1]))
	}
	for i, j := 0, len(keys)-1; i < j; i, j = i+1, j-1 {
		if c := keys[i].compare(keys[j]); c < 0 {
			break
		} else if c > 0 {
			slices.Reverse(keys)
			break
		}
	}
	var h uint64
	for _, k := range keys {
		h = (h ^ k.hash()) * 0x100000001b3
	}
	return h, keys
}

// components finds what hangs together, the longest first, and tells each edge and node which it is of.
func (n *Network) components() []Component {
	s := newSets(len(n.Nodes))
	for _, e := range n.Edges {
		s.join(e.From, e.To)
	}
	byRoot := map[int]int{}
	var out []Component
	total := 0.0
	for i := range n.Edges {
		e := &n.Edges[i]
		r := s.find(e.From)
		at, ok := byRoot[r]
		if !ok {
			at = len(out)
			byRoot[r] = at
			out = append(out, Component{first: r})
		}
		out[at].Edges++
		out[at].edges = append(out[at].edges, i)
		out[at].LengthM += e.LengthM
		total += e.LengthM
	}
	slices.SortStableFunc(out, func(p, q Component) int {
		return cmp.Or(cmp.Compare(q.LengthM, p.LengthM), cmp.Compare(p.first, q.first))
	})
	for i := range out {
		byRoot[out[i].first] = i
		out[i].Share = out[i].LengthM / total
	}
	for i := range n.Nodes {
		n.Nodes[i].Component = byRoot[s.find(i)]
		out[n.Nodes[i].Component].Nodes++
	}
	for i := range n.Edges {
		n.Edges[i].Component = n.Nodes[n.Edges[i].From].Component
	}
	return out
}
