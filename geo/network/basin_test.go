package network_test

import (
	"math/rand/v2"
	"testing"

	"hetu/geo/network"
)

// basin makes one tree of so many edges and more, with a side channel beside each hundredth: a random binary tree (Rémy), as
// river networks without other cause have it. At each confluence the larger river goes on. It also gives an edge above
// which about a tenth of the tree lies. Ids go down river after river, or, scattered, at random.
func basin(edges int, scattered bool) (rows network.Rows, tenth int64) {
	b := &basinMaker{rng: rand.New(rand.NewPCG(1, 2)), want: edges}
	b.grow()
	b.weigh()
	b.rivers()
	if scattered {
		b.scatter()
	}
	best := 0
	for v := range b.size {
		if b.size[v] >= edges/10 && (best == 0 || b.size[v] < b.size[best]) {
			best = v
		}
	}
	return b.rows, b.rows.Edges[b.edge[best]].ID
}

type basinMaker struct {
	rng    *rand.Rand
	want   int
	kids   [][2]int // 0: a source
	parent []int
	size   []int // edges above and with it
	edge   []int // of each tree node, the edge below it
	rows   network.Rows
}

// grow puts a new source beside a node at random, over and over. Node 1 and up; node 0 is the mouth.
func (b *basinMaker) grow() {
	b.kids, b.parent = [][2]int{{1, 0}, {}}, []int{0, 0}
	for len(b.kids) < b.want {
		v := 1 + b.rng.IntN(len(b.kids)-1)
		u, source := len(b.kids), len(b.kids)+1
		p := b.parent[v]
		if b.kids[p][0] == v {
			b.kids[p][0] = u
		} else {
			b.kids[p][1] = u
		}
		b.kids = append(b.kids, [2]int{v, source}, [2]int{})
		b.parent = append(b.parent, p, u)
		b.parent[v] = u
	}
}

func (b *basinMaker) weigh() {
	b.size, b.edge = make([]int, len(b.kids)), make([]int, len(b.kids))
	stack, order := []int{b.kids[0][0]}, []int{}
	for len(stack) > 0 {
		v := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		order = append(order, v)
		if b.kids[v][0] != 0 {
			stack = append(stack, b.kids[v][0], b.kids[v][1])
		}
	}
	for i := len(order) - 1; i >= 0; i-- {
		v := order[i]
		b.size[v] = 1
		if k := b.kids[v]; k[0] != 0 {
			b.size[v] += b.size[k[0]] + b.size[k[1]]
		}
	}
}

// rivers makes a route of each way up along the larger kids.
func (b *basinMaker) rivers() {
	heads := []int{b.kids[0][0]}
	for len(heads) > 0 {
		v := heads[len(heads)-1]
		heads = heads[:len(heads)-1]
		route, at := int64(len(b.rows.Routes)+1), 0.0
		b.rows.Routes = append(b.rows.Routes, network.RouteRow{ID: route, River: route, Upstream: true})
		for v != 0 {
			at = b.link(v, route, at)
			k := b.kids[v]
			if b.size[k[0]] < b.size[k[1]] {
				k[0], k[1] = k[1], k[0]
			}
			if k[1] != 0 {
				heads = append(heads, k[1])
			}
			v = k[0]
		}
	}
}

func (b *basinMaker) link(v int, river int64, at float64) float64 {
	length := float64(200_000+b.rng.IntN(2_000_000)) / 1000
	e := network.EdgeRow{
		ID: int64(len(b.rows.Edges) + 1), Route: river, FromM: at, ToM: at + length,
		FromNode: int64(len(b.rows.Edges) + 2), ToNode: b.nodeBelow(v), Main: true,
	}
	b.edge[v] = len(b.rows.Edges)
	b.rows.Edges = append(b.rows.Edges, e)
	if b.rng.IntN(100) == 0 {
		side := int64(len(b.rows.Routes) + 1)
		b.rows.Routes = append(b.rows.Routes, network.RouteRow{ID: side, River: river, Upstream: true})
		e.ID, e.Route, e.FromM, e.ToM, e.Main = e.ID+1, side, 0, length*1.1, false
		b.rows.Edges = append(b.rows.Edges, e)
	}
	return at + length
}

// nodeBelow is numbered as the edge below it was, when that was made.
func (b *basinMaker) nodeBelow(v int) int64 {
	if p := b.parent[v]; p > 0 {
		return b.rows.Edges[b.edge[p]].FromNode
	}
	return 1
}

// scatter gives edges and nodes ids at random.
func (b *basinMaker) scatter() {
	ids, nodes := b.rng.Perm(len(b.rows.Edges)), b.rng.Perm(len(b.rows.Edges)+3)
	for i := range b.rows.Edges {
		e := &b.rows.Edges[i]
		e.ID, e.FromNode, e.ToNode = int64(ids[i]+1), int64(nodes[e.FromNode]+1), int64(nodes[e.ToNode]+1)
	}
}

// Traces over a million edges: all upstream of the mouth, and the tenth above one edge.
func BenchmarkTrace(b *testing.B) {
	for _, scattered := range []bool{false, true} {
		rows, tenth := basin(1_000_000, scattered)
		g := graph(b, rows)
		mouth, err := g.OnRoute(1, 0)
		if err != nil {
			b.Fatal(err)
		}
		row, _ := g.Edge(tenth)
		inside, err := g.OnEdge(tenth, row.FromM)
		if err != nil {
			b.Fatal(err)
		}
		name := map[bool]string{false: "ids by river", true: "ids at random"}[scattered]
		for at, from := range map[string]network.Place{"mouth": mouth, "tenth": inside} {
			b.Run(name+"/"+at, func(b *testing.B) { benchmarkTraces(b, g, from) })
		}
	}
}

func benchmarkTraces(b *testing.B, g *network.Graph, from network.Place) {
	b.Run("IDs", func(b *testing.B) {
		b.ReportAllocs()
		var dst []int64
		for b.Loop() {
			var err error
			if dst, err = g.IDs(dst[:0], from, network.UpAll, network.Limits{}); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(len(dst)), "edges")
	})
	b.Run("ordered", func(b *testing.B) {
		b.ReportAllocs()
		count := 0
		for b.Loop() {
			tr, err := g.Trace(from, network.UpAll, network.Limits{})
			if err != nil {
				b.Fatal(err)
			}
			count = 0
			for range tr.All() {
				count++
			}
		}
		b.ReportMetric(float64(count), "edges")
	})
	b.Run("first", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			tr, err := g.Trace(from, network.UpAll, network.Limits{})
			if err != nil {
				b.Fatal(err)
			}
			for range tr.All() {
				break
			}
		}
	})
}

func BenchmarkNewGraph(b *testing.B) {
	rows, _ := basin(1_000_000, false)
	b.ReportAllocs()
	for b.Loop() {
		graph(b, rows)
	}
}
