package network_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/twpayne/go-geom"
	"pgregory.net/rapid"

	"hetu/geo/network"
)

// metre is about one metre in degrees of latitude.
const metre = 1 / 111000.0

func xy(index int, group string, at ...float64) network.Line {
	flat := make([]float64, len(at))
	for i := range at { // kilometres from a place near 清镇
		flat[i] = []float64{106.4, 26.6}[i%2] + at[i]*1000*metre
	}
	return network.Line{Index: index, Group: group, Geom: geom.NewLineStringFlat(geom.XY, flat)}
}

func of(kind network.LineKind, l network.Line) network.Line {
	l.Kind = kind
	return l
}

func TestBuild(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name         string
		lines        []network.Line
		edges, nodes int
		components   int
		check        func(r network.Report) bool
	}{
		{"nothing", nil, 0, 0, 0, func(r network.Report) bool { return r.Lines == 0 }},
		{
			"a T junction inside a line",
			[]network.Line{xy(0, "", 0, 0, 1, 0, 2, 0), xy(1, "", 1, 1, 1, 0)},
			3, 4, 1,
			func(r network.Report) bool { return r.ComponentsAtEnds == 2 && r.SnappedOnto == 0 },
		},
		{"two lines cross at a vertex", []network.Line{xy(0, "", 0, 0, 1, 0, 2, 0), xy(1, "", 1, 1, 1, 0, 1, -1)}, 4, 5, 1, nil},
		{
			"two rivers cross with no vertex",
			[]network.Line{xy(0, "", 0, 0, 2, 0), xy(1, "", 1, 1, 1, -1)},
			4, 5, 1,
			func(r network.Report) bool { return r.Doubted[network.CrossingNoded] == 1 },
		},
		{
			"a canal crosses a river: an aqueduct",
			[]network.Line{xy(0, "", 0, 0, 2, 0), of(network.Canal, xy(1, "", 1, 1, 1, -1))},
			2, 4, 2,
			func(r network.Report) bool {
				return cmp.Equal(r.Doubts[0], network.Doubt{Kind: network.CrossingKept, Lon: 106.4 + 1000*metre, Lat: 26.6, Lines: []int{0, 1}}, cmpopts.EquateApprox(0, 1e-9))
			},
		},
		{
			"a canal overshoots the river it ends in",
			[]network.Line{xy(0, "", 0, 0, 2, 0), of(network.Canal, xy(1, "", 1, 1, 1, -0.0005))},
			3, 4, 1,
			func(r network.Report) bool { return len(r.Doubts) == 0 && r.SnappedEnds == 1 },
		},
		{
			"a line crosses itself",
			[]network.Line{xy(0, "", 0, 0, 2, 0, 2, 1, 1, 1, 1, -1)},
			1, 2, 1,
			func(r network.Report) bool { return r.Cycles == 0 },
		},
		{
			"ends half a metre apart",
			[]network.Line{xy(0, "", 0, 0, 1, 0), xy(1, "", 1.0005, 0, 2, 0)},
			2, 3, 1,
			func(r network.Report) bool { return r.SnappedEnds == 1 && math.Abs(r.LargestShiftM-0.45) < 0.05 },
		},
		{
			"ends three metres apart",
			[]network.Line{xy(0, "", 0, 0, 1, 0), xy(1, "", 1.003, 0, 2, 0)},
			2, 4, 2,
			func(r network.Report) bool { return len(r.Dangling) == 4 },
		},
		{
			"an end half a metre from the inside of a line",
			[]network.Line{xy(0, "", 0, 0, 2, 0), xy(1, "", 1, 1, 1, 0.0005)},
			3, 4, 1,
			func(r network.Report) bool { return r.SnappedOnto == 1 && math.Abs(r.LargestShiftM-0.5) < 0.01 },
		},
		{
			"one line twice, and once backwards",
			[]network.Line{xy(0, "", 0, 0, 1, 0, 2, 1), xy(1, "", 0, 0, 1, 0, 2, 1), xy(2, "", 2, 1, 1, 0, 0, 0)},
			1, 2, 1,
			func(r network.Report) bool {
				return cmp.Equal(r.Duplicates, []network.Duplicate{{Kept: 0, Dropped: 1}, {Kept: 0, Dropped: 2, Opposed: true}})
			},
		},
		{
			"two lines share a stretch",
			[]network.Line{xy(0, "", 0, 0, 1, 0, 2, 0, 3, 0), xy(1, "", 0, 1, 1, 0, 2, 0, 3, 1)},
			5, 6, 1,
			func(r network.Report) bool { return len(r.Duplicates) == 1 },
		},
		{
			"points and stubs",
			[]network.Line{xy(0, "", 0, 0, 0, 0), xy(1, "", 0, 0, 0.0002, 0), {Index: 2}},
			0, 0, 0,
			func(r network.Report) bool { return cmp.Equal(r.ZeroLines, []int{0, 2}) && r.ZeroParts == 1 },
		},
		{"a ring", []network.Line{xy(0, "", 0, 0, 1, 0, 1, 1, 0, 0)}, 2, 2, 1, func(r network.Report) bool { return r.Rings == 1 && r.Cycles == 1 }},
	}
	for _, tt := range tests {
		n, r := network.Build(tt.lines, network.Options{})
		if len(n.Edges) != tt.edges || len(n.Nodes) != tt.nodes || len(r.Components) != tt.components {
			t.Errorf("%s: got %d edges, %d nodes, %d components", tt.name, len(n.Edges), len(n.Nodes), len(r.Components))
		}
		if tt.check != nil && !tt.check(r) {
			t.Errorf("%s: got %+v", tt.name, r)
		}
	}
}

