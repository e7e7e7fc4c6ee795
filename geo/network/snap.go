package network

import (
	"cmp"
	"math"
	"slices"

	"github.com/tidwall/rtree"

	"hetu/geo/lref"
)

// cluster makes one node of the sites that lie within the tolerance of each other. The one most vertices lie on keeps its
// place, so that what fits already is not moved.
func (b *builder) cluster() {
	if b.opt.SnapM <= 0 {
		return
	}
	order := make([]int, 0, len(b.sites))
	for i := range b.sites {
		if b.sites[i].lake == noLake {
			order = append(order, i)
		}
	}
	slices.SortFunc(order, func(i, j int) int {
		return cmp.Or(cmp.Compare(b.sites[i].lat, b.sites[j].lat), cmp.Compare(b.sites[i].lon, b.sites[j].lon))
	})
	groups := newSets(len(order)) // by rank in order
	band := b.opt.SnapM / shortestDegree
	for r, i := range order {
		for q := r + 1; q < len(order) && b.sites[order[q]].lat-b.sites[i].lat <= band; q++ {
			j := order[q]
			if b.near(b.sites[i].lon, b.sites[i].lat, b.sites[j].lon, b.sites[j].lat) {
				groups.join(r, q)
			}
		}
	}
	b.elect(order, groups)
}

// shortestDegree is less than the shortest degree of latitude in metres, so that a band in degrees is never too narrow.
const shortestDegree = 110000.0

// near tells whether two positions lie within the tolerance. The rough look first spares most of the exact ones.
func (b *builder) near(lon1, lat1, lon2, lat2 float64) bool {
	if math.Abs(lon1-lon2)*math.Cos(lat1*math.Pi/180)*shortestDegree > b.opt.SnapM+0.01 {
		return false
	}
	return lref.Distance(lon1, lat1, lon2, lat2) <= b.opt.SnapM
}

// elect hangs each group's sites under the one that stays where it is.
func (b *builder) elect(order []int, groups sets) {
	chosen := map[int]int{}
	for r, i := range order {
		g := groups.find(r)
		if was, ok := chosen[g]; !ok || b.sites[i].uses > b.sites[was].uses {
			chosen[g] = i
		}
	}
	for r, i := range order {
		at := chosen[groups.find(r)]
		if at == i {
			continue
		}
		s, to := &b.sites[i], &b.sites[at]
		s.parent = at
		to.uses += s.uses
		to.hasEnd, to.inner = to.hasEnd || s.hasEnd, to.inner || s.inner
		b.shifted(lref.Distance(s.lon, s.lat, to.lon, to.lat))
		b.report.SnappedEnds++
	}
}

func (b *builder) shifted(m float64) { b.report.LargestShiftM = max(b.report.LargestShiftM, m) }

// touch is a node that lies within the tolerance of the inside of a line.
type touch struct {
	site, line int
	at         []float64 // in vertices: more than one where the line passes the place again
	lon, lat   float64   // the nearest point of the line
	distM      float64
}

// blockSize is how many segments are looked at together when nodes near a line are sought.
const blockSize = 32

// snapOnto joins ends to lines that pass within the tolerance. The end moves onto the nearest line; where it may not,
// because another line passes through it, or passes near too, the line is bent to the node.
func (b *builder) snapOnto() {
	if b.opt.SnapM <= 0 {
		return
	}
	var tree rtree.RTreeG[int]
	for i, s := range b.sites {
		if s.parent == i && s.hasEnd {
			tree.Insert([2]float64{s.lon, s.lat}, [2]float64{s.lon, s.lat}, i)
		}
	}
	bySite := map[int][]touch{}
	var order []int
	for l := range b.lines {
		for _, t := range b.touches(&tree, l) {
			if len(bySite[t.site]) == 0 {
				order = append(order, t.site)
			}
			bySite[t.site] = append(bySite[t.site], t)
		}
	}
	for _, i := range order {
		b.attach(i, bySite[i])
	}
	for _, ts := range bySite {
		for _, t := range ts {
			slices.SortFunc(b.lines[t.line].cuts, func(p, q cut) int { return cmp.Compare(p.at, q.at) })
		}
	}
}

// attach cuts lines at a node they pass.
func (b *builder) attach(i int, ts []touch) {
	s := &b.sites[i]
	if !s.inner {
		nearest := slices.MinFunc(ts, func(p, q touch) int {
			return cmp.Or(cmp.Compare(math.Round(p.distM*1e6), math.Round(q.distM*1e6)), cmp.Compare(p.line, q.line))
		})
		b.shifted(nearest.distM)
		s.lon, s.lat, s.inner = nearest.lon, nearest.lat, true
	} else {
		for _, t := range ts {
			b.shifted(t.distM)
		}
	}
	for _, t := range ts {
		for _, at := range t.at {
			b.lines[t.line].cuts = append(b.lines[t.line].cuts, cut{at, i})
		}
	}
	b.report.SnappedOnto++
}

