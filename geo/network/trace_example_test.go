package network_test

import (
	"fmt"

	"hetu/geo/network"
)

// Up the water from K0+500 of a river, 1,200 m far: the river and its brook, each cut where the distance is used up.
func ExampleGraph_Trace() {
	g, err := network.NewGraph(network.Rows{
		Routes: []network.RouteRow{{ID: 1, Upstream: true}, {ID: 2, Upstream: true}},
		Edges: []network.EdgeRow{
			{ID: 11, Route: 1, FromM: 0, ToM: 1000, FromNode: 2, ToNode: 1, Main: true},
			{ID: 12, Route: 1, FromM: 1000, ToM: 3000, FromNode: 3, ToNode: 2, Main: true},
			{ID: 21, Route: 2, FromM: 0, ToM: 600, FromNode: 4, ToNode: 2, Main: true},
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	from, err := g.OnRoute(1, 500)
	if err != nil {
		fmt.Println(err)
		return
	}
	trace, err := g.Trace(from, network.UpAll, network.Limits{DistanceM: 1200})
	if err != nil {
		fmt.Println(err)
		return
	}
	for p := range trace.All() {
		fmt.Println("edge", p.Edge, "from", p.FromM, "to", p.ToM, "at", p.DistanceM, "for", p.LengthM, "m")
	}
	// Output:
	// edge 11 from 500 to 1000 at 0 for 500 m
	// edge 12 from 1000 to 1700 at 500 for 700 m
	// edge 21 from 0 to 600 at 500 for 600 m
}
