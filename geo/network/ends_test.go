package network_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"hetu/geo/network"
)

// From before an edge all modes tell that edge first and whole, whichever way the measures grow.
func TestBeforeAnEdge(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(3, 7))
	for range 500 {
		n := wild(rng)
		g := graph(t, n.rows)
		for _, e := range n.rows.Edges {
			torn := slices.ContainsFunc(n.rows.Edges, func(o network.EdgeRow) bool { // two edges of a route at one measure
				return o.ID != e.ID && o.Route == e.Route && o.FromM < e.ToM && o.ToM > e.FromM
			})
			for _, mode := range []network.Mode{network.UpMain, network.UpAll, network.DownMain, network.DownAll} {
				from, err := g.Before(network.Range{Route: e.Route, FromM: e.FromM, ToM: e.ToM}, mode)
				if err != nil {
					t.Fatal(err)
				}
				parts, _ := traced(t, g, from, mode, network.Limits{})
				if p := parts[0]; !torn && (p.Edge != e.ID || p.FromM != e.FromM || p.ToM != e.ToM || p.DistanceM != 0) {
					t.Fatalf("%s from edge %+v: %+v", mode, e, p)
				}
			}
		}
	}
}

func TestEndsOfARoute(t *testing.T) {
	t.Parallel()
	g := graph(t, braided())
	for route, want := range map[int64][2]float64{1: {4000, 0}, 2: {3000, 0}, 3: {0, 2000}} {
		if upper, lower, ok := g.Ends(route); !ok || upper != want[0] || lower != want[1] {
			t.Errorf("route %d: %v to %v, want %v", route, upper, lower, want)
		}
	}
	if _, _, ok := g.Ends(9); ok {
		t.Error("there is no route 9")
	}
	for _, part := range []network.Range{{Route: 9, FromM: 0, ToM: 1}, {Route: 1, FromM: -5, ToM: -1}, {Route: 1, FromM: 4000.02, ToM: 5000}} {
		if _, err := g.Before(part, network.UpMain); err == nil {
			t.Errorf("%+v is on the network", part)
		}
	}
	if _, err := g.Before(network.Range{Route: 1, FromM: -0.004, ToM: 4000.007}, network.DownMain); err != nil {
		t.Error(err)
	}
}

// One slack holds for all that is placed: a stored measure a centimetre off the end of a route means the end, for a start, for a mark
// and for what lies on a part; two centimetres off it is off.
func TestSlackAtTheEnds(t *testing.T) {
	t.Parallel()
	g := graph(t, braided())
	for _, tt := range []struct {
		m, end float64
		on     bool
	}{{4000, 4000, true}, {4000.005, 4000, true}, {4000.01, 4000, true}, {4000.02, 4000, false}, {-0.005, 0, true}, {-0.01, 0, true}, {-0.02, 0, false}} {
		if _, err := g.OnRoute(1, tt.m); (err == nil) != tt.on {
			t.Errorf("a start at %v: %v", tt.m, err)
		}
		other, mode := 2500.0, network.UpMain
		if tt.end == 0 {
			mode = network.DownMain
		}
		from, err := g.OnRoute(1, other)
		if err != nil {
			t.Fatal(err)
		}
		stops, off := g.NewStops([]network.Mark{{ID: 7, Route: 1, AtM: tt.m}})
		if (len(off) == 0) != tt.on {
			t.Errorf("a mark at %v: off are %v", tt.m, off)
		}
		parts, sum := traced(t, g, from, mode, network.Limits{Stops: stops})
		if tt.on && (len(sum.Halts) != 1 || sum.Halts[0].AtM != tt.end || sum.Halts[0].Mark != 7) || !tt.on && len(sum.Halts) != 0 {
			t.Errorf("a mark at %v: halts %+v", tt.m, sum.Halts)
		}
		last := parts[len(parts)-1]
		if d, ok := last.DistanceAt(tt.m); ok != tt.on || ok && d != last.DistanceM+last.LengthM {
			t.Errorf("what lies at %v: %v m, %v", tt.m, d, ok)
		}
	}
}
