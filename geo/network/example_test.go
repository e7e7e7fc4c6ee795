package network_test

import (
	"fmt"

	"github.com/twpayne/go-geom"

	"hetu/geo/network"
)

// A brook ends inside the line of a river: the river is cut there and stays one route.
func ExampleBuild() {
	n, report := network.Build([]network.Line{
		{Index: 1, Group: "猫跳河", Geom: geom.NewLineStringFlat(geom.XY, []float64{106.40, 26.50, 106.41, 26.51, 106.42, 26.52})},
		{Index: 2, Group: "老马河", Geom: geom.NewLineStringFlat(geom.XY, []float64{106.42, 26.50, 106.41, 26.51})},
	}, network.Options{})
	fmt.Println(len(n.Edges), "edges,", len(report.Components), "component,", report.ComponentsAtEnds, "at ends only")
	for _, r := range n.Routes() {
		fmt.Println(r.Group, "has", len(r.Members), "edges; the last has order", n.Edges[r.Members[len(r.Members)-1].Edge].Order)
	}
	// Output:
	// 3 edges, 1 component, 2 at ends only
	// 猫跳河 has 2 edges; the last has order 2
	// 老马河 has 1 edges; the last has order 1
}
