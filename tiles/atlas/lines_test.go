package atlas_test

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"hetu/geo"
	"hetu/tiles"
	"hetu/tiles/atlas"
)

// The stretches of a line are cut from it at the numbers asked for, and every segment that enters the box is in one.
func TestStretches(t *testing.T) {
	t.Parallel()
	fields := 0
	for _, l := range tiles.Catalogue() {
		if l.Name == "river" {
			fields = len(l.Fields)
		}
	}
	rapid.Check(t, func(rt *rapid.T) {
		s := newStore()
		walk := func(n int) []float64 {
			lon, lat := rapid.Float64Range(106, 106.1).Draw(rt, "lon"), rapid.Float64Range(26, 26.1).Draw(rt, "lat")
			turn, flat := 0.0, []float64{lon, lat}
			for range n {
				turn += rapid.Float64Range(-0.6, 0.6).Draw(rt, "turn")
				lon, lat = lon+0.0005*math.Cos(turn), lat+0.0005*math.Sin(turn)
				flat = append(flat, lon, lat)
			}
			return flat
		}
		for id, n := range []int{1, 40, 170, 900} {
			flat := walk(n)
			s.put("river", int64(id+1), atlas.Span{From: atlas.FirstDay, To: atlas.LastDay, Rank: 8, Shape: atlas.Shape{Flat: flat, Parts: []int{n + 1}}, Values: make([]atlas.Value, fields)})
		}
		a := atlas.New()
		if _, err := a.Load(t.Context(), s, "", nil); err != nil {
			rt.Fatal(err)
		}
		day, every := geo.NewDate(2026, 1, 1), rapid.SampledFrom([]int{1, 7, 32, 500}).Draw(rt, "every")
		lon, lat := rapid.Float64Range(106, 106.1).Draw(rt, "box lon"), rapid.Float64Range(26, 26.1).Draw(rt, "box lat")
		box := geo.Extent{West: lon, South: lat, East: lon + 0.01, North: lat + 0.01}
		covered := map[int64]int{} // up to which position
		begun := map[int64][][2]int{}
		a.Stretches("river", box, day, every, func(id int64, first, total int, flat []float64) {
			whole := a.Line("river", id, day)
			last := first + len(flat)/2 - 1
			if total != len(whole)/2 || !slices.Equal(flat, whole[2*first:2*last+2]) {
				rt.Fatalf("river %d: positions %d to %d of %d are not those of the line", id, first, last, total)
			}
			if first%every != 0 || (last%every != 0 && last != total-1) || last <= first || (covered[id] > 0 && first < covered[id]) {
				rt.Fatalf("river %d: a stretch from %d to %d of %d, cut at multiples of %d, after one to %d", id, first, last, total, every, covered[id])
			}
			covered[id] = last
			begun[id] = append(begun[id], [2]int{first, last})
		})
		for id := int64(1); id <= 4; id++ {
			line := a.Line("river", id, day)
			for i := 0; i+3 < len(line); i += 2 {
				enters := min(line[i], line[i+2]) <= box.East && max(line[i], line[i+2]) >= box.West && min(line[i+1], line[i+3]) <= box.North && max(line[i+1], line[i+3]) >= box.South
				if enters && !slices.ContainsFunc(begun[id], func(s [2]int) bool { return s[0] <= i/2 && i/2 < s[1] }) {
					rt.Fatalf("river %d: segment %d enters the box and is in none of %v", id, i/2, begun[id])
				}
			}
		}
	})
	if atlas.New().Line("river", 1, geo.NewDate(2026, 1, 1)) != nil {
		t.Error("an empty atlas has a line")
	}
}
