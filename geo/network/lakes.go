package network

import (
	"cmp"
	"math"
	"slices"

	"github.com/tidwall/rtree"
	"github.com/twpayne/go-geom"

	"hetu/geo/lref"
)

// Lake is a lake or reservoir (湖泊、水库) as a node of the network.
type Lake struct {
	Index int                // the caller's; unique, and what decides where two lakes overlap
	Geom  *geom.MultiPolygon // EPSG:4490 degrees, any layout; nil and empty meet nothing
}

// noLake stands for no lake among indices of lakes.
const noLake = -1

// shore is a lake made ready to be asked about.
type shore struct {
	rings     []cleaned
	low, high [2]float64
	tree      rtree.RTreeG[segment]
}

// cutAtLakes cuts lines where they cross a shore, drops what runs inside, and marks the ends that are on a lake.
func (b *builder) cutAtLakes() {
	b.lakeSite = make([]int, len(b.opt.Lakes))
	if len(b.opt.Lakes) == 0 {
		return
	}
	b.opt.Lakes = slices.Clone(b.opt.Lakes)
	slices.SortStableFunc(b.opt.Lakes, func(p, q Lake) int { return cmp.Compare(p.Index, q.Index) })
	shores := make([]*shore, len(b.opt.Lakes))
	var tree rtree.RTreeG[int]
	for i, l := range b.opt.Lakes {
		b.lakeSite[i] = noLake
		if shores[i] = newShore(l.Geom); len(shores[i].rings) > 0 {
			tree.Insert(shores[i].low, shores[i].high, i)
		}
	}
	var out []cleaned
	for l := range b.lines {
		var near []int
		low, high := b.lines[l].box(0, b.lines[l].points()-1, b.opt.SnapM)
		tree.Search(low, high, func(_, _ [2]float64, i int) bool { near = append(near, i); return true })
		slices.Sort(near)
		parts := b.lines[l : l+1 : l+1]
		for _, i := range near {
			var outside []cleaned
			for p := range parts {
				outside = append(outside, b.outside(&parts[p], shores[i], i)...)
			}
			parts = outside
		}
		out = append(out, parts...)
	}
	b.lines = out
	for i := range b.lakeSite {
		b.addLake(i, shores[i])
	}
}

func newShore(g *geom.MultiPolygon) *shore {
	s := &shore{low: [2]float64{math.Inf(1), math.Inf(1)}, high: [2]float64{math.Inf(-1), math.Inf(-1)}}
	if g == nil {
		return s
	}
	for p := range g.NumPolygons() {
		for r := range g.Polygon(p).NumLinearRings() {
			ring := g.Polygon(p).LinearRing(r)
			c := cleaned{flat: ring.FlatCoords(), stride: ring.Stride()}
			if c.points() > 2 {
				s.add(c)
			}
		}
	}
	return s
}

func (s *shore) add(c cleaned) {
	for from := 0; from < c.points()-1; from += crossingBlock {
		low, high := c.extent(from, min(from+crossingBlock, c.points()-1))
		s.tree.Insert(low, high, segment{int32(len(s.rings)), int32(from)}) //nolint:gosec // rings and vertices of one lake
		for k := range 2 {
			s.low[k], s.high[k] = min(s.low[k], low[k]), max(s.high[k], high[k])
		}
	}
	s.rings = append(s.rings, c)
}

// near calls with each segment of the shore whose block reaches into a box.
func (s *shore) near(low, high [2]float64, see func(ring *cleaned, at segment)) {
	s.tree.Search(low, high, func(_, _ [2]float64, from segment) bool {
		ring := &s.rings[from.line]
		for i := int(from.i); i < min(int(from.i)+crossingBlock, ring.points()-1); i++ {
			if ring.reaches(i, [2][2]float64{low, high}) {
				see(ring, segment{from.line, int32(i)}) //nolint:gosec // vertices of one ring
			}
		}
		return true
	})
}

// contains tells whether a position lies in the water: islands are land.
func (s *shore) contains(lon, lat float64) bool {
	in := false
	for r := range s.rings {
		c := &s.rings[r]
		for i := range c.points() - 1 {
			p, q := c.point(i), c.point(i+1)
			if (p[1] > lat) != (q[1] > lat) && lon < p[0]+(q[0]-p[0])*(lat-p[1])/(q[1]-p[1]) {
				in = !in
			}
		}
	}
	return in
}

// outside gives the parts of a line that do not run in a lake.
func (b *builder) outside(c *cleaned, s *shore, lake int) []cleaned {
	onShore := c.cutAt(s)
	last := c.points() - 1
	var cuts []int
	for i := range c.points() {
		if i == 0 || i == last || onShore[c.key(i)] {
			cuts = append(cuts, i)
		}
	}
	var out []cleaned
	dry := false // the part before is in out
	for k := 1; k < len(cuts); k++ {
		from, to := cuts[k-1], cuts[k]
		wet := s.contains(c.middleOfLongest(from, to))
		switch {
		case wet:
			b.report.LakeParts++
			b.report.LakeM += lref.Length(geom.NewLineStringFlat(c.Geom.Layout(), c.flat[from*c.stride:(to+1)*c.stride]))
			if dry {
				out[len(out)-1].lakes[1] = lake
			}
		case dry: // it only touched the shore
			out[len(out)-1] = c.joined(&out[len(out)-1], from, to)
		default:
			part := c.part(from, to)
			if from > 0 {
				part.lakes[0] = lake
			}
			out = append(out, part)
		}
		dry = !wet
	}
	for p := range out {
		b.markEnds(&out[p], s, lake)
	}
	return out
}

