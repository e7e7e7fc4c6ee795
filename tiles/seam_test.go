package tiles_test

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/paulmach/orb"
	"pgregory.net/rapid"

	"hetu/tiles"
	"hetu/tiles/mvttext"
)

// Any two neighbouring tiles agree on their common edge: not only where a line or a border crosses it, but in all that both
// of them draw, the width of both buffers. Compared are the segments within that strip, odd ones out: a spike is drawn there
// and back, and a polygon may lose one that it has no area to.
func TestNeighboursAgree(t *testing.T) {
	t.Parallel()
	for _, layer := range []string{"reach", "division"} {
		for axis, direction := range []string{"east", "south"} {
			t.Run(layer+" "+direction, func(t *testing.T) {
				t.Parallel()
				rapid.Check(t, func(rt *rapid.T) { neighboursAgree(rt, layer, axis) })
			})
		}
	}
}

func neighboursAgree(rt *rapid.T, layer string, axis int) {
	z := rapid.IntRange(9, 18).Draw(rt, "z")
	x := rapid.IntRange(1, 1<<z-3).Draw(rt, "x")
	y := rapid.IntRange(1, 1<<z-3).Draw(rt, "y")
	near := [2]int{x, y}
	next := near
	next[axis]++
	src := source{features: []tiles.Feature{feature(layer, 1, 0, drawShape(rt, layer, z, near), nil)}}
	one := strip(rt, src, layer, z, near, axis, 4096)
	two := strip(rt, src, layer, z, next, axis, 0)
	if diff := cmp.Diff(one, two); diff != "" {
		rt.Fatalf("tile %d/%v and its neighbour differ: %s", z, near, diff)
	}
}

// drawShape draws a line, or a polygon without crossings, about the corner of four tiles, often on what tiles are cut at.
func drawShape(rt *rapid.T, layer string, z int, near [2]int) orb.Geometry {
	unit := rapid.OneOf(rapid.Float64Range(-9000, 9000), rapid.Float64Range(3900, 4300), rapid.SampledFrom([]float64{-64, 0, 64, 4032, 4095.5, 4096, 4096.4, 4160}))
	n := rapid.IntRange(3, 40).Draw(rt, "n")
	var ls orb.LineString
	if layer == "reach" {
		for range n {
			ls = append(ls, at(z, near[0], near[1], unit.Draw(rt, "u"), unit.Draw(rt, "v")))
		}
		return ls
	}
	u, v := unit.Draw(rt, "u"), unit.Draw(rt, "v")
	for i := range n { // a star seen from u, v: its rim cannot cross itself
		sin, cos := math.Sincos(2 * math.Pi * float64(i) / float64(n))
		r := rapid.OneOf(rapid.Float64Range(20, 9000), rapid.Float64Range(20, 300)).Draw(rt, "r")
		ls = append(ls, at(z, near[0], near[1], u+r*cos, v+r*sin))
	}
	return orb.Polygon{orb.Ring(append(ls, ls[0]))}
}

// strip gives the segments of a tile within the strip about its edge, counted from the edge, that are there an odd number of
// times. edge is the edge's place in the tile. What lies on the rim of a tile's buffer is left out: a polygon is closed there.
func strip(rt *rapid.T, src tiles.Source, layer string, z int, tile [2]int, axis, edge int) []string {
	a, err := tiles.ParseAddress(layer, strconv.Itoa(z), strconv.Itoa(tile[0]), strconv.Itoa(tile[1]), day())
	if err != nil {
		rt.Fatal(err)
	}
	built, err := tiles.Build(rt.Context(), src, a)
	if err != nil {
		rt.Fatal(err)
	}
	features, err := mvttext.Decode(built.Data)
	if err != nil {
		rt.Fatal(err)
	}
	odd := map[string]bool{}
	for _, f := range features {
		for _, part := range f.Parts {
			for i := 1; i < len(part); i++ {
				p, q := part[i-1], part[i]
				p[axis] -= edge
				q[axis] -= edge
				if outside(p, q, axis) {
					continue
				}
				if slices.Compare(p[:], q[:]) > 0 {
					p, q = q, p
				}
				key := fmt.Sprint(p, q)
				if odd[key] {
					delete(odd, key)
				} else {
					odd[key] = true
				}
			}
		}
	}
	return slices.Sorted(maps.Keys(odd))
}

func outside(p, q [2]int, axis int) bool {
	other := 1 - axis
	for _, v := range []int{p[axis], q[axis]} {
		if v < -64 || v > 64 {
			return true
		}
	}
	rim := func(a, b, at int) bool { return a == at && b == at }
	return rim(p[axis], q[axis], -64) || rim(p[axis], q[axis], 64) || rim(p[other], q[other], -64) || rim(p[other], q[other], 4160)
}

// Two polygons that share a border share it in the tile, at every zoom, wherever their rings start and whichever way they run.
func TestSharedBordersStayShared(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		z := rapid.IntRange(3, 18).Draw(rt, "z")
		half := 1 << (z - 1)
		var border orb.LineString
		for i := range rapid.IntRange(2, 30).Draw(rt, "n") {
			border = append(border, at(z, half, half, rapid.Float64Range(500, 3500).Draw(rt, "u"), float64(i)*130+100))
		}
		last := len(border) - 1
		west := append(slices.Clone(border), at(z, half, half, 10, 3990), at(z, half, half, 10, 20), border[0])
		east := slices.Clone(border)
		slices.Reverse(east)
		east = append(orb.LineString{at(z, half, half, 4000, 3990)}, append(east, at(z, half, half, 4000, 20), at(z, half, half, 4000, 3990))...)
		src := source{features: []tiles.Feature{
			feature("division", 1, 0, orb.Polygon{orb.Ring(west)}, nil), feature("division", 2, 0, orb.Polygon{orb.Ring(east)}, nil),
		}}
		a, err := tiles.ParseAddress("division", strconv.Itoa(z), strconv.Itoa(half), strconv.Itoa(half), day())
		if err != nil {
			rt.Fatal(err)
		}
		if z > 14 {
			a.Set.Layers[0].MaxZoom = 18
		}
		built, err := tiles.Build(rt.Context(), src, a)
		if err != nil {
			rt.Fatal(err)
		}
		features, err := mvttext.Decode(built.Data)
		if err != nil {
			rt.Fatal(err)
		}
		seen := map[string]int{}
		for _, f := range features {
			ring := f.Parts[0]
			for i := 1; i < len(ring); i++ {
				p, q := ring[i-1], ring[i]
				if slices.Compare(p[:], q[:]) > 0 {
					p, q = q, p
				}
				seen[fmt.Sprint(p, q)]++
			}
		}
		shared := 0
		for _, n := range seen {
			if n == 2 {
				shared++
			}
		}
		if len(features) != 2 || shared < last {
			rt.Fatalf("%d features share %d of %d segments: %v", len(features), shared, last, features)
		}
	})
}
