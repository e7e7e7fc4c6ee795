package network_test

import (
	"math"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/twpayne/go-geom"

	"hetu/geo/network"
)

// Each kind of doubt names its place, its lines and its size.
func TestDoubts(t *testing.T) {
	t.Parallel()
	at := func(kind network.DoubtKind, x, y, size float64, lines ...int) network.Doubt {
		return network.Doubt{Kind: kind, Lon: 106.4 + x*1000*metre, Lat: 26.6 + y*1000*metre, Lines: lines, Size: size}
	}
	digitised := network.Options{Direction: network.Digitised}
	tests := []struct {
		name  string
		lines []network.Line
		opt   network.Options
		want  []network.Doubt
	}{
		{"a gap of three metres", []network.Line{xy(0, "", 0, 0, 2, 0), xy(1, "", 1, 1, 1, 0.003)}, network.Options{}, []network.Doubt{
			at(network.Apart, 1, 1, 995, 1), at(network.Gap, 1, 0.003, 3, 1, 0),
		}},
		{"six metres are none", []network.Line{xy(0, "", 0, 0, 2, 0), xy(1, "", 1, 1, 1, 0.006)}, network.Options{}, []network.Doubt{at(network.Apart, 1, 1, 992, 1)}},
		{"a stub of three metres", []network.Line{xy(0, "", 0, 0, 2, 0), xy(1, "", 1, 1, 1, -0.003)}, digitised, []network.Doubt{
			at(network.CrossingNoded, 1, 0, 0, 0, 1), at(network.Stub, 1, -0.003, 3, 1),
		}},
		{"blocked", []network.Line{xy(0, "", 0, 0, 0, 1), xy(1, "", 0, 2, 0, 1)}, digitised, []network.Doubt{at(network.BlockedNode, 0, 1, 1996, 0, 1)}},
		{"a circle", []network.Line{xy(0, "", 0, 0, 0, 1), xy(1, "", 0, 1, 0.5, 1, 0, 0)}, digitised, []network.Doubt{
			at(network.Circle, 0, 0, 2541, 0, 1), at(network.Loop, 0, 0, 2541, 0, 1),
		}},
		{"a braid", []network.Line{xy(0, "", 0, -1, 0, 0), xy(1, "", 0, 0, 0, 1), xy(2, "", 0, 0, 0.5, 0.5, 0, 1), xy(3, "", 0, 1, 0, 2)}, digitised, []network.Doubt{at(network.Loop, 0, 0, 2341, 1, 2)}},
		{"water that rises", []network.Line{heights(3, 0, 0, 5, 0, 1, 7.5)}, digitised, []network.Doubt{at(network.Rise, 0, 0, 2.5, 3)}},
		{"opposed", []network.Line{xy(0, "", 0, 0, 0, 1), xy(1, "", 0, 1, 0, 0)}, digitised, []network.Doubt{at(network.OpposedLine, 0, 0, 998, 0, 1)}},
	}
	for _, tt := range tests {
		_, r := network.Build(tt.lines, tt.opt)
		if diff := cmp.Diff(tt.want, r.Doubts, cmp.Comparer(func(a, b float64) bool {
			if a < 200 && a > 20 { // a position; the rest are metres
				return math.Abs(a-b) < 1e-7
			}
			return math.Abs(a-b) <= 0.005*a
		})); diff != "" {
			t.Errorf("%s: %s", tt.name, diff)
		}
	}
}

// A river parts in two of which each meets a brook, and one a cross channel: in such a loop the shorter way is a guess.
func TestLoopIsUndecided(t *testing.T) {
	t.Parallel()
	lines := []network.Line{
		xy(0, "", 0, 0, 1, 0), xy(1, "", 1, 0, 2, 1), xy(2, "", 2, 1, 3, 0), xy(3, "", 1, 0, 2, -1, 3, 0), xy(4, "", 3, 0, 4, 0), xy(5, "", 2, 2, 2, 1),
	}
	n, r := network.Build(lines, network.Options{Outlets: []network.Outfall{{Lon: 106.4 + 4000*metre, Lat: 26.6}}})
	if r.Doubted[network.Undecided] != 3 || r.Doubted[network.Loop] != 1 || r.Directed[0].Turned != 0 || outfalls(n) != 1 {
		t.Errorf("got %+v", r)
	}
	// An outlet has to be looked for, since the last line blocks the flow: the loop drains as it was digitised, and stays,
	// though from the brook's mouth the way back is the shorter one.
	lines[2] = xy(2, "", 2, 1, 2.9, 5, 3, 0)
	lines = append(lines, xy(6, "", 5, 0, 4, 0))
	n, r = network.Build(lines, network.Options{})
	if r.Directed[0].Why != network.NothingElse || r.Directed[0].Turned != 1 || r.Doubted[network.Undecided] != 0 || outfalls(n) != 1 {
		t.Errorf("got %+v", r)
	}
}

