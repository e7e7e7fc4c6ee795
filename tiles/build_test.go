package tiles_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"math"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/paulmach/orb"

	"hetu/geo"
	"hetu/tiles"
	"hetu/tiles/mvt"
	"hetu/tiles/mvttext"
)

// source is a Source of given features. It gives copies, as a tile uses geometry up.
type source struct {
	features []tiles.Feature
	fail     error
}

func (s source) TileFeatures(_ context.Context, q tiles.Query) iter.Seq2[tiles.Feature, error] {
	return func(yield func(tiles.Feature, error) bool) {
		for _, layer := range q.Layers {
			for _, f := range s.features {
				if f.Layer != layer || f.Rank > q.Zoom {
					continue
				}
				f.Geometry = orb.Clone(f.Geometry)
				if !yield(f, nil) {
					return
				}
			}
		}
		if s.fail != nil {
			yield(tiles.Feature{}, s.fail)
		}
	}
}

func (source) Coverage(context.Context, geo.Date) (map[string]tiles.Coverage, error) {
	return map[string]tiles.Coverage{}, nil
}

func (source) Version(context.Context) (int64, error) { return 1, nil }

// feature makes a feature of a layer with the named values.
func feature(layer string, id int64, rank int, g orb.Geometry, values map[string]any) tiles.Feature {
	f := tiles.Feature{Layer: layer, ID: id, Rank: rank, Geometry: g}
	for _, l := range tiles.Catalogue() {
		if l.Name == layer {
			for _, field := range l.Fields {
				f.Values = append(f.Values, values[field.Name])
			}
		}
	}
	return f
}

func address(tb testing.TB, set string, z, x, y int) tiles.Address {
	tb.Helper()
	a, err := tiles.ParseAddress(set, strconv.Itoa(z), strconv.Itoa(x), strconv.Itoa(y), day())
	if err != nil {
		tb.Fatal(err)
	}
	return a
}

func build(tb testing.TB, src tiles.Source, a tiles.Address) tiles.Tile {
	tb.Helper()
	tile, err := tiles.Build(tb.Context(), src, a)
	if err != nil {
		tb.Fatal(err)
	}
	return tile
}

// at gives the lon, lat of a place in a tile, in tile units.
func at(z, x, y int, u, v float64) orb.Point {
	n := float64(int(1) << z)
	lon := (float64(x)+u/mvt.Extent)/n*360 - 180
	return orb.Point{lon, math.Atan(math.Sinh(math.Pi*(1-2*(float64(y)+v/mvt.Extent)/n))) * 180 / math.Pi}
}

func line(z, x, y int, uv ...float64) orb.LineString {
	var ls orb.LineString
	for i := 0; i < len(uv); i += 2 {
		ls = append(ls, at(z, x, y, uv[i], uv[i+1]))
	}
	return ls
}

// Worked by hand: z16 has a grain of one unit, so what is put in comes out, cut at the buffer, with vertices at the edges.
func TestBuild(t *testing.T) {
	t.Parallel()
	const z, x, y = 16, 52000, 27000
	square := orb.Polygon{
		orb.Ring(line(z, x, y, 4000, 4000, 4000, 9000, 9000, 9000, 9000, 4000, 4000, 4000)),
		orb.Ring(line(z, x, y, 4010, 4010, 4010, 4020, 4020, 4020, 4020, 4010, 4010, 4010)),
	}
	src := source{features: []tiles.Feature{
		feature("board", 7, 10, at(z, x, y, 100, 200), map[string]any{"code": "B-1", "level": int64(4)}),
		feature("board", 8, 10, at(z, x, y, 5000, 200), nil),
		feature("division", 3, 9, square, map[string]any{"name": "甲乡"}),
		feature("reach", 5, 11, line(z, x, y, 10, 10, 20, 10, 20, 30), map[string]any{"has_chief": true}),
		feature("reach", 6, 12, line(z, x, y, -200, 100, 200, 300), map[string]any{"has_chief": false}),
		feature("reach", 9, 12, line(z, x, y, 5, 5, 5.2, 5.2), nil), // smaller than a tile unit
	}}
	got, err := mvttext.Text(build(t, src, address(t, "public", z, x, y)).Data)
	if err != nil {
		t.Fatal(err)
	}
	want := `layer board
  7 POINT 100 200; code=B-1 level=4
layer division
  3 POLYGON 4000 4000,4032 4000,4096 4000,4160 4000,4160 4160,4000 4160,4000 4096,4000 4032,4000 4000; 4010 4010,4010 4020,4020 4020,4020 4010,4010 4010; name=甲乡
layer reach
  5 LINESTRING 10 10,20 10,20 30; has_chief=true
  6 LINESTRING -64 168,0 200,64 232,200 300; has_chief=false
`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestBuildNothing(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		src  tiles.Source
		a    tiles.Address
	}{
		{"no features", source{}, address(t, "public", 8, 1, 1)},
		{"below the layer's first zoom", source{features: []tiles.Feature{feature("board", 1, 0, at(8, 1, 1, 9, 9), nil)}}, address(t, "board", 8, 1, 1)},
		{"a feature elsewhere", source{features: []tiles.Feature{feature("board", 1, 10, at(12, 9, 1, 9, 9), nil)}}, address(t, "board", 12, 1, 1)},
	}
	for _, tt := range tests {
		if tile := build(t, tt.src, tt.a); len(tile.Data) != 0 || tile.Dropped != 0 {
			t.Errorf("%s: %d bytes, %d dropped", tt.name, len(tile.Data), tile.Dropped)
		}
	}
}

