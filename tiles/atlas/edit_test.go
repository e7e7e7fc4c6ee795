package atlas_test

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"hetu/geo"
	"hetu/tiles"
	"hetu/tiles/atlas"
	"hetu/tiles/mvttext"
)

// The corner of four tiles at zoom 12 that the edits below lie about.
const editZ, editX, editY = 12, 3250, 1675

// drawSpans draws what a feature is: nothing, or spans of days with one or several shapes and values.
func drawSpans(rt *rapid.T, layer string) []atlas.Span {
	var out []atlas.Span
	day := atlas.Day(20000)
	for range rapid.IntRange(0, 3).Draw(rt, "spans") {
		from := day + atlas.Day(rapid.IntRange(0, 2).Draw(rt, "gap"))
		day = from + atlas.Day(rapid.IntRange(1, 4).Draw(rt, "days"))
		s := drawFeature(rt, layer)
		s.From, s.To = from, day
		out = append(out, s)
	}
	if n := len(out); n > 0 && rapid.Bool().Draw(rt, "open") {
		out[n-1].To = atlas.LastDay
	}
	return out
}

func drawFeature(rt *rapid.T, layer string) atlas.Span {
	u, v := rapid.Float64Range(3000, 5000).Draw(rt, "u"), rapid.Float64Range(3000, 5000).Draw(rt, "v")
	size := rapid.SampledFrom([]float64{3, 60, 900}).Draw(rt, "size")
	named := map[string]any{
		"name": rapid.SampledFrom([]string{"甲", "乙"}).Draw(rt, "name"), "code": rapid.SampledFrom([]string{"1", "2"}).Draw(rt, "code"), "level": rapid.IntRange(1, 2).Draw(rt, "level"),
	}
	rank := rapid.IntRange(9, 13).Draw(rt, "rank")
	var uv []float64
	switch layer {
	case "board":
		uv = []float64{u, v}
	case "division":
		for i := range 9 {
			sin, cos := math.Sincos(2 * math.Pi * float64(i%8) / 8)
			uv = append(uv, u+size*cos, v+size*sin)
		}
	default:
		if rapid.Bool().Draw(rt, "along") {
			uv = along(rt, layer)
			break
		}
		for i := range rapid.IntRange(2, 12).Draw(rt, "n") {
			uv = append(uv, u+size*float64(i), v+rapid.Float64Range(-size, size).Draw(rt, "w"))
		}
	}
	s := span(layer, rank, parts(editZ, editX, editY, uv), named)
	s.Label = rapid.Bool().Draw(rt, "label")
	return s
}

// along gives a line that winds through the four tiles, or for reaches a piece of it.
func along(rt *rapid.T, layer string) []float64 {
	n := rapid.SampledFrom([]int{100, 200}).Draw(rt, "length")
	var uv []float64
	for i := range n {
		uv = append(uv, 2500+15*float64(i)+9*math.Sin(float64(i)), 3900+200*math.Sin(float64(i)/5)+float64(i%7))
	}
	if layer != "reach" {
		return uv
	}
	from := rapid.IntRange(0, n-2).Draw(rt, "from")
	to := rapid.IntRange(from+2, n).Draw(rt, "to")
	return uv[2*from : 2*to]
}