// More doubts than are listed are counted.
func TestDoubtsAreBounded(t *testing.T) {
	t.Parallel()
	var lines []network.Line
	for i := range network.MaxDoubts + 50 {
		lines = append(lines, xy(i, "", float64(i), 0, float64(i), 0.5))
	}
	_, r := network.Build(lines, network.Options{})
	if len(r.Doubts) != network.MaxDoubts || r.Doubted[network.Apart] != network.MaxDoubts+49 {
		t.Errorf("%d listed of %v", len(r.Doubts), r.Doubted)
	}
}

func lake(index int, at ...float64) network.Lake {
	return network.Lake{Index: index, Geom: geom.NewMultiPolygonFlat(geom.XY, xy(0, "", at...).Geom.FlatCoords(), [][]int{{len(at)}})}
}

// Two brooks end in a lake, one short of it, a river leaves it and another runs through: all meet in one node, what runs
// inside is left out, and inlet and outlet are as far from the mouth.
func TestLake(t *testing.T) {
	t.Parallel()
	pond := lake(7, 2, -1, 4, -1, 4, 1, 2, 1, 2, -1)
	lines := []network.Line{
		xy(0, "甲", 0, 0, 3, 0, 6, 0),     // through
		xy(1, "", 3, 3, 3, 0.5),          // ends inside
		xy(2, "", 3.5, 3, 3.5, 1.0005),   // ends half a metre short of it
		xy(3, "", 2.5, -3, 2.5, -1),      // ends on the shore
		xy(4, "", 2.2, -0.5, 2.2, 0.5),   // all in it
		xy(5, "乙", 0, 0.5, 2, 0.5, 0, 2), // touches it: passes by
	}
	n, r := network.Build(lines, network.Options{Lakes: []network.Lake{pond}})
	at := slices.IndexFunc(n.Nodes, func(v network.Node) bool { return v.Kind == network.LakeNode })
	if at < 0 || n.Nodes[at].Lake != 7 || len(n.Into(at)) != 4 || len(n.OutOf(at)) != 1 || len(n.Edges) != 6 {
		t.Fatalf("got %+v in, %+v", n.Nodes, n.Edges)
	}
	if r.LakeParts != 3 || r.LakeM < 3280 || r.LakeM > 3300 || r.Blocked != nil {
		t.Errorf("got %d parts, %v m, %+v", r.LakeParts, r.LakeM, r)
	}
	out := n.Edges[n.OutOf(at)[0]]
	if out.Line != 0 || out.Order != 2 || out.Start < 1 || out.End != 2 {
		t.Errorf("got %+v", out)
	}
	for _, i := range n.Into(at) {
		if n.Edges[i].ToMouthM != out.LengthM {
			t.Errorf("inlet %d is %v m from the mouth, the lake's outlet %v", i, n.Edges[i].ToMouthM, out.LengthM)
		}
	}
	if stem := n.Edges[n.Into(at)[0]]; stem.Line != 0 || stem.StemOf != out.StemOf {
		t.Errorf("the river goes on through the lake: got %+v", stem)
	}
	shore := out.Geom.FlatCoords()[:2]
	if diff := cmp.Diff([]float64{106.4 + 4000*metre, 26.6}, shore, cmpopts.EquateApprox(0, 1e-9)); diff != "" {
		t.Errorf("the outlet begins on the shore: %s", diff)
	}
	if routes := n.Routes(); len(routes) != 6 {
		t.Errorf("no route runs through a lake: got %d", len(routes))
	}
}

// A canal has order 1, raises none, and the main stem does not go up it, nor down it, where there is a river.
func TestCanalsAreNoRivers(t *testing.T) {
	t.Parallel()
	n, _ := network.Build([]network.Line{
		xy(0, "", 0, 1, 1, 0), xy(1, "", 0, -1, 1, 0), // two sources
		xy(2, "", 1, 0, 2, 0),
		of(network.Canal, xy(3, "", -9, 9, -5, 9, 2, 0)),                                          // a long canal joins
		xy(4, "", 2, 0, 3, 1),                                                                     // the river turns aside
		of(network.Canal, xy(5, "", 2, 0, 3, 0)),                                                  // a canal goes straight on
		xy(6, "", 3, 0, 4, 0),                                                                     // a river out of a canal
		xy(7, "丙", 0, 5, 1, 5), of(network.Canal, xy(8, "丙", 1, 5, 2, 5)), xy(9, "丁", 0, 6, 1, 5), // a river that is canalised
	}, network.Options{})
	orders := map[int]int{}
	main := map[int]bool{}
	stems := map[int]int{}
	for _, e := range n.Edges {
		orders[e.Line], main[e.Line], stems[e.Line] = e.Order, e.Main, n.Edges[e.StemOf].Line
	}
	if diff := cmp.Diff(map[int]int{0: 1, 1: 1, 2: 2, 3: 1, 4: 2, 5: 1, 6: 1, 7: 1, 8: 2, 9: 1}, orders); diff != "" {
		t.Error(diff)
	}
	if !main[4] || main[5] || stems[2] != 4 || stems[3] != 3 || stems[5] != 6 || stems[7] != 8 {
		t.Errorf("main %v, stems %v", main, stems)
	}
}