// A tile is whole or an error, also when the fault comes after features.
func TestBuildFails(t *testing.T) {
	t.Parallel()
	broken := errors.New("cable cut")
	src := source{features: []tiles.Feature{feature("board", 7, 10, at(12, 1, 1, 1, 2), nil)}, fail: broken}
	if _, err := tiles.Build(t.Context(), src, address(t, "board", 12, 1, 1)); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
	short := source{features: []tiles.Feature{{Layer: "board", ID: 1, Rank: 10, Geometry: at(12, 1, 1, 1, 2)}}}
	if _, err := tiles.Build(t.Context(), short, address(t, "board", 12, 1, 1)); err == nil {
		t.Error("a feature without values was taken")
	}
}

// A full tile keeps what has the smallest rank, whichever layer it is of, and says how many it dropped.
func TestBuildDrops(t *testing.T) {
	t.Parallel()
	const z, x, y = 14, 13000, 6700
	const boards, reaches = 20_000, 20_000
	var src source
	for i := range int64(boards) {
		rank := 12 - int(i%3) // not in the order of rank, as a careless source might give them
		src.features = append(src.features, feature("board", i+1, rank, at(z, x, y, float64(i%4000), float64(i/10)), map[string]any{"code": fmt.Sprintf("B-%06d", i), "level": int64(4)}))
	}
	for i := range int64(reaches) {
		src.features = append(src.features, feature("reach", boards+i+1, 11, line(z, x, y, float64(i%4000), 1, float64(i%4000)+20, 90), map[string]any{"code": fmt.Sprintf("R-%06d", i)}))
	}
	tile := build(t, src, address(t, "board,reach", z, x, y))
	if len(tile.Data) > tiles.MaxBytes || len(tile.Data) < tiles.MaxBytes-100 {
		t.Errorf("the tile has %d bytes", len(tile.Data))
	}
	features, err := mvttext.Decode(tile.Data)
	if err != nil {
		t.Fatal(err)
	}
	if len(features)+tile.Dropped != boards+reaches || tile.Dropped == 0 {
		t.Errorf("%d kept and %d dropped of %d", len(features), tile.Dropped, boards+reaches)
	}
	kept := map[string]int{}
	for _, f := range features {
		if f.Layer == "board" {
			kept[fmt.Sprint("board ", 12-(f.ID-1)%3)]++
		} else {
			kept["reach 11"]++
		}
	}
	if kept["board 10"] != 6666 || kept["board 11"] != 6667 || kept["reach 11"] == 0 || kept["board 12"] != 0 {
		t.Errorf("kept %v", kept)
	}
}

// Equal content is equal bytes, in whatever order a source gives the features of a rank.
func TestBuildSameBytes(t *testing.T) {
	t.Parallel()
	const z, x, y = 14, 13000, 6700
	var forth, back source
	for i := range int64(100) {
		f := feature("board", i+1, 10+int(i%3), at(z, x, y, float64(i), 5), map[string]any{"code": strconv.FormatInt(i%7, 10), "level": i % 4, "state": "ok", "site": "桥"})
		forth.features = append(forth.features, f)
		back.features = append([]tiles.Feature{f}, back.features...)
	}
	a := address(t, "board", z, x, y)
	one, two := build(t, forth, a), build(t, back, a)
	if len(one.Data) == 0 || !bytes.Equal(one.Data, two.Data) {
		t.Errorf("%d and %d bytes", len(one.Data), len(two.Data))
	}
}

func BenchmarkBuild(b *testing.B) {
	const z, x, y = 12, 3250, 1675
	var src source
	for i := range int64(1000) {
		var ls orb.LineString
		for j := range 32 {
			ls = append(ls, at(z, x, y, float64(i*4%4096)+float64(j*9), 2000+1500*math.Sin(float64(i)+float64(j)/5)))
		}
		src.features = append(src.features, feature("reach", i+1, 11, ls, map[string]any{"code": strconv.FormatInt(i, 10), "level": i%5 + 1}))
	}
	a := address(b, "reach", z, x, y)
	for b.Loop() {
		if _, err := tiles.Build(b.Context(), src, a); err != nil {
			b.Fatal(err)
		}
	}
}
