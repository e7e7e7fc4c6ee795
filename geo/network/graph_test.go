package network_test

import (
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hetu/geo"
	"hetu/geo/network"
)

// braided is a small network made by hand. 猫跳河 (route 1, measures from the mouth) runs 5 -> 4 -> 3 -> 2 -> 1 in edges of
// 1 km, numbered 11 at the mouth to 14. Edge 21 (route 2, 3 km) is its side channel from 4 to 2. 老马河 (route 3, 2 km, from
// the source) joins at 3 by edge 31. Edge 41 (route 4, 500 m) leads from 2 back up to 3, so 3 -> 2 -> 3 is a circle.
func braided() network.Rows {
	return network.Rows{
		Routes: []network.RouteRow{{ID: 1, River: 1, Order: 2, Upstream: true}, {ID: 2, River: 1, Order: 2, Upstream: true}, {ID: 3, Order: 1}, {ID: 4}},
		Edges: []network.EdgeRow{
			{ID: 11, Route: 1, FromM: 0, ToM: 1000, FromNode: 2, ToNode: 1, Main: true},
			{ID: 12, Route: 1, FromM: 1000, ToM: 2000, FromNode: 3, ToNode: 2, Main: true},
			{ID: 13, Route: 1, FromM: 2000, ToM: 3000, FromNode: 4, ToNode: 3, Main: true},
			{ID: 14, Route: 1, FromM: 3000, ToM: 4000, FromNode: 5, ToNode: 4, Main: true},
			{ID: 21, Route: 2, FromM: 0, ToM: 3000, FromNode: 4, ToNode: 2},
			{ID: 31, Route: 3, FromM: 0, ToM: 2000, FromNode: 6, ToNode: 3, Main: true},
			{ID: 41, Route: 4, FromM: 0, ToM: 500, FromNode: 2, ToNode: 3},
		},
		Nodes: []int64{9},
	}
}

// Acceptance scenario 16, figured by hand.
func TestTraceBraidWithALoop(t *testing.T) {
	t.Parallel()
	g := graph(t, braided())
	mouth, err := g.OnRoute(1, 0)
	if err != nil {
		t.Fatal(err)
	}
	source, err := g.AtNode(5)
	if err != nil {
		t.Fatal(err)
	}
	stops, _ := g.NewStops([]network.Mark{{ID: 7, Route: 1, AtM: 2500.001}, {ID: 8, Route: 3, AtM: 1234.567}})
	division := g.NewWithin([]network.Range{{Route: 1, FromM: 0, ToM: 2250.5}, {Route: 2, FromM: 0, ToM: 3000}})
	km := func(edge, route int64, from, to, dist, length float64, end network.End) network.Part {
		return network.Part{Edge: edge, Route: route, FromM: from, ToM: to, DistanceM: dist, LengthM: length, End: end}
	}
	falling := func(p network.Part) network.Part { p.Falling = true; return p }
	tests := []struct {
		name string
		from network.Place
		mode network.Mode
		lim  network.Limits
		want []network.Part
	}{
		{"UM from the mouth", mouth, network.UpMain, network.Limits{}, []network.Part{
			km(11, 1, 0, 1000, 0, 1000, ""), km(12, 1, 1000, 2000, 1000, 1000, ""), km(13, 1, 2000, 3000, 2000, 1000, ""), km(14, 1, 3000, 4000, 3000, 1000, ""),
		}},
		{"UT from the mouth", mouth, network.UpAll, network.Limits{}, []network.Part{
			km(11, 1, 0, 1000, 0, 1000, ""), km(12, 1, 1000, 2000, 1000, 1000, ""), km(21, 2, 0, 3000, 1000, 3000, ""), km(13, 1, 2000, 3000, 2000, 1000, ""),
			falling(km(31, 3, 0, 2000, 2000, 2000, "")), falling(km(41, 4, 0, 500, 2000, 500, "")), km(14, 1, 3000, 4000, 3000, 1000, ""),
		}},
		{"DM from the source", source, network.DownMain, network.Limits{}, []network.Part{
			falling(km(14, 1, 3000, 4000, 0, 1000, "")), falling(km(13, 1, 2000, 3000, 1000, 1000, "")), falling(km(12, 1, 1000, 2000, 2000, 1000, "")), falling(km(11, 1, 0, 1000, 3000, 1000, "")),
		}},
		{"DD, 1,500.001 m from the source", source, network.DownAll, network.Limits{DistanceM: 1500.001}, []network.Part{
			falling(km(14, 1, 3000, 4000, 0, 1000, "")), falling(km(13, 1, 2499.999, 3000, 1000, 500.001, network.Spent)), falling(km(21, 2, 2499.999, 3000, 1000, 500.001, network.Spent)),
		}},
		{"UT to the marks", mouth, network.UpAll, network.Limits{Stops: stops}, []network.Part{
			km(11, 1, 0, 1000, 0, 1000, ""), km(12, 1, 1000, 2000, 1000, 1000, ""), km(21, 2, 0, 3000, 1000, 3000, ""), km(13, 1, 2000, 2500.001, 2000, 500.001, network.Stopped),
			falling(km(31, 3, 1234.567, 2000, 2000, 765.433, network.Stopped)), falling(km(41, 4, 0, 500, 2000, 500, "")), km(14, 1, 3000, 4000, 4000, 1000, ""),
		}},
		{"UT within a division", mouth, network.UpAll, network.Limits{Within: division}, []network.Part{
			km(11, 1, 0, 1000, 0, 1000, ""), km(12, 1, 1000, 2000, 1000, 1000, ""), km(21, 2, 0, 3000, 1000, 3000, ""), km(13, 1, 2000, 2250.5, 2000, 250.5, network.Border),
		}},
	}
	for _, tt := range tests {
		got, _ := traced(t, g, tt.from, tt.mode, tt.lim)
		sortTies(got)
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s: %s", tt.name, diff)
		}
	}
}

