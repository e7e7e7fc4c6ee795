package network_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"hetu/geo"
	"hetu/geo/network"
)

var modes = []network.Mode{network.UpMain, network.UpAll, network.DownMain, network.DownAll}

// networks runs a check on ten thousand networks, on a thousand with -short.
func networks(t *testing.T, check func(t *testing.T, rng *rand.Rand, n plainNet, g *network.Graph)) {
	t.Helper()
	count := uint64(10000)
	if testing.Short() {
		count = 1000
	}
	for seed := range count {
		rng := rand.New(rand.NewPCG(seed, 16))
		n := wild(rng)
		g := graph(t, n.rows)
		check(t, rng, n, g)
		if t.Failed() {
			t.Fatalf("seed %d: %+v", seed, n.edges)
		}
	}
}

func graph(t testing.TB, rows network.Rows) *network.Graph {
	t.Helper()
	g, err := network.NewGraph(rows)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func place(t testing.TB, g *network.Graph, s plainStart) network.Place {
	t.Helper()
	p, err := g.AtNode(100 + s.node)
	if s.edge != 0 {
		p, err = g.OnEdge(s.edge, float64(s.mm)/1000)
	}
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func (l plainLimits) of(t testing.TB, g *network.Graph) network.Limits {
	t.Helper()
	lim := network.Limits{DistanceM: float64(l.max) / 1000}
	if l.marks != nil {
		stops, off := g.NewStops(l.marks)
		if len(off) > 0 {
			t.Fatalf("marks off the network: %v", off)
		}
		lim.Stops = stops
	}
	if l.within != nil {
		lim.Within = g.NewWithin(l.within)
	}
	return lim
}

func traced(t testing.TB, g *network.Graph, from network.Place, mode network.Mode, lim network.Limits) ([]network.Part, network.Sum) {
	t.Helper()
	tr, err := g.Trace(from, mode, lim)
	if err != nil {
		t.Fatal(err)
	}
	parts := slices.Collect(tr.All())
	return parts, tr.Sum()
}

func plainParts(parts []network.Part) []plainPart {
	out := make([]plainPart, 0, len(parts))
	for _, p := range parts {
		out = append(out, plainPart{p.Edge, mm(p.DistanceM), mm(p.FromM), mm(p.ToM), mm(p.LengthM), p.End})
	}
	return out
}

func plainHalts(halts []network.Halt) []plainHalt {
	out := make([]plainHalt, 0, len(halts))
	for _, h := range halts {
		out = append(out, plainHalt{h.Edge, mm(h.AtM), mm(h.DistanceM), h.End})
	}
	return out
}

// Every mode, with and without limits, tells the parts that the plain rounds tell, to the millimetre, nearest first.
func TestTraceIsThePlainOne(t *testing.T) {
	t.Parallel()
	networks(t, func(t *testing.T, rng *rand.Rand, n plainNet, g *network.Graph) {
		t.Helper()
		for _, mode := range modes {
			s, l := n.start(rng), n.limits(rng)
			parts, sum := traced(t, g, place(t, g, s), mode, l.of(t, g))
			if !slices.IsSortedFunc(parts, func(p, q network.Part) int { return int(mm(p.DistanceM) - mm(q.DistanceM)) }) {
				t.Errorf("%s from %+v: not in order of distance: %+v", mode, s, parts)
			}
			got := plainParts(parts)
			want, halts := n.trace(s, mode, l)
			slices.SortFunc(got, byEdge)
			slices.SortFunc(want, byEdge)
			if diff := cmp.Diff(want, got, cmp.AllowUnexported(plainPart{}), cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("%s from %+v with %+v: %s", mode, s, l, diff)
			}
			sortHalts := cmpopts.SortSlices(func(p, q plainHalt) bool { return p.edge < q.edge || p.edge == q.edge && p.dist < q.dist })
			if diff := cmp.Diff(halts, plainHalts(sum.Halts), cmp.AllowUnexported(plainHalt{}), cmpopts.EquateEmpty(), sortHalts); diff != "" {
				t.Errorf("%s from %+v with %+v: halts: %s", mode, s, l, diff)
			}
			total := int64(0)
			for _, p := range want {
				total += p.length
			}
			if sum.Parts != len(want) || mm(sum.LengthM) != total || sum.Truncated {
				t.Errorf("%s from %+v: got %+v, want %d parts, %d mm", mode, s, sum, len(want), total)
			}
		}
	})
}

// Without limits the ids are those of a recursive query; with limits those of the trace. None stands twice.
func TestIDsAreTheFixPoint(t *testing.T) {
	t.Parallel()
	networks(t, func(t *testing.T, rng *rand.Rand, n plainNet, g *network.Graph) {
		t.Helper()
		for _, mode := range modes {
			s, l := n.start(rng), n.limits(rng)
			from, lim := place(t, g, s), l.of(t, g)
			parts, _ := traced(t, g, from, mode, lim)
			want := make([]int64, 0, len(parts))
			for _, p := range parts {
				want = append(want, p.Edge)
			}
			slices.Sort(want)
			if got := ids(t, g, from, mode, lim); !slices.Equal(got, slices.Compact(want)) {
				t.Errorf("%s from %+v with %+v: got %v, want %v", mode, s, l, got, want)
			}
		}
		s := n.start(rng)
		for _, mode := range []network.Mode{network.UpAll, network.DownAll} {
			got, want := ids(t, g, place(t, g, s), mode, network.Limits{}), n.reached(s, mode == network.UpAll)
			if !slices.Equal(got, want) {
				t.Errorf("%s from %+v: got %v, want %v", mode, s, got, want)
			}
		}
	})
}

// Also where most is told without a walk: in networks that are nearly trees, from every node and edge.
func TestIDsOfTreesAreTheFixPoint(t *testing.T) {
	t.Parallel()
	for seed := range uint64(3000) {
		n := tame(rand.New(rand.NewPCG(seed, 17)))
		g := graph(t, n.rows)
		for _, e := range n.edges {
			for _, s := range []plainStart{{node: e.upper}, {node: e.lower}, {edge: e.id, mm: e.lo}, {edge: e.id, mm: e.hi}} {
				for _, mode := range []network.Mode{network.UpAll, network.DownAll} {
					got, want := ids(t, g, place(t, g, s), mode, network.Limits{}), n.reached(s, mode == network.UpAll)
					if !slices.Equal(got, want) {
						t.Fatalf("seed %d: %s from %+v: got %v, want %v: %+v", seed, mode, s, got, want, n.edges)
					}
				}
			}
		}
	}
}

func ids(t testing.TB, g *network.Graph, from network.Place, mode network.Mode, lim network.Limits) []int64 {
	t.Helper()
	got, err := g.IDs(nil, from, mode, lim)
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(got)
	return got
}

// A trace that is cut off tells the first parts of the whole one and where it would have gone on; one that its reader
// leaves early leaves nothing behind.
func TestTruncatedIsTheBeginning(t *testing.T) {
	t.Parallel()
	networks(t, func(t *testing.T, rng *rand.Rand, n plainNet, g *network.Graph) {
		t.Helper()
		s, l, mode := n.start(rng), n.limits(rng), modes[rng.IntN(4)]
		from, lim := place(t, g, s), l.of(t, g)
		whole, _ := traced(t, g, from, mode, lim)
		lim.Edges = 1 + rng.IntN(len(whole)+1)
		some, sum := traced(t, g, from, mode, lim)
		want := whole[:min(lim.Edges, len(whole))]
		if !slices.Equal(some, want) || sum.Truncated != (len(whole) > lim.Edges) {
			t.Errorf("%s from %+v: got %+v and %+v, want %+v", mode, s, some, sum, want)
		}
		if sum.Truncated && (sum.Next.Edge != whole[lim.Edges].Edge || sum.Next.DistanceM != whole[lim.Edges].DistanceM) {
			t.Errorf("%s from %+v: next is %+v, want %+v", mode, s, sum.Next, whole[lim.Edges])
		}
		tr, err := g.Trace(from, mode, network.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		for range tr.All() {
			break
		}
	})
}

// The order of the rows changes nothing at all, and the origin of the measures nothing but the measures.
func TestOrderAndOriginAreNothing(t *testing.T) {
	t.Parallel()
	networks(t, func(t *testing.T, rng *rand.Rand, n plainNet, g *network.Graph) {
		t.Helper()
		s, mode := n.start(rng), modes[rng.IntN(4)]
		want, _ := traced(t, g, place(t, g, s), mode, network.Limits{})
		other := plainNet{edges: slices.Clone(n.edges)}
		other.rows.Routes = slices.Clone(n.rows.Routes)
		other.fill(rng)
		g2 := graph(t, other.rows)
		if got, _ := traced(t, g2, place(t, g2, s), mode, network.Limits{}); !slices.Equal(got, want) {
			t.Errorf("another order of rows: got %+v, want %+v", got, want)
		}
		turned := n.turnedMeasures(rng)
		if s.edge != 0 {
			s.mm = turnAt - s.mm
		}
		g3 := graph(t, turned.rows)
		got, _ := traced(t, g3, place(t, g3, s), mode, network.Limits{})
		if !slices.Equal(inMeasures(want), inMeasures(got)) {
			t.Errorf("another origin: got %+v, want %+v", got, want)
		}
	})
}

const turnAt = 9_000_000_000

// turnedMeasures counts every route from its other end.
func (n plainNet) turnedMeasures(rng *rand.Rand) plainNet {
	out := plainNet{edges: slices.Clone(n.edges)}
	for i := range out.edges {
		e := &out.edges[i]
		e.lo, e.hi, e.rising = turnAt-e.hi, turnAt-e.lo, !e.rising
	}
	out.rows.Routes = slices.Clone(n.rows.Routes)
	for i := range out.rows.Routes {
		out.rows.Routes[i].Upstream = !out.rows.Routes[i].Upstream
	}
	out.fill(rng)
	return out
}

// inMeasures leaves of parts what does not depend on measures, in an order that does not either.
func inMeasures(parts []network.Part) []plainPart {
	out := plainParts(parts)
	for i := range out {
		out[i].lo, out[i].hi = 0, 0
	}
	slices.SortFunc(out, byEdge)
	return out
}

// A path is as long as the plain rounds say, hangs together, and begins and ends exactly at its places.
func TestPath(t *testing.T) {
	t.Parallel()
	networks(t, func(t *testing.T, rng *rand.Rand, n plainNet, g *network.Graph) {
		t.Helper()
		s, e := n.start(rng), n.start(rng)
		path, err := g.Path(place(t, g, s), place(t, g, e))
		want, ok := n.distance(s, e)
		if ok != (err == nil) || err != nil && geo.CodeOf(err) != geo.CodeRefused {
			t.Errorf("from %+v to %+v: got %v, want a path: %v", s, e, err, ok)
			return
		}
		at := int64(0)
		for i, p := range plainParts(path) {
			edge := n.edge(p.edge)
			if p.dist != at || p.length != edge.water(p.lo, p.hi) || p.length == 0 {
				t.Errorf("from %+v to %+v: part %d of %+v", s, e, i, path)
			}
			if at += p.length; i > 0 && n.edge(path[i-1].Edge).lower != edge.upper {
				t.Errorf("from %+v to %+v: torn at %d: %+v", s, e, i, path)
			}
		}
		if ok && at != want {
			t.Errorf("from %+v to %+v: %d mm, want %d: %+v", s, e, at, want, path)
		}
	})
}

// distance gives the shortest way down from one place to another.
func (n plainNet) distance(from, to plainStart) (int64, bool) {
	if from.edge != 0 && from.edge == to.edge {
		e := n.edge(from.edge)
		if d := e.water(e.entry(false), to.mm) - e.water(e.entry(false), from.mm); d >= 0 {
			return d, true
		}
	}
	goal, more := to.node, int64(0)
	if to.edge != 0 {
		e := n.edge(to.edge)
		goal, more = e.upper, e.water(e.entry(false), to.mm)
	}
	best, found := int64(0), false
	if from.edge == 0 && from.node == goal {
		return more, true
	}
	parts, _ := n.trace(from, network.DownAll, plainLimits{})
	for _, p := range parts {
		e := n.edge(p.edge)
		reaches := p.hi == e.hi && !e.rising || p.lo == e.lo && e.rising
		if p.end == network.GoesOn && reaches && e.lower == goal && (!found || p.dist+p.length < best) {
			best, found = p.dist+p.length, true
		}
	}
	return best + more, found
}