// After any sequence of edits the atlas draws what a fresh one draws; the tiles that differ are told, with a new version; and
// the version of no other tile moves.
func TestEdits(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		layers := []string{"board", "division", "reach", "river"}
		s := newStore()
		for i := range 8 {
			layer := rapid.SampledFrom(layers).Draw(rt, "layer")
			s.put(layer, int64(i+1), drawSpans(rt, layer)...)
		}
		a := s.load(t)
		var told func(addr tiles.Address) bool
		a.Watch(func(moved []atlas.Moved) {
			// What a watcher asks must be asked while it runs: ask all of it.
			touched := map[string]bool{}
			for _, addr := range editTiles(t) {
				for i := range moved {
					if m := &moved[i]; contains(addr, m.Layer()) && m.Holds(addr.AsOf) && m.Touches(addr.Grid, addr.Z, addr.X, addr.Y) {
						touched[key(addr)] = true
						x0, y0, x1, y1 := m.Range(addr.Grid, addr.Z)
						first, last := m.Zooms()
						if !m.Whole() && (addr.X < x0 || addr.X > x1 || addr.Y < y0 || addr.Y > y1 || addr.Z < first || addr.Z > last) {
							rt.Errorf("%s is touched, but not within %d %d %d %d, zooms %d to %d", key(addr), x0, y0, x1, y1, first, last)
						}
					}
				}
			}
			told = func(addr tiles.Address) bool { return touched[key(addr)] }
		})
		for range rapid.IntRange(1, 4).Draw(rt, "edits") {
			if rapid.Bool().Draw(rt, "gather") { // once is all it does
				a.Gather(t.Context(), s)
			}
			before := drawAll(t, a)
			layer := rapid.SampledFrom(layers).Draw(rt, "layer")
			told = func(tiles.Address) bool { return false }
			if rapid.IntRange(0, 9).Draw(rt, "bulk") == 0 {
				s.bulk(layer)
			} else {
				s.put(layer, int64(rapid.IntRange(1, 10).Draw(rt, "id")), drawSpans(rt, layer)...)
			}
			follow(t, a, s)
			after, fresh := drawAll(t, a), drawAll(t, s.load(t))
			for i, addr := range editTiles(t) {
				if !bytes.Equal(after[i].Data, fresh[i].Data) {
					got, _ := mvttext.Text(after[i].Data)
					want, _ := mvttext.Text(fresh[i].Data)
					rt.Fatalf("%s: a fresh load draws otherwise: %s", key(addr), cmp.Diff(want, got))
				}
				differs, newer := !bytes.Equal(after[i].Data, before[i].Data), after[i].Version > before[i].Version
				if differs && !newer || newer != told(addr) {
					rt.Fatalf("%s: differs %v, version %d to %d, told %v", key(addr), differs, before[i].Version, after[i].Version, told(addr))
				}
			}
		}
		before := drawAll(t, a)
		atlas.Settle(a)
		for i, settled := range drawAll(t, a) {
			if !bytes.Equal(settled.Data, before[i].Data) {
				rt.Fatalf("%s is drawn otherwise when the atlas was settled", key(editTiles(t)[i]))
			}
		}
	})
}

func contains(addr tiles.Address, layer string) bool {
	return slices.ContainsFunc(addr.Set.Layers, func(l tiles.Layer) bool { return l.Name == layer })
}

func key(a tiles.Address) string {
	return fmt.Sprintf("%s/%d/%d/%d/%d on %s", a.Set.Name, a.Grid, a.Z, a.X, a.Y, a.AsOf)
}

// editTiles are the tiles that the edits can touch, some that they cannot, on days with and without them.
func editTiles(tb testing.TB) []tiles.Address {
	tb.Helper()
	var out []tiles.Address
	for _, set := range []string{"public", "reach,river_label", "board,reach"} {
		for _, day := range []int{20001, 20004, 30000} {
			for _, z := range []int{9, 11, 12, 13, 15} {
				for dx := range 2 {
					for dy := range 2 {
						x, y := (editX+1)<<4>>(16-z), (editY+1)<<4>>(16-z)
						addr := address(tb, set, z, x-dx, y-dy)
						addr.AsOf = geo.NewDate(1970, 1, 1).AddDays(day)
						out = append(out, addr)
					}
				}
			}
		}
	}
	return out
}

func drawAll(tb testing.TB, a *atlas.Atlas) []tiles.Tile {
	tb.Helper()
	var out []tiles.Tile
	for _, addr := range editTiles(tb) {
		out = append(out, a.Tile(addr, nil))
	}
	return out
}