// sortTies puts parts at one distance in order of edge, which the trace does not promise.
func sortTies(parts []network.Part) {
	slices.SortStableFunc(parts, func(p, q network.Part) int {
		if p.DistanceM != q.DistanceM {
			return 0
		}
		return int(p.Edge - q.Edge)
	})
}

func TestHaltsNameTheMarkAndTheBorder(t *testing.T) {
	t.Parallel()
	g := graph(t, braided())
	from, err := g.OnEdge(11, 400)
	if err != nil {
		t.Fatal(err)
	}
	dam, off := g.NewStops([]network.Mark{{ID: 1, Route: 1, AtM: 400}, {ID: 2, Route: 1, AtM: 2000}, {ID: 3, Route: 1, AtM: 4000.5}, {ID: 4, Route: 8}})
	if len(off) != 2 || off[0].ID != 3 || off[1].ID != 4 {
		t.Errorf("marks off the network: got %+v", off)
	}
	tributary, err := g.AtNode(6)
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name string
		from network.Place
		mode network.Mode
		lim  network.Limits
		want []network.Halt
	}{
		{"the start's own mark does not count", from, network.UpMain, network.Limits{Stops: dam}, []network.Halt{
			{End: network.Stopped, Edge: 12, Route: 1, AtM: 2000, DistanceM: 1600, Mark: 2},
		}},
		{"a tributary comes down on the mark before any of the river", tributary, network.DownAll, network.Limits{Stops: dam}, []network.Halt{
			{End: network.Stopped, Edge: 12, Route: 1, AtM: 2000, DistanceM: 2000, Mark: 2},
		}},
		{"the other river joins beyond the border", from, network.UpAll, network.Limits{Within: g.NewWithin([]network.Range{{Route: 1, FromM: -1, ToM: 9999}})}, []network.Halt{
			{End: network.Border, Edge: 21, Route: 2, AtM: 0, DistanceM: 600},
			{End: network.Border, Edge: 31, Route: 3, AtM: 2000, DistanceM: 1600},
			{End: network.Border, Edge: 41, Route: 4, AtM: 500, DistanceM: 1600},
		}},
	}
	for _, tt := range tests {
		_, sum := traced(t, g, tt.from, tt.mode, tt.lim)
		slices.SortFunc(sum.Halts, func(p, q network.Halt) int { return int(p.Edge - q.Edge) })
		if diff := cmp.Diff(tt.want, sum.Halts); diff != "" {
			t.Errorf("%s: %s", tt.name, diff)
		}
	}
}

