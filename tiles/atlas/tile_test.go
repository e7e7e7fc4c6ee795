package atlas_test

import (
	"bytes"
	"fmt"
	"math"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hetu/tiles"
	"hetu/tiles/atlas"
	"hetu/tiles/mvttext"
)

// Worked by hand: at zoom 16 nothing is left out but what lies within half a unit of a straight line, so what is put in
// comes out, cut at the buffer, with vertices at the tile's edges.
func TestTile(t *testing.T) {
	t.Parallel()
	const z, x, y = 16, 52000, 27000
	s := newStore()
	square := parts(z, x, y,
		[]float64{4000, 4000, 4000, 9000, 9000, 9000, 9000, 4000, 4000, 4000},
		[]float64{4010, 4010, 4010, 4020, 4020, 4020, 4020, 4010, 4010, 4010})
	square.Hole = []bool{false, true}
	s.put("board", 7, span("board", 10, parts(z, x, y, []float64{100, 200}), map[string]any{"code": "B-1", "level": 4}))
	s.put("board", 8, span("board", 10, parts(z, x, y, []float64{5000, 200}), nil))
	s.put("division", 3, span("division", 9, square, map[string]any{"name": "甲乡"}))
	s.put("reach", 5, span("reach", 11, parts(z, x, y, []float64{10, 10, 20, 10, 20, 30}), map[string]any{"has_chief": true}))
	s.put("reach", 6, span("reach", 12, parts(z, x, y, []float64{-200, 100, 200, 300}), map[string]any{"has_chief": false}))
	s.put("reach", 9, span("reach", 12, parts(z, x, y, []float64{5, 5, 5.2, 5.2}), nil)) // smaller than a tile unit
	s.put("reach", 10, span("reach", 12, parts(z, x, y, []float64{4090, 100, 5000, 100, 5000, 300, 4000, 300}), nil))
	tile := s.load(t).Tile(address(t, "board,division,reach", z, x, y), nil)
	got, err := mvttext.Text(tile.Data)
	if err != nil {
		t.Fatal(err)
	}
	want := `layer board
  7 POINT 100 200; code=B-1 level=4
layer division
  3 POLYGON 4096 4000,4160 4000,4160 4160,4000 4160,4000 4096,4000 4000,4096 4000; 4010 4010,4010 4020,4020 4020,4020 4010,4010 4010; name=甲乡
layer reach
  5 LINESTRING 10 10,20 10,20 30; has_chief=true
  6 LINESTRING -64 168,0 200,200 300; has_chief=false
  10 LINESTRING 4090 100,4096 100,4160 100; 4160 300,4096 300,4000 300;
`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if tile.Features != 5 || tile.Version != 1006 {
		t.Errorf("%d features, version %d", tile.Features, tile.Version)
	}
}

func TestTileOfNothing(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		z, x int
		rank int
		a    tiles.Address
	}{
		{"elsewhere", 12, 9, 10, address(t, "board", 12, 1, 1)},
		{"below the layer's first zoom", 8, 1, 0, address(t, "board", 8, 1, 1)},
		{"below its own", 12, 1, 13, address(t, "board", 12, 1, 1)},
		{"of another layer", 12, 1, 10, address(t, "section", 12, 1, 1)},
	}
	for _, tt := range tests {
		s := newStore()
		s.put("board", 1, span("board", tt.rank, parts(tt.z, tt.x, 1, []float64{9, 9}), nil))
		if tile := s.load(t).Tile(tt.a, nil); tile.Data != nil || tile.Dropped != 0 || tile.Features != 0 {
			t.Errorf("%s: %+v", tt.name, tile)
		}
	}
}

// Behind the last zoom that TileJSON tells of a set, a client that asks all the same is drawn what is there.
func TestTilePastTheLastZoom(t *testing.T) {
	t.Parallel()
	s := newStore()
	s.put("reach", 5, span("reach", 11, parts(18, 208000, 108000, []float64{10, 10, 20, 10, 20, 30}), map[string]any{"has_chief": true}))
	a := s.load(t)
	alone, err := mvttext.Text(a.Tile(address(t, "reach", 18, 208000, 108000), nil).Data)
	if err != nil {
		t.Fatal(err)
	}
	among, err := mvttext.Text(a.Tile(address(t, "board,reach", 18, 208000, 108000), nil).Data)
	if err != nil {
		t.Fatal(err)
	}
	if alone == "" || alone != among {
		t.Errorf("alone %q, among others %q", alone, among)
	}
}

