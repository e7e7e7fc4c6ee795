package atlas_test

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"hetu/tiles"
	"hetu/tiles/atlas"
	"hetu/tiles/mvttext"
)

// Any two neighbouring tiles agree on their common edge: what meets it meets it at the same places in both, and what lies on
// this side of both buffers is drawn alike but for where a buffer ends.
func TestNeighboursAgree(t *testing.T) {
	t.Parallel()
	for _, layer := range []string{"reach", "division"} {
		for _, grid := range []tiles.Grid{tiles.WebMercatorQuad, tiles.CGCS2000Quad} {
			for axis, direction := range []string{"east", "south"} {
				t.Run(fmt.Sprint(layer, " ", grid, " ", direction), func(t *testing.T) {
					t.Parallel()
					rapid.Check(t, func(rt *rapid.T) { neighboursAgree(t, rt, layer, grid, axis) })
				})
			}
		}
	}
}

func neighboursAgree(t *testing.T, rt *rapid.T, layer string, grid tiles.Grid, axis int) {
	t.Helper()
	z := rapid.IntRange(9, 18).Draw(rt, "z")
	x := rapid.IntRange(1<<z/4, 1<<z*3/4).Draw(rt, "x")
	y := rapid.IntRange(1<<z/4, 1<<z*3/8).Draw(rt, "y")
	near, next := address(t, layer, min(z, 14), 0, 0), address(t, layer, min(z, 14), 0, 0)
	near.Grid, next.Grid = grid, grid
	near.Set.Layers[0].MaxZoom = tiles.MaxZoom
	next.Set.Layers[0].MaxZoom = tiles.MaxZoom
	near.Z, near.X, near.Y = z, x, y
	next.Z, next.X, next.Y = z, x+1-axis, y+axis
	s := newStore()
	s.put(layer, 1, span(layer, 0, drawShape(rt, layer, grid, z, x, y), nil))
	a := s.load(t)
	one, two := edge(rt, a.Tile(near, nil), axis, 4096), edge(rt, a.Tile(next, nil), axis, 0)
	if diff := cmp.Diff(one, two); diff != "" {
		rt.Fatalf("tile %d/%d/%d and its neighbour differ: %s", z, x, y, diff)
	}
}

// drawShape draws a line, or a polygon without crossings, about the corner of four tiles, often on what tiles are cut at.
func drawShape(rt *rapid.T, layer string, grid tiles.Grid, z, x, y int) atlas.Shape {
	unit := rapid.OneOf(rapid.Float64Range(-9000, 9000), rapid.Float64Range(3900, 4300), rapid.SampledFrom([]float64{-64, 0, 64, 4032, 4095.5, 4096, 4096.4, 4160}))
	n := rapid.IntRange(3, 40).Draw(rt, "n")
	var uv []float64
	if layer == "reach" {
		for range n {
			uv = append(uv, unit.Draw(rt, "u"), unit.Draw(rt, "v"))
		}
	} else {
		u, v := unit.Draw(rt, "u"), unit.Draw(rt, "v")
		for i := range n { // a star seen from u, v: its rim cannot cross itself
			sin, cos := math.Sincos(2 * math.Pi * float64(i) / float64(n))
			r := rapid.OneOf(rapid.Float64Range(20, 9000), rapid.Float64Range(20, 300)).Draw(rt, "r")
			uv = append(uv, u+r*cos, v+r*sin)
		}
		uv = append(uv, uv[0], uv[1])
	}
	if grid == tiles.WebMercatorQuad {
		return parts(z, x, y, uv)
	}
	shape := atlas.Shape{Parts: []int{len(uv) / 2}}
	for i := 0; i < len(uv); i += 2 {
		size := 360 / float64(int(1)<<z)
		shape.Flat = append(shape.Flat, -180+(float64(x)+uv[i]/4096)*size, 90-(float64(y)+uv[i+1]/4096)*size)
	}
	return shape
}

// edge gives the places on an edge of a tile at which what is drawn crosses from one side to the other, an odd number of times.
// What runs along the edge, or touches it and goes back, crosses nothing. Crossings at the corners are left out: they
// belong to four tiles.
func edge(rt *rapid.T, tile tiles.Tile, axis, at int) []int {
	features, err := mvttext.Decode(tile.Data)
	if err != nil {
		rt.Fatal(err)
	}
	odd := map[int]bool{}
	for _, f := range features {
		for _, part := range f.Parts {
			from := 0 // the side that the part was on last
			for i, p := range part {
				switch side := cmpInt(p[axis], at); {
				case side == 0:
				case from == 0 || side == from:
					from = side
				default:
					from = side
					place, other := part[i-1][1-axis], p[1-axis]
					if part[i-1][axis] != at {
						if max(place, other) <= 0 || min(place, other) >= 4096 {
							break // beside the edge, in the buffer
						}
						rt.Fatalf("a line crosses the edge between %v and %v without a vertex on it", part[i-1], p)
					}
					if place > 0 && place < 4096 {
						odd[place] = !odd[place]
					}
				}
			}
		}
	}
	maps.DeleteFunc(odd, func(_ int, is bool) bool { return !is })
	return slices.Sorted(maps.Keys(odd))
}

func cmpInt(a, b int) int { return max(-1, min(1, a-b)) }

// Two polygons that share a border share it in the tile, at every zoom, wherever their rings start and whichever way they run.
func TestSharedBordersStayShared(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		z := rapid.IntRange(3, 14).Draw(rt, "z")
		half := 1 << (z - 1)
		var border []float64
		for i := range rapid.IntRange(2, 30).Draw(rt, "n") {
			border = append(border, rapid.Float64Range(500, 3500).Draw(rt, "u"), float64(i)*130+100)
		}
		last := len(border)/2 - 1
		west := append(slices.Clone(border), 10, 3990, 10, 20, border[0], border[1])
		east := []float64{4000, 3990}
		for i := last; i >= 0; i-- {
			east = append(east, border[2*i], border[2*i+1])
		}
		east = append(east, 4000, 20, 4000, 3990)
		s := newStore()
		s.put("division", 1, span("division", 0, parts(z, half, half, west), nil))
		s.put("division", 2, span("division", 0, parts(z, half, half, east), nil))
		if n := shared(rt, s.load(t).Tile(address(t, "division", z, half, half), nil)); n < last {
			rt.Fatalf("they share %d of %d segments", n, last)
		}
	})
}

// shared counts the segments of a tile that two rings have.
func shared(rt *rapid.T, tile tiles.Tile) int {
	features, err := mvttext.Decode(tile.Data)
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
	n := 0
	for _, k := range seen {
		if k == 2 {
			n++
		}
	}
	return n
}
