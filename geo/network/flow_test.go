package network_test

import (
	"math"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/twpayne/go-geom"
	"pgregory.net/rapid"

	"hetu/geo/lref"
	"hetu/geo/network"
)

// slope gives a line heights that fall to the south-west, so that a height is a place's own.
func slope(l network.Line) network.Line {
	in := l.Geom.FlatCoords()
	var flat []float64
	for i := 0; i < len(in); i += 2 {
		flat = append(flat, in[i], in[i+1], math.Round((in[i]-106)*1e5)+math.Round((in[i+1]-26)*7e4))
	}
	l.Geom = geom.NewLineStringFlat(geom.XYZ, flat)
	return l
}

func flip(l network.Line) network.Line {
	in, stride := l.Geom.FlatCoords(), l.Geom.Stride()
	var flat []float64
	for i := len(in) - stride; i >= 0; i -= stride {
		flat = append(flat, in[i:i+stride]...)
	}
	l.Geom = geom.NewLineStringFlat(l.Geom.Layout(), flat)
	return l
}

// flipSome turns some lines round.
func flipSome(rt *rapid.T, lines []network.Line) []network.Line {
	out := slices.Clone(lines)
	for i := range out {
		if rapid.Bool().Draw(rt, "flip") {
			out[i] = flip(out[i])
		}
	}
	return out
}

// Scenario 18: with a direction from heights or from an outlet that is named the order of digitising changes no answer.
func TestFlippingALineIsNothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		lines := web(rt, true)
		opt := network.Options{Direction: network.Outfalls}
		for i := range lines { // one in each component that can be
			f := lines[i].Geom.FlatCoords()
			opt.Outlets = append(opt.Outlets, network.Outfall{Lon: f[0], Lat: f[1]})
		}
		if rapid.Bool().Draw(rt, "by height") {
			opt = network.Options{Direction: network.Elevation}
			for i := range lines {
				lines[i] = slope(lines[i])
			}
		}
		a, ra := network.Build(lines, opt)
		b, rb := network.Build(flipSome(rt, lines), opt)
		if diff := same(a, b); diff != "" {
			rt.Fatal(diff)
		}
		if diff := cmp.Diff(ra, rb, cmpopts.IgnoreUnexported(network.Component{}), cmpopts.EquateApprox(0, 1e-6), cmpopts.IgnoreFields(network.Directed{}, "Turned"),
			cmpopts.IgnoreFields(network.Duplicate{}, "Opposed"), cmpopts.IgnoreFields(network.Report{}, "Doubted"),
			cmp.Transformer("kind", func(k network.DoubtKind) string { // which of two lines that lie on each other ran the other way is digitising's
				if k == network.OpposedLine {
					k = network.DoubleLine
				}
				return string(k)
			})); diff != "" {
			rt.Fatal(diff)
		}
		if ra.Cycles != 0 {
			rt.Fatalf("water runs in %d circles", ra.Cycles)
		}
	})
}

// Whatever the order and direction of the lines, their lengths sum: what is no edge lies on one or was dropped and counted.
func TestLengthsSum(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		lines := web(rt, true)
		total := 0.0
		for _, l := range lines {
			total += lref.Length(l.Geom)
		}
		n, r := network.Build(rapid.Permutation(flipSome(rt, lines)).Draw(rt, "other order"), network.Options{SnapM: -1})
		m, _ := network.Build(lines, network.Options{SnapM: -1})
		sum := 0.0
		for _, e := range n.Edges {
			sum += e.LengthM
		}
		for _, d := range r.Doubts {
			if d.Kind == network.DoubleLine || d.Kind == network.OpposedLine {
				sum += d.Size
			}
		}
		if r.ZeroParts == 0 && math.Abs(sum-total) > 0.01 {
			rt.Fatalf("%v m of edges and doubles of %v m", sum, total)
		}
		if len(n.Nodes) != len(m.Nodes) || len(n.Edges) != len(m.Edges) {
			rt.Fatalf("%d nodes and %d edges, were %d and %d", len(n.Nodes), len(n.Edges), len(m.Nodes), len(m.Edges))
		}
	})
}

// tree draws a tree of lines whose way to the root, at 0 0, is known; each line is digitised either way.
func tree(rt *rapid.T) []network.Line {
	type place struct{ x, y float64 }
	at := []place{{0, 0}}
	var lines []network.Line
	for i := range rapid.IntRange(1, 30).Draw(rt, "lines") {
		down := at[rapid.IntRange(0, len(at)-1).Draw(rt, "down")]
		up := place{float64(i + 1), float64((i + 1) * (i + 1))} // on a parabola: no three on a line
		at = append(at, up)
		lines = append(lines, xy(i, "", up.x, up.y, down.x, down.y))
	}
	return lines
}

