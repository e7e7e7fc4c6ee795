package network

import (
	"cmp"
	"math"
	"slices"
)

// key is a position to 1e-9 degrees, a tenth of a millimetre: equal keys are one place.
type key struct{ x, y int64 }

func keyOf(lon, lat float64) key {
	return key{int64(math.Round(lon * 1e9)), int64(math.Round(lat * 1e9))}
}

func (k key) position() (lon, lat float64) { return float64(k.x) / 1e9, float64(k.y) / 1e9 }

func (k key) compare(o key) int { return cmp.Or(cmp.Compare(k.x, o.x), cmp.Compare(k.y, o.y)) }

// hash spreads a key over 64 bits (the finisher of splitmix64).
func (k key) hash() uint64 {
	h := uint64(k.x)*0x9e3779b97f4a7c15 ^ uint64(k.y)*0xc2b2ae3d27d4eb4f //nolint:gosec // bits, not amounts
	h = (h ^ h>>30) * 0xbf58476d1ce4e5b9
	h = (h ^ h>>27) * 0x94d049bb133111eb
	return h ^ h>>31
}

// site is a place where a line ends or at least three ways meet. Sites within the tolerance share a root, which is the
// node; only roots hold what a node is.
type site struct {
	lon, lat float64
	uses     int  // vertices of lines that lie here
	hasEnd   bool // a line ends here
	inner    bool // a line passes through here
	lake     int  // the lake that it is; noLake for a point
	parent   int
}

// vertex is one vertex of one line, found by its position's hash.
type vertex struct {
	hash    uint64
	line, i int32
}

// findSites looks for the places where lines are cut: each end, and each vertex where at least three ways leave. Two lines
// that share a stretch are thus cut where they part, not at each vertex between. One sort, no table of all positions.
func (b *builder) findSites() {
	total := 0
	for i := range b.lines {
		total += b.lines[i].points()
	}
	all := make([]vertex, 0, total)
	for l := range b.lines {
		for i := range b.lines[l].points() {
			if k := b.lines[l].lakeAt(i); k != noLake {
				b.lines[l].cuts = append(b.lines[l].cuts, cut{float64(i), b.lakeSite[k]})
				continue
			}
			all = append(all, vertex{b.lines[l].key(i).hash(), int32(l), int32(i)})
		}
	}
	slices.SortFunc(all, func(p, q vertex) int { return cmp.Compare(p.hash, q.hash) })
	for len(all) > 0 {
		n := 1
		for n < len(all) && all[n].hash == all[0].hash {
			n++
		}
		b.sameHash(all[:n])
		all = all[n:]
	}
	for i := range b.lines {
		slices.SortFunc(b.lines[i].cuts, func(p, q cut) int { return cmp.Compare(p.at, q.at) })
	}
}

// sameHash takes vertices of one hash, which are of one place but for a chance in 2^64.
func (b *builder) sameHash(vs []vertex) {
	if len(vs) == 1 {
		if b.isEnd(vs[0]) {
			b.addSite(vs)
		}
		return
	}
	byPlace := func(p, q vertex) int {
		return cmp.Or(b.keyAt(p).compare(b.keyAt(q)), cmp.Compare(p.line, q.line), cmp.Compare(p.i, q.i))
	}
	slices.SortFunc(vs, byPlace)
	for len(vs) > 0 {
		n := 1
		for n < len(vs) && b.keyAt(vs[n]) == b.keyAt(vs[0]) {
			n++
		}
		if slices.ContainsFunc(vs[:n], b.isEnd) || b.ways(vs[:n]) >= 3 {
			b.addSite(vs[:n])
		}
		vs = vs[n:]
	}
}

func (b *builder) keyAt(v vertex) key { return b.lines[v.line].key(int(v.i)) }

func (b *builder) isEnd(v vertex) bool { return v.i == 0 || int(v.i) == b.lines[v.line].points()-1 }

// lakeAt gives the lake that a vertex ends in.
func (c *cleaned) lakeAt(i int) int {
	switch i {
	case 0:
		return c.lakes[0]
	case c.points() - 1:
		return c.lakes[1]
	}
	return noLake
}

// ways counts the different vertices next to a place that no line ends at.
func (b *builder) ways(vs []vertex) int {
	next := make([]key, 0, 8)
	for _, v := range vs {
		for _, i := range []int{int(v.i) - 1, int(v.i) + 1} {
			if k := b.lines[v.line].key(i); !slices.Contains(next, k) {
				next = append(next, k)
			}
		}
	}
	return len(next)
}

func (b *builder) addSite(vs []vertex) {
	// Of positions that are equal to a key the least is taken, whichever line has it and whichever way that runs.
	at := slices.MinFunc(vs, func(p, q vertex) int {
		return slices.Compare(b.lines[p.line].point(int(p.i))[:2], b.lines[q.line].point(int(q.i))[:2])
	})
	p := b.lines[at.line].point(int(at.i))
	s := site{lon: p[0], lat: p[1], uses: len(vs), lake: noLake, parent: len(b.sites)}
	for _, v := range vs {
		if b.isEnd(v) {
			s.hasEnd = true
		} else {
			s.inner = true
		}
		c := &b.lines[v.line]
		c.cuts = append(c.cuts, cut{float64(v.i), len(b.sites)})
	}
	b.sites = append(b.sites, s)
}

// root gives the site that stands for a site's node.
func (b *builder) root(i int) int {
	for b.sites[i].parent != i {
		b.sites[i].parent = b.sites[b.sites[i].parent].parent
		i = b.sites[i].parent
	}
	return i
}

// componentsAtEnds counts what hangs together when lines join at equal ends only, as the source means it or not.
func (b *builder) componentsAtEnds() int {
	sets := newSets(len(b.sites))
	for i := range b.lines {
		cuts := b.lines[i].cuts
		sets.join(cuts[0].site, cuts[len(cuts)-1].site)
	}
	seen := map[int]bool{}
	for i := range b.lines {
		seen[sets.find(b.lines[i].cuts[0].site)] = true
	}
	return len(seen)
}

// sets is a union of disjoint sets; the least member stands for each.
type sets []int

func newSets(n int) sets {
	s := make(sets, n)
	for i := range s {
		s[i] = i
	}
	return s
}

func (s sets) find(i int) int {
	for s[i] != i {
		s[i] = s[s[i]]
		i = s[i]
	}
	return i
}

func (s sets) join(i, j int) {
	i, j = s.find(i), s.find(j)
	s[max(i, j)] = min(i, j)
}