// The minor path of a divergence has the order of the main one and raises nothing where they meet again.
func TestBraidRaisesNoOrder(t *testing.T) {
	t.Parallel()
	n, _ := network.Build([]network.Line{
		xy(0, "甲", 0, 1, 1, 0), xy(1, "", 0, -1, 1, 0), // two sources: order 2 below
		xy(2, "甲", 1, 0, 2, 0), xy(3, "", 1, 0, 1.5, 1, 2, 0), // the braid
		xy(4, "甲", 2, 0, 3, 0),
		xy(5, "", 1.5, 2, 1.5, 1), // a brook of order 1 into the minor path
	}, network.Options{})
	type told struct {
		Order       int
		Main, Minor bool
	}
	got := map[int][]told{}
	for _, e := range n.Edges {
		got[e.Line] = append(got[e.Line], told{e.Order, e.Main, e.Minor})
	}
	want := map[int][]told{
		0: {{1, true, false}}, 1: {{1, true, false}}, 2: {{2, true, false}},
		3: {{2, false, true}, {1, true, false}}, // the brook is a main path: below it the way is the brook's
		4: {{2, true, false}}, 5: {{1, true, false}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	routes := n.Routes()
	if len(routes) != 4 || routes[0].Group != "甲" || len(routes[0].Members) != 3 {
		t.Errorf("got %+v", routes)
	}
}

func TestRoutesKeepHeights(t *testing.T) {
	t.Parallel()
	z := func(index int, at ...float64) network.Line {
		return network.Line{Index: index, Group: "甲", Geom: geom.NewLineStringFlat(geom.XYZ, at)}
	}
	n, r := network.Build([]network.Line{z(0, 106, 26, 10, 106.1, 26, 8), z(1, 106.1, 26, 8, 106.2, 26, 4), {Index: 2, Geom: geom.NewLineStringFlat(geom.XYZ, []float64{106.15, 26.1, 9, 106.15, 26.0000001, 6})}}, network.Options{})
	routes := n.Routes()
	want := []float64{106, 26, 10, 106.1, 26, 8, 106.15, 26, 6, 106.2, 26, 4}
	if diff := cmp.Diff(want, routes[0].Geom.FlatCoords(), cmpopts.EquateApprox(0, 1e-9)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]network.Member{{0, 0, 1}, {1, 1, 2}, {2, 2, 3}}, routes[0].Members); diff != "" {
		t.Error(diff)
	}
	if r.Flow.Falls != 4 || r.Flow.Rises != 0 || r.Flow.Reversed() {
		t.Errorf("got %+v", r.Flow)
	}
}

// web draws lines between the points of a lattice with spacings far over the tolerance, so that ends meet, lines cross at
// vertices and share stretches. Where gaps is set, some lines stop a little short.
func web(rt *rapid.T, gaps bool) []network.Line {
	count := rapid.IntRange(1, 12).Draw(rt, "lines")
	var lines []network.Line
	for i := range count {
		x, y := rapid.IntRange(0, 5).Draw(rt, "x"), rapid.IntRange(0, 5).Draw(rt, "y")
		at := []float64{float64(x), float64(y)}
		heading := rapid.IntRange(0, 7).Draw(rt, "heading")
		for range rapid.IntRange(1, 5).Draw(rt, "steps") { // any turn but right back
			heading += rapid.IntRange(-3, 3).Draw(rt, "turn") + 8
			x, y = x+[]int{1, 1, 0, -1, -1, -1, 0, 1}[heading%8], y+[]int{0, 1, 1, 1, 0, -1, -1, -1}[heading%8]
			at = append(at, float64(x), float64(y))
		}
		if gaps && rapid.Bool().Draw(rt, "short") {
			at[0] += 0.0003
		}
		lines = append(lines, xy(i, []string{"", "甲", "乙"}[i%3], at...))
	}
	return lines
}

func turned(l network.Line) network.Line {
	in := l.Geom.FlatCoords()
	var flat []float64
	for i := len(in) - 2; i >= 0; i -= 2 {
		flat = append(flat, in[i], in[i+1])
	}
	l.Geom = geom.NewLineStringFlat(geom.XY, flat)
	return l
}

// same compares networks but for how their lines had been digitised.
func same(a, b *network.Network) string {
	return cmp.Diff(a, b, cmpopts.IgnoreUnexported(network.Network{}, network.Edge{}), cmpopts.IgnoreFields(network.Edge{}, "Start", "End", "Against"),
		cmpopts.EquateApprox(0, 1e-9), cmp.Comparer(func(p, q *geom.LineString) bool {
			return cmp.Equal(p.FlatCoords(), q.FlatCoords(), cmpopts.EquateApprox(0, 1e-9))
		}))
}

func TestDigitisingOrderIsNothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		lines := web(rt, true)
		var back []network.Line
		for _, l := range lines {
			back = append(back, turned(l))
		}
		a, ra := network.Build(lines, network.Options{})
		b, rb := network.Build(back, network.Options{Against: true})
		if diff := same(a, b); diff != "" {
			rt.Fatal(diff)
		}
		if diff := cmp.Diff(ra, rb, cmpopts.IgnoreUnexported(network.Component{}), cmpopts.EquateApprox(0, 1e-6)); diff != "" {
			rt.Fatal(diff)
		}
	})
}

func TestOrderOfLinesIsNothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		lines := web(rt, true)
		a, ra := network.Build(lines, network.Options{})
		b, rb := network.Build(rapid.Permutation(lines).Draw(rt, "other order"), network.Options{})
		if diff := same(a, b); diff != "" {
			rt.Fatal(diff)
		}
		if diff := cmp.Diff(ra, rb, cmpopts.IgnoreUnexported(network.Component{})); diff != "" {
			rt.Fatal(diff)
		}
	})
}

// A line in two pieces is the same river: the components, their lengths and what is not a joint stay.
func TestSplittingALineIsNothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		lines := web(rt, false) // a line that begins inside a segment is noded there, and at a new end on its way
		at := rapid.IntRange(0, len(lines)-1).Draw(rt, "line")
		flat := lines[at].Geom.FlatCoords()
		if len(flat) < 6 {
			return
		}
		v := rapid.IntRange(1, len(flat)/2-2).Draw(rt, "vertex")
		split := slices.Clone(lines)
		split[at].Geom = geom.NewLineStringFlat(geom.XY, flat[:2*v+2])
		rest := lines[at]
		rest.Index, rest.Geom = len(lines), geom.NewLineStringFlat(geom.XY, flat[2*v:])
		split = append(split, rest)
		// A new end may snap what an inner vertex did not, and two lines meet where one only crosses itself.
		exact := network.Options{SnapM: -1, Crossings: network.CrossingsKeep}
		_, a := network.Build(lines, exact)
		_, b := network.Build(split, exact)
		if len(a.Components) != len(b.Components) || a.ZeroParts != b.ZeroParts {
			rt.Fatalf("got %+v, want %+v", b, a)
		}
		for i := range a.Components {
			if math.Abs(a.Components[i].LengthM-b.Components[i].LengthM) > 0.01 {
				rt.Fatalf("component %d: %v m, was %v m", i, b.Components[i].LengthM, a.Components[i].LengthM)
			}
		}
	})
}

// brooks makes a tree of n lines of 32 vertices, each flowing into the inside of a neighbour on a lattice.
func brooks(n int) []network.Line {
	const wide, step = 320, 0.02
	r := rand.New(rand.NewPCG(1, 2))
	lines := make([]network.Line, 0, n)
	for i := range n {
		x, y := i%wide, i/wide
		lon, lat := 100+(float64(x)+r.Float64()/2)*step, 25+(float64(y)+r.Float64()/2)*step
		flat := make([]float64, 0, 64)
		toLon, toLat := lon+step/2, lat+step/2
		if i > 0 {
			parent := i - 1
			if x == 0 || (y > 0 && r.IntN(2) == 0) {
				parent = i - wide
			}
			f := lines[parent].Geom.FlatCoords()
			toLon, toLat = f[20], f[21]
		}
		for v := range 32 {
			t := float64(v) / 31
			flat = append(flat, lon+(toLon-lon)*t, lat+(toLat-lat)*t+0.001*math.Sin(3*math.Pi*t)*math.Sin(math.Pi*t))
		}
		flat[62], flat[63] = toLon, toLat
		lines = append(lines, network.Line{Index: i, Geom: geom.NewLineStringFlat(geom.XY, flat)})
	}
	return lines
}

// 20,000 lines of 32 vertices take half a second; the limit only catches what grows with the square.
func TestManyLines(t *testing.T) {
	t.Parallel()
	lines := brooks(20000)
	began := time.Now()
	n, r := network.Build(lines, network.Options{})
	took := time.Since(began)
	t.Logf("%d lines, %d edges in %v; snapped %d and %d; %d routes", len(lines), len(n.Edges), took, r.SnappedEnds, r.SnappedOnto, len(n.Routes()))
	if len(r.Components) != 1 || r.Flow.Through != r.Flow.Inner || r.Flow.Reversed() {
		t.Errorf("%d components, flow %+v", len(r.Components), r.Flow)
	}
	if took > time.Minute {
		t.Errorf("took %v", took)
	}
}

// What a million lines would take is measured on 200,000, outside of the tests: go test -bench Build -benchtime 1x.
func BenchmarkBuild(b *testing.B) {
	lines := brooks(200000)
	for b.Loop() {
		network.Build(lines, network.Options{})
	}
}