// cutAt gives a line a vertex at each place where it meets a shore, and tells those places.
func (c *cleaned) cutAt(s *shore) map[key]bool {
	met := map[key]bool{}
	var more []extra
	for i := range c.points() - 1 {
		low, high := c.extent(i, i+1)
		s.near(low, high, func(ring *cleaned, at segment) {
			for _, x := range appendMeetings(nil, c, ring, segment{0, int32(i)}, at) { //nolint:gosec // vertices of one line
				met[x.at] = true
				if x.at != c.key(i) && x.at != c.key(i+1) {
					more = append(more, c.extraAt(i, x.at))
				}
			}
			for _, k := range []key{ring.key(int(at.i)), ring.key(int(at.i) + 1)} {
				if k == c.key(i) || k == c.key(i+1) {
					met[k] = true
				}
			}
		})
	}
	if len(more) > 0 {
		c.insert(more)
	}
	return met
}

// middleOfLongest is the middle of the longest segment between two vertices: what is least in doubt of a part.
func (c *cleaned) middleOfLongest(from, to int) (lon, lat float64) {
	longest := -1.0
	for i := from; i < to; i++ {
		p, q := c.point(i), c.point(i+1)
		if d := math.Hypot(q[0]-p[0], q[1]-p[1]); d > longest {
			longest, lon, lat = d, (p[0]+q[0])/2, (p[1]+q[1])/2
		}
	}
	return lon, lat
}

// part is a line's part between two vertices. The vertices are the line's own array.
func (c *cleaned) part(from, to int) cleaned {
	out := *c
	out.flat = c.flat[from*c.stride : (to+1)*c.stride]
	out.source = make([]float64, 0, to-from+1)
	for i := from; i <= to; i++ {
		out.source = append(out.source, c.sourceAt(float64(i)))
	}
	out.lakes = [2]int{noLake, noLake}
	if from == 0 {
		out.lakes[0] = c.lakes[0]
	}
	if to == c.points()-1 {
		out.lakes[1] = c.lakes[1]
	}
	return out
}

// joined is a part with what follows it.
func (c *cleaned) joined(part *cleaned, from, to int) cleaned {
	rest := c.part(from, to)
	out := *part
	out.flat = slices.Concat(part.flat, rest.flat[c.stride:])
	out.source = slices.Concat(part.source, rest.source[1:])
	out.lakes[1] = rest.lakes[1]
	return out
}

// markEnds marks the ends that lie on a shore or within the tolerance of it.
func (b *builder) markEnds(c *cleaned, s *shore, lake int) {
	for k, i := range []int{0, c.points() - 1} {
		if c.lakes[k] != noLake {
			continue
		}
		p := c.point(i)
		low, high := c.box(i, i, b.opt.SnapM)
		s.near(low, high, func(ring *cleaned, at segment) {
			x, y, _ := ring.project(int(at.i), p[0], p[1])
			if keyOf(x, y) == c.key(i) || lref.Distance(p[0], p[1], x, y) <= b.opt.SnapM {
				c.lakes[k] = lake
			}
		})
	}
}

// addLake makes the site of a lake that a line ends in.
func (b *builder) addLake(lake int, s *shore) {
	for l := range b.lines {
		if slices.Contains(b.lines[l].lakes[:], lake) {
			lon, lat := s.surface()
			b.lakeSite[lake] = len(b.sites)
			b.sites = append(b.sites, site{lon: lon, lat: lat, lake: lake, parent: len(b.sites)})
			return
		}
	}
}

// surface is a position in the water: the middle of the widest stretch of it halfway between its south and its north.
func (s *shore) surface() (lon, lat float64) {
	lat = (s.low[1] + s.high[1]) / 2
	var at []float64
	for r := range s.rings {
		c := &s.rings[r]
		for i := range c.points() - 1 {
			if p, q := c.point(i), c.point(i+1); (p[1] > lat) != (q[1] > lat) {
				at = append(at, p[0]+(q[0]-p[0])*(lat-p[1])/(q[1]-p[1]))
			}
		}
	}
	slices.Sort(at)
	widest := -1.0
	for i := 1; i < len(at); i += 2 {
		if w := at[i] - at[i-1]; w > widest {
			widest, lon = w, (at[i]+at[i-1])/2
		}
	}
	if widest < 0 {
		return s.low[0], s.low[1] // parts north and south of it, or no area: a corner stands for the lake
	}
	return lon, lat
}