// A full tile keeps what has the smallest rank, whichever layer it is of, and says how many it dropped.
func TestTileDrops(t *testing.T) {
	t.Parallel()
	const z, x, y = 14, 13000, 6700
	const boards, reaches = 20_000, 20_000
	s := newStore()
	for i := range boards {
		s.put("board", int64(i)+1, span("board", 12-i%3, parts(z, x, y, []float64{float64(i % 4000), float64(i / 10)}), map[string]any{"code": fmt.Sprintf("B-%06d", i), "level": 4}))
	}
	for i := range reaches {
		s.put("reach", int64(boards+i)+1, span("reach", 11, parts(z, x, y, []float64{float64(i % 4000), 1, float64(i%4000) + 20, 90}), map[string]any{"code": fmt.Sprintf("R-%06d", i)}))
	}
	tile := s.load(t).Tile(address(t, "board,reach", z, x, y), nil)
	if len(tile.Data) > tiles.MaxBytes || len(tile.Data) < tiles.MaxBytes-100 {
		t.Errorf("the tile has %d bytes", len(tile.Data))
	}
	features, err := mvttext.Decode(tile.Data)
	if err != nil {
		t.Fatal(err)
	}
	if len(features) != tile.Features || len(features)+tile.Dropped != boards+reaches || tile.Dropped == 0 {
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

// What alone would fill a tile is left out of it, and not all that comes after it.
func TestTileWithoutTheHuge(t *testing.T) {
	t.Parallel()
	const z, x, y, n = 14, 13000, 6700, 180_000
	var uv []float64
	for i := range n {
		uv = append(uv, float64(4000*(i%2)+i%89), float64(4000*(i/2%2)+i%97))
	}
	s := newStore()
	s.put("boundary", 1, span("boundary", 11, parts(z, x, y, uv), map[string]any{"bank": "left"}))
	s.put("boundary", 2, span("boundary", 11, parts(z, x, y, []float64{10, 10, 20, 30}), map[string]any{"bank": "left"}))
	s.put("reach", 3, span("reach", 12, parts(z, x, y, []float64{10, 10, 20, 10}), nil))
	tile := s.load(t).Tile(address(t, "boundary,reach", z, x, y), nil)
	got, err := mvttext.Text(tile.Data)
	if err != nil {
		t.Fatal(err)
	}
	want := "layer boundary\n  2 LINESTRING 10 10,20 30; bank=left\nlayer reach\n  3 LINESTRING 10 10,20 10;\n"
	if diff := cmp.Diff(want, got); diff != "" || tile.Features != 2 || tile.Dropped != 1 {
		t.Errorf("%d features, %d dropped: %s", tile.Features, tile.Dropped, diff)
	}
}

// Equal content is equal bytes, in whatever order it came.
func TestTileSameBytes(t *testing.T) {
	t.Parallel()
	const z, x, y = 14, 13000, 6700
	board := func(s *store, i int) {
		s.put("board", int64(i)+1, span("board", 10+i%3, parts(z, x, y, []float64{float64(i), 5}), map[string]any{"code": strconv.Itoa(i % 7), "level": i % 4, "state": "ok", "site": "桥"}))
	}
	forth, back := newStore(), newStore()
	for i := range 100 {
		board(forth, i)
	}
	late := back.load(t)
	for i := 99; i >= 0; i-- {
		board(back, i)
	}
	follow(t, late, back)
	a := address(t, "board", z, x, y)
	one, two := forth.load(t).Tile(a, nil), late.Tile(a, nil)
	if len(one.Data) == 0 || !bytes.Equal(one.Data, two.Data) {
		t.Errorf("%d and %d bytes", len(one.Data), len(two.Data))
	}
}

// What is not read at a zoom is not in its tiles.
func TestTileThinsAttributes(t *testing.T) {
	t.Parallel()
	s := newStore()
	s.put("river", 1, span("river", 4, parts(9, 400, 200, []float64{100, 100, 3000, 3000}), map[string]any{"code": "R1", "name": "示例河01", "order": 8}))
	a := s.load(t)
	for z, want := range map[int]string{
		9:  "layer river\n  1 LINESTRING 100 100,3000 3000; name=示例河01 order=8\n",
		10: "layer river\n  1 LINESTRING 200 200,4096 4096,4160 4160; code=R1 name=示例河01 order=8\n",
	} {
		got, err := mvttext.Text(a.Tile(address(t, "river", z, 400<<(z-9), 200<<(z-9)), nil).Data)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("zoom %d: %v %s", z, err, diff)
		}
	}
}

// A tile of the grid of CGCS2000 is a square of degrees.
func TestTileOfDegrees(t *testing.T) {
	t.Parallel()
	s := newStore()
	// Level 12: 360/4096 degrees a tile. The position lies 1/4 from the left and 3/4 from the top of tile 3300, 560.
	const size = 360.0 / 4096
	s.put("board", 1, span("board", 10, atlas.Shape{Flat: []float64{-180 + 3300.25*size, 90 - 560.75*size}, Parts: []int{1}}, nil))
	s.put("reach", 2, span("reach", 10, atlas.Shape{Flat: []float64{-180 + 3299.5*size, 90 - 560.5*size, -180 + 3300.5*size, 90 - 560.5*size}, Parts: []int{2}}, nil))
	addr := address(t, "board,reach", 12, 3300, 560)
	addr.Grid = tiles.CGCS2000Quad
	got, err := mvttext.Text(s.load(t).Tile(addr, nil).Data)
	want := "layer board\n  1 POINT 1024 3072;\nlayer reach\n  2 LINESTRING -64 2048,0 2048,2048 2048;\n"
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
}

// The only allocation of a tile is its bytes, however many features it has.
func TestTileAllocations(t *testing.T) {
	const z, x, y = 12, 3250, 1675
	s := newStore()
	for i := range 1000 {
		var uv []float64
		for j := range 32 {
			uv = append(uv, float64(i*4%4096)+float64(j*9), 2000+1500*math.Sin(float64(i)+float64(j)/5))
		}
		s.put("reach", int64(i)+1, span("reach", 11, parts(z, x, y, uv), map[string]any{"code": strconv.Itoa(i), "level": i%5 + 1}))
	}
	draw, addr := atlas.Drawer(s.load(t)), address(t, "reach", z, x, y)
	if n := testing.AllocsPerRun(50, func() { draw(addr) }); n > 1 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkTile(b *testing.B) {
	const z, x, y = 12, 3250, 1675
	s := newStore()
	for i := range 1000 {
		var uv []float64
		for j := range 32 {
			uv = append(uv, float64(i*4%4096)+float64(j*9), 2000+1500*math.Sin(float64(i)+float64(j)/5))
		}
		s.put("reach", int64(i)+1, span("reach", 11, parts(z, x, y, uv), map[string]any{"code": strconv.Itoa(i), "level": i%5 + 1}))
	}
	a, addr := s.load(b), address(b, "reach", z, x, y)
	b.ReportAllocs()
	for b.Loop() {
		a.Tile(addr, nil)
	}
}