// Towards an outlet that is named every edge of a tree reaches it, and the way is the sum of the lengths.
func TestOutletIsReached(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		lines := flipSome(rt, tree(rt))
		n, r := network.Build(lines, network.Options{Crossings: network.CrossingsKeep, Outlets: []network.Outfall{{Lon: 106.4, Lat: 26.6}}})
		if r.Flow.Inner != r.Flow.Through && len(n.Edges) == len(lines) && outfalls(n) != 1 {
			rt.Fatalf("flow %+v", r.Flow)
		}
		for i := range n.Edges {
			sum, e := 0.0, i
			for len(n.OutOf(n.Edges[e].To)) > 0 {
				e = n.OutOf(n.Edges[e].To)[0]
				sum += n.Edges[e].LengthM
			}
			if v := n.Nodes[n.Edges[e].To]; math.Abs(v.Lon-106.4)+math.Abs(v.Lat-26.6) > 1e-9 {
				rt.Fatalf("edge %d ends at %v", i, v)
			}
			if math.Abs(sum-n.Edges[i].ToMouthM) > 1e-6 {
				rt.Fatalf("edge %d: %v m to the mouth, want %v", i, n.Edges[i].ToMouthM, sum)
			}
		}
		if want := []network.Directed{{By: network.Outfalls, Why: network.NamedOutlet, Components: 1, Edges: len(n.Edges), Turned: r.Directed[0].Turned, LengthM: r.Directed[0].LengthM}}; !cmp.Equal(want, r.Directed) {
			rt.Fatalf("got %+v", r.Directed)
		}
	})
}

func outfalls(n *network.Network) (count int) {
	for _, v := range n.Nodes {
		count += map[bool]int{true: 1}[v.Kind == network.Outlet]
	}
	return count
}

func heights(index int, at ...float64) network.Line {
	flat := make([]float64, len(at))
	for i := range at {
		flat[i] = []float64{106.4 + at[i]*1000*metre, 26.6 + at[i]*1000*metre, at[i]}[i%3]
	}
	return network.Line{Index: index, Geom: geom.NewLineStringFlat(geom.XYZ, flat)}
}

func TestDirectionIsChosen(t *testing.T) {
	t.Parallel()
	y := func(turned bool) []network.Line { // two brooks and the river below them; the second brook is turned or not
		second := xy(1, "", 0, -1, 1, 0)
		if turned {
			second = flip(second)
		}
		return []network.Line{xy(0, "", 0, 1, 1, 0), second, xy(2, "", 1, 0, 9, 0)}
	}
	blocked := []network.Line{xy(0, "", 0, 0, 5, 0), xy(1, "", 6, 0, 5, 0)}
	tests := []struct {
		name   string
		lines  []network.Line
		opt    network.Options
		by     network.Direction
		why    network.Reason
		turned int
		rises  int
	}{
		{"as digitised", y(false), network.Options{}, network.Digitised, network.GoodDrawing, 0, 0},
		{"a brook that was turned leaves no node blocked", y(true), network.Options{}, network.Digitised, network.GoodDrawing, 0, 0},
		{"two lines against each other: most metres win", blocked, network.Options{}, network.Outfalls, network.NothingElse, 1, 0},
		{"but when told so", blocked, network.Options{Direction: network.Digitised}, network.Digitised, network.Asked, 0, 0},
		{"a named outlet", y(true), network.Options{Outlets: []network.Outfall{{Lon: 106.4 + 9000*metre, Lat: 26.6}}}, network.Outfalls, network.NamedOutlet, 1, 0},
		{
			"heights",
			[]network.Line{heights(0, 0, 0, 10, 1, 0, 8), heights(1, 2, 0, 3, 1, 0, 8)},
			network.Options{},
			network.Elevation, network.GoodHeights, 1, 0,
		},
		{
			"heights that make a pit are not used",
			[]network.Line{heights(0, 0, 0, 10, 1, 0, 2), heights(1, 1, 0, 2, 2, 0, 8)},
			network.Options{},
			network.Digitised, network.GoodDrawing, 0, 1,
		},
		{
			"nor are heights of nought",
			[]network.Line{heights(0, 0, 0, 0, 1, 0, 0), heights(1, 1, 0, 0, 2, 0, 0)},
			network.Options{},
			network.Digitised, network.GoodDrawing, 0, 0,
		},
		{
			"heights of a terrain", y(true),
			network.Options{HeightFunc: func(lon, _ float64) (float64, bool) { return 200 - lon, true }},
			network.Elevation, network.GoodHeights, 1, 0,
		},
		{
			"a flat runs on to where it goes down",
			[]network.Line{heights(0, 0, 0, 5, 1, 0, 5), heights(1, 2, 0, 5, 1, 0, 5), heights(2, 2, 0, 5, 3, 0, 4)},
			network.Options{Direction: network.Elevation},
			network.Elevation, network.Asked, 1, 0,
		},
	}
	for _, tt := range tests {
		n, r := network.Build(tt.lines, tt.opt)
		if len(r.Directed) != 1 || r.Directed[0].By != tt.by || r.Directed[0].Why != tt.why || r.Directed[0].Turned != tt.turned || r.Doubted[network.Rise] != tt.rises {
			t.Errorf("%s: got %+v, rises %d", tt.name, r.Directed, r.Doubted[network.Rise])
		}
		if tt.by != network.Digitised && (r.Flow.Through != r.Flow.Inner || outfalls(n) != 1) {
			t.Errorf("%s: got flow %+v", tt.name, r.Flow)
		}
	}
	if _, r := network.Build(y(false), network.Options{Outlets: []network.Outfall{{Lon: 107, Lat: 26.6}}}); r.Doubted[network.FarOutlet] != 1 || r.Directed[0].By != network.Digitised {
		t.Errorf("an outlet far away: got %+v", r)
	}
}