// touches finds the nodes near the inside of a line that it is not cut at yet; the nearest place for each.
func (b *builder) touches(tree *rtree.RTreeG[int], l int) []touch {
	c := &b.lines[l]
	var out []touch
	for from := 0; from < c.points()-1; from += blockSize {
		to := min(from+blockSize, c.points()-1)
		low, high := c.box(from, to, b.opt.SnapM)
		tree.Search(low, high, func(_, _ [2]float64, site int) bool {
			if slices.ContainsFunc(c.cuts, func(k cut) bool { return b.root(k.site) == site }) {
				return true
			}
			t, ok := b.nearest(c, from, to, b.sites[site].lon, b.sites[site].lat)
			if !ok {
				return true
			}
			t.site, t.line = site, l
			if at := slices.IndexFunc(out, func(o touch) bool { return o.site == site }); at < 0 {
				out = append(out, t)
			} else {
				out[at].add(t)
			}
			return true
		})
	}
	slices.SortFunc(out, func(p, q touch) int { return cmp.Compare(p.site, q.site) })
	return out
}

// box is the box of the vertices from..to, wider by a margin in metres.
func (c *cleaned) box(from, to int, marginM float64) (low, high [2]float64) {
	low, high = [2]float64{math.Inf(1), math.Inf(1)}, [2]float64{math.Inf(-1), math.Inf(-1)}
	for i := from; i <= to; i++ {
		p := c.point(i)
		low[0], low[1] = min(low[0], p[0]), min(low[1], p[1])
		high[0], high[1] = max(high[0], p[0]), max(high[1], p[1])
	}
	dy := max(0, marginM) / shortestDegree
	dx := dy / max(0.01, math.Cos(max(math.Abs(low[1]), math.Abs(high[1]))*math.Pi/180))
	return [2]float64{low[0] - dx, low[1] - dy}, [2]float64{high[0] + dx, high[1] + dy}
}

// nearest finds the nearest point of the segments from..to inside the line and within the tolerance. The ends of the line
// do not count: a node near those is the same node, or too far.
func (b *builder) nearest(c *cleaned, from, to int, lon, lat float64) (touch, bool) {
	best := touch{distM: math.Inf(1)}
	for i := from; i < to; i++ {
		x, y, t := c.project(i, lon, lat)
		at := float64(i) + t
		if at <= 0 || at >= float64(c.points()-1) || math.Abs(y-lat)*shortestDegree > b.opt.SnapM+0.01 {
			continue
		}
		if d := lref.Distance(lon, lat, x, y); d <= b.opt.SnapM {
			best.add(touch{at: []float64{at}, lon: x, lat: y, distM: d})
		}
	}
	return best, len(best.at) > 0
}

// add takes another place of the same line into account: the nearer one stays, of two as near the first on the map, and of
// one place all passes.
func (t *touch) add(o touch) {
	const asNear = 1e-6
	here, there := keyOf(t.lon, t.lat), keyOf(o.lon, o.lat)
	switch {
	case here == there && len(t.at) > 0:
		for _, at := range o.at {
			if !slices.Contains(t.at, at) {
				t.at = append(t.at, at)
			}
		}
	case o.distM < t.distM-asNear || (o.distM < t.distM+asNear && there.compare(here) < 0):
		t.at, t.lon, t.lat, t.distM = o.at, o.lon, o.lat, o.distM
	}
}

// project gives the point of the segment after vertex i that is nearest to a position, and its share of the segment. The
// arithmetic is the same whichever way the line was digitised.
func (c *cleaned) project(i int, lon, lat float64) (x, y, t float64) {
	p, q := c.point(i), c.point(i+1)
	turned := c.key(i+1).compare(c.key(i)) < 0
	if turned {
		p, q = q, p
	}
	kx := math.Cos(lat * math.Pi / 180)
	ax, ay, bx, by := (p[0]-lon)*kx, p[1]-lat, (q[0]-lon)*kx, q[1]-lat
	if l := (bx-ax)*(bx-ax) + (by-ay)*(by-ay); l > 0 {
		t = min(1, max(0, -(ax*(bx-ax)+ay*(by-ay))/l))
	}
	x, y = p[0]+(q[0]-p[0])*t, p[1]+(q[1]-p[1])*t
	if turned {
		t = 1 - t
	}
	return x, y, t
}