// Where a tributary joins, a place on the main river has it upstream; a place at the tributary's own mouth has only itself.
func TestPlaceAtAConfluence(t *testing.T) {
	t.Parallel()
	g := graph(t, braided())
	tests := []struct {
		name string
		at   func() (network.Place, error)
		want []int64
	}{
		{"on the main river", func() (network.Place, error) { return g.OnRoute(1, 3000) }, []int64{14}},
		{"on the main river where the tributary joins", func() (network.Place, error) { return g.OnRoute(1, 2000) }, []int64{12, 13, 14, 21, 31, 41}},
		{"at the tributary's mouth", func() (network.Place, error) { return g.OnRoute(3, 2000) }, []int64{31}},
		{"at the end of an edge", func() (network.Place, error) { return g.OnEdge(13, 2000) }, []int64{13, 14}},
		{"at the start of an edge", func() (network.Place, error) { return g.OnEdge(13, 3000) }, []int64{13, 14}},
		{"at the source", func() (network.Place, error) { return g.OnRoute(3, 0) }, []int64{31}},
		{"at a node without edges", func() (network.Place, error) { return g.AtNode(9) }, nil},
	}
	for _, tt := range tests {
		p, err := tt.at()
		if err != nil {
			t.Fatal(err)
		}
		if got := ids(t, g, p, network.UpAll, network.Limits{}); !slices.Equal(got, tt.want) {
			t.Errorf("%s: got %v, want %v", tt.name, got, tt.want)
		}
	}
}

func TestRefused(t *testing.T) {
	t.Parallel()
	edge := network.EdgeRow{ID: 1, Route: 1, FromM: 0, ToM: 1, FromNode: 1, ToNode: 2}
	with := func(change func(e *network.EdgeRow)) []network.EdgeRow {
		e := edge
		change(&e)
		return []network.EdgeRow{e}
	}
	zero := 0.0
	for name, edges := range map[string][]network.EdgeRow{
		"twice":    {edge, edge},
		"no route": with(func(e *network.EdgeRow) { e.Route = 2 }),
		"falling":  with(func(e *network.EdgeRow) { e.FromM = 2 }),
		"NaN":      with(func(e *network.EdgeRow) { e.ToM = zero / zero }),
		"infinite": with(func(e *network.EdgeRow) { e.ToM = 1 / zero }),
		"length":   with(func(e *network.EdgeRow) { e.LengthM = -1 }),
		"too long": with(func(e *network.EdgeRow) { e.ToM = 4294968 }),
	} {
		if _, err := network.NewGraph(network.Rows{Routes: []network.RouteRow{{ID: 1}}, Edges: edges}); geo.CodeOf(err) != geo.CodeInvalid {
			t.Errorf("%s: got %v", name, err)
		}
	}
	g := graph(t, braided())
	for name, call := range map[string]func() error{
		"edge":             func() error { _, err := g.OnEdge(5, 0); return err },
		"node":             func() error { _, err := g.AtNode(7); return err },
		"route":            func() error { _, err := g.OnRoute(9, 0); return err },
		"beyond the route": func() error { _, err := g.OnRoute(1, 4000.02); return err },
		"beyond the edge":  func() error { _, err := g.OnEdge(11, 1000.01); return err },
		"NaN":              func() error { _, err := g.OnRoute(1, zero/zero); return err },
	} {
		if err := call(); geo.CodeOf(err) != geo.CodeNotFound {
			t.Errorf("%s: got %v", name, err)
		}
	}
	p, err := g.AtNode(1)
	if err != nil {
		t.Fatal(err)
	}
	for name, lim := range map[string]network.Limits{"distance": {DistanceM: -1}, "NaN": {DistanceM: zero / zero}, "edges": {Edges: -1}} {
		if _, err := g.Trace(p, network.UpAll, lim); geo.CodeOf(err) != geo.CodeInvalid {
			t.Errorf("%s: got %v", name, err)
		}
	}
	if _, err := g.Trace(p, "PP", network.Limits{}); geo.CodeOf(err) != geo.CodeInvalid {
		t.Errorf("mode: got %v", err)
	}
	other := graph(t, braided())
	if _, err := other.Trace(p, network.UpAll, network.Limits{}); geo.CodeOf(err) != geo.CodeInternal {
		t.Errorf("another graph's place: got %v", err)
	}
}

