package roster

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/twpayne/go-geom"
	"pgregory.net/rapid"

	"hetu/geo/lref"
)

// A table gives the rows of an owner that were put last of each id, before and after folding.
func TestTableIsAMap(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		ids := rapid.Int64Range(1, rapid.SampledFrom([]int64{2, 60}).Draw(rt, "ids")) // few: of one there are several stretches
		want := map[int64][]string{}                                                  // by id: its rows, each with its owner
		line := func(owner, id int64, told string) string { return fmt.Sprint(owner, " ", id, " ", told) }
		told := rapid.OneOf(rapid.StringN(0, 20, 40), rapid.Just(strings.Repeat("河", stretchSize/3)))
		b := &builder{packer: packer{words: newWords()}}
		for range rapid.IntRange(0, 200).Draw(rt, "loaded") {
			owner, id, s := ids.Draw(rt, "owner"), ids.Draw(rt, "id"), told.Draw(rt, "told")
			at := len(b.buf)
			b.word(Text(s))
			b.end(owner, id, at)
			want[id] = append(want[id], line(owner, id, s))
		}
		table := b.table()
		for range rapid.IntRange(0, 40).Draw(rt, "puts") {
			id := ids.Draw(rt, "id")
			var rows []row
			want[id] = nil
			for range rapid.IntRange(0, 3).Draw(rt, "rows") {
				owner, s := ids.Draw(rt, "owner"), told.Draw(rt, "told")
				p := packer{}
				p.word(Text(s))
				rows = append(rows, row{owner, id, p.buf})
				want[id] = append(want[id], line(owner, id, s))
			}
			table.put(id, rows)
			if rapid.IntRange(0, 9).Draw(rt, "fold") == 0 {
				table = table.fold()
			}
		}
		var got, all []string
		for owner := range int64(62) {
			table.of(owner, func(id int64, told reader) { got = append(got, line(owner, id, *told.word())) })
		}
		for _, lines := range want {
			all = append(all, lines...)
		}
		slices.Sort(got)
		slices.Sort(all)
		if diff := cmp.Diff(all, got); diff != "" {
			rt.Fatal(diff)
		}
	})
}

// Measures that were packed into a route's row come back to three centimetres at every position, of the whole line and of each
// stretch between knots, in proportion to the length or not, with the positions that the atlas has.
func TestMeasuresComeBack(t *testing.T) {
	t.Parallel()
	ruler := measurer{merges: func(lon1, lat1, lon2, lat2 float64) bool {
		x1, y1 := OnGrid(lon1, lat1)
		x2, y2 := OnGrid(lon2, lat2)
		return x1 == x2 && y1 == y2
	}}
	rapid.Check(t, func(rt *rapid.T) {
		n := rapid.IntRange(2, 300).Draw(rt, "positions")
		lon, lat := rapid.Float64Range(74, 134).Draw(rt, "lon"), rapid.Float64Range(4, 53).Draw(rt, "lat")
		staked := rapid.Bool().Draw(rt, "staked")
		var flat []float64
		for range n {
			lon += rapid.Float64Range(-0.002, 0.02).Draw(rt, "dx")
			lat += rapid.Float64Range(-0.01, 0.01).Draw(rt, "dy")
			flat = append(flat, lon, lat)
		}
		line := lref.Measured(geom.NewLineStringFlat(geom.XY, flat), rapid.SampledFrom([]string{"mouth", "source"}).Draw(rt, "origin")).FlatCoords()
		for i := 2; staked && i < len(line); i += 3 {
			line[i] += 30 * math.Sin(line[i]/500)
		}
		m := ruler.measure(line)
		p := packer{}
		p.route(&Route{ID: 1, River: 2, Line: line}, m)
		_, back, _ := (&reader{buf: p.buf}).route()
		if back.positions < 2 {
			return // they fell together
		}
		first := rapid.IntRange(0, (n-2)/knotEvery).Draw(rt, "first") * knotEvery
		last := min(first+rapid.IntRange(1, 4).Draw(rt, "knots")*knotEvery, back.positions-1)
		if back.positions != len(line)/3 || last <= first {
			return // positions that fell together were left out
		}
		for i := 0; i < len(flat); i += 2 {
			flat[i], flat[i+1] = OnGrid(flat[i], flat[i+1])
		}
		for _, part := range [][2]int{{0, back.positions - 1}, {first, last}} {
			got := back.stretch(flat[2*part[0]:2*part[1]+2], part[0]).FlatCoords()
			for i := range len(got) / 3 {
				if at := 3 * (part[0] + i); math.Abs(got[3*i+2]-line[at+2]) > 0.03 || lref.Distance(got[3*i], got[3*i+1], line[at], line[at+1]) > 0.014 {
					rt.Fatalf("position %d of %d to %d: got %v, want %v", i, part[0], part[1], got[3*i:3*i+3], line[at:at+3])
				}
			}
		}
	})
}

// A line of which the roster has other measures, because a change reached one side first, has those of the ends.
func TestMeasuresOfAnotherLine(t *testing.T) {
	t.Parallel()
	m := measures{positions: 3, knots: []knot{{0, 900}, {1, 700}, {2, 100}}}
	got := m.whole([]float64{106, 26.5, 106.001, 26.5, 106.002, 26.5, 106.004, 26.5}).FlatCoords()
	for i, want := range []float64{900, 700, 500, 100} {
		if math.Abs(got[3*i+2]-want) > 0.001 {
			t.Errorf("position %d: got %g, want %g", i, got[3*i+2], want)
		}
	}
}

// A position is in an area if it lies in a polygon and in none of its holes; rims count as in.
func TestPolygonsHold(t *testing.T) {
	t.Parallel()
	ring := func(west, south, east, north float64) []float64 {
		return []float64{west, south, east, south, east, north, west, north, west, south}
	}
	a := areaPlot(&Area{
		Flat: slices.Concat(ring(0, 0, 10, 10), ring(2, 2, 4, 4), ring(6, 6, 8, 8), ring(20, 0, 30, 10)), Rings: []int{5, 5, 5, 5}, Hole: []bool{false, true, true, false},
	}).what
	for _, tt := range []struct {
		x, y float64
		want bool
	}{
		{1, 1, true}, {3, 3, false}, {7, 7, false}, {5, 5, true}, {25, 5, true}, {15, 5, false}, {0, 5, true}, {10, 10, true}, {2, 3, true}, {20, 0, true}, {-1, 0, false},
	} {
		if got := a.hold(tt.x, tt.y); got != tt.want {
			t.Errorf("%g %g: got %v, want %v", tt.x, tt.y, got, tt.want)
		}
	}
}