// What went in comes out, whatever the ids and the measures are.
func TestEdgeComesBack(t *testing.T) {
	t.Parallel()
	rows := network.Rows{
		Routes: []network.RouteRow{{ID: -1 << 63, Upstream: true}, {ID: 1<<63 - 1}},
		Edges: []network.EdgeRow{
			{ID: -1 << 63, Route: 1<<63 - 1, FromM: -0.001, ToM: 6_363_000.123, LengthM: 1, FromNode: 1<<63 - 1, ToNode: -1 << 63, Main: true},
			{ID: 1<<63 - 1, Route: -1 << 63, FromM: 999_999_999.999, ToM: 1_000_000_000, LengthM: 4294967, FromNode: 0, ToNode: 0},
		},
	}
	rows.Edges[0].ToM = 4_294_967.123 - 0.3
	g := graph(t, rows)
	for _, want := range rows.Edges {
		got, ok := g.Edge(want.ID)
		if diff := cmp.Diff(want, got); !ok || diff != "" {
			t.Error(diff)
		}
	}
	if _, ok := g.Edge(0); ok || g.Len() != 2 {
		t.Errorf("got %d edges", g.Len())
	}
	if empty := graph(t, network.Rows{}); empty.Len() != 0 {
		t.Error("a graph of nothing has something")
	}
}

// A calibrated edge is cut at the measure that was asked for, and its distances are of the water.
func TestCalibratedEdge(t *testing.T) {
	t.Parallel()
	g := graph(t, network.Rows{
		Routes: []network.RouteRow{{ID: 1, Upstream: true}},
		Edges:  []network.EdgeRow{{ID: 1, Route: 1, FromM: 1000, ToM: 2000, LengthM: 1037.2, FromNode: 2, ToNode: 1}},
	})
	from, err := g.OnEdge(1, 1250)
	if err != nil {
		t.Fatal(err)
	}
	stops, _ := g.NewStops([]network.Mark{{Route: 1, AtM: 1333.333}})
	parts, _ := traced(t, g, from, network.UpAll, network.Limits{Stops: stops})
	if p := parts[0]; p.FromM != 1250 || p.ToM != 1333.333 || p.LengthM != 86.433 {
		t.Errorf("to the mark: got %+v", p)
	}
	parts, _ = traced(t, g, from, network.UpAll, network.Limits{DistanceM: 100})
	if p := parts[0]; p.FromM != 1250 || p.ToM != 1346.413 || p.LengthM != 100 {
		t.Errorf("100 m: got %+v", p)
	}
	if d, ok := parts[0].DistanceAt(1300); !ok || d < 51.85 || d > 51.87 {
		t.Errorf("50 m of measures: got %v m", d)
	}
	if _, ok := parts[0].DistanceAt(1200); ok {
		t.Error("a measure before the part has a distance")
	}
}

// Many traces read one graph at once, and each finds its scratch clean.
func TestTracesAtOnce(t *testing.T) {
	t.Parallel()
	n := wild(rand.New(rand.NewPCG(3, 3)))
	g := graph(t, n.rows)
	var group sync.WaitGroup
	for k := range uint64(8) {
		group.Go(func() {
			rng := rand.New(rand.NewPCG(k, 5))
			for range 200 {
				s := n.start(rng)
				if got, want := ids(t, g, place(t, g, s), network.UpAll, network.Limits{}), n.reached(s, true); !slices.Equal(got, want) {
					t.Errorf("from %+v: got %v, want %v", s, got, want)
				}
			}
		})
	}
	group.Wait()
}

// A million edges, every second the head of a river of its own, fit in 50 MB. It is not parallel: it reads the heap.
func TestMillionEdgesFit(t *testing.T) {
	count := 1_000_000
	if testing.Short() {
		count = 100_000
	}
	rows, _ := basin(count, false)
	before := heap()
	g := graph(t, rows)
	after := heap()
	t.Logf("%d edges, %d routes: %d bytes by count, %d on the heap, %.1f an edge", g.Len(), len(rows.Routes), g.Bytes(), after-before, float64(g.Bytes())/float64(g.Len()))
	if limit := int64(50 * count); g.Len() < count || int64(g.Bytes()) > limit || after-before > limit {
		t.Errorf("got %d edges in %d bytes, %d on the heap", g.Len(), g.Bytes(), after-before)
	}
	runtime.KeepAlive(rows)
	runtime.KeepAlive(g)
}

func heap() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
