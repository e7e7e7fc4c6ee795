package duty_test

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"hetu/geo/duty"
)

const rasterM = 24 // length of the route that the ranges are drawn on, in cells of a metre

// raster counts by brute force how many of the ranges hold each metre of the route.
func raster(rs []duty.Range) (cells [rasterM]int) {
	for i := range cells {
		for _, r := range rs {
			if m := float64(i) + 0.5; m >= r.FromM && m < r.ToM {
				cells[i]++
			}
		}
	}
	return cells
}

func drawRanges(rt *rapid.T, name string) []duty.Range {
	return rapid.SliceOfN(rapid.Custom(func(rt *rapid.T) duty.Range { // some are empty, some run backwards
		return duty.Range{FromM: float64(rapid.IntRange(0, rasterM).Draw(rt, "from")), ToM: float64(rapid.IntRange(0, rasterM).Draw(rt, "to"))}
	}), 0, 8).Draw(rt, name)
}

// Every operation gives, metre by metre, what counting gives; in order, without empty or touching ranges, of the same length.
func TestRangesAgreeWithARaster(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		as, bs := drawRanges(rt, "a"), drawRanges(rt, "b")
		a, b := raster(as), raster(bs)
		check := func(name string, got duty.Ranges, want func(i int) bool) {
			cells, n := raster(got), 0
			for i, c := range cells {
				switch {
				case want(i) != (c == 1):
					rt.Errorf("%s: metre %d is held %d times", name, i, c)
				case want(i):
					n++
				}
			}
			if got.LengthM() != float64(n) {
				rt.Errorf("%s: %v m, want %d", name, got.LengthM(), n)
			}
			for i, r := range got {
				if r.FromM >= r.ToM || i > 0 && r.FromM < got[i-1].ToM {
					rt.Errorf("%s: %v", name, got)
				}
			}
		}
		ua, ub := duty.Union(as...), duty.Union(bs...)
		check("union", ua, func(i int) bool { return a[i] > 0 })
		check("doubled", duty.Doubled(as...), func(i int) bool { return a[i] > 1 })
		check("minus", ua.Minus(ub), func(i int) bool { return a[i] > 0 && b[i] == 0 })
		check("and", ua.And(ub), func(i int) bool { return a[i] > 0 && b[i] > 0 })
		for i := 1; i < len(ua); i++ {
			if ua[i].FromM <= ua[i-1].ToM {
				rt.Errorf("union: %v touch", ua)
			}
		}
	})
}

// With any measures, what is missing, what is there once and what is there more often sum to the route.
func TestRangesPartTheRoute(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		const from, to = -500.25, 98765.4321
		rs := rapid.SliceOfN(rapid.Custom(func(rt *rapid.T) duty.Range {
			return duty.Range{FromM: rapid.Float64Range(from, to).Draw(rt, "from"), ToM: rapid.Float64Range(from, to).Draw(rt, "to")}
		}), 0, 20).Draw(rt, "ranges")
		route, held := duty.Union(duty.Range{FromM: from, ToM: to}), duty.Union(rs...)
		missing, doubled := route.Minus(held), duty.Doubled(rs...)
		if sum := missing.LengthM() + held.Minus(doubled).LengthM() + doubled.LengthM(); math.Abs(sum-(to-from)) > 1e-6 {
			rt.Errorf("the parts sum to %v of %v", sum, to-from)
		}
		if diff := cmp.Diff(route, duty.Union(append(missing, held...)...)); diff != "" {
			rt.Error(diff)
		}
	})
}

// A centimetre between two stored measures is no gap and no overlap; two centimetres are.
func TestSlivers(t *testing.T) {
	t.Parallel()
	route := duty.Union(duty.Range{ToM: 2000})
	tests := []struct {
		name          string
		a, b          duty.Range
		gaps, doubled duty.Ranges
	}{
		{"they meet", duty.Range{ToM: 1000}, duty.Range{FromM: 1000, ToM: 2000}, nil, nil},
		{"a centimetre apart", duty.Range{ToM: 1000}, duty.Range{FromM: 1000.01, ToM: 2000}, nil, nil},
		{"a centimetre over", duty.Range{ToM: 1000.01}, duty.Range{FromM: 1000, ToM: 1999.995}, nil, nil},
		{"two centimetres apart", duty.Range{ToM: 1000}, duty.Range{FromM: 1000.02, ToM: 2000}, duty.Ranges{{FromM: 1000, ToM: 1000.02}}, nil},
		{"two centimetres over", duty.Range{ToM: 1000.02}, duty.Range{FromM: 1000, ToM: 2000}, nil, duty.Ranges{{FromM: 1000, ToM: 1000.02}}},
		{"not a number", duty.Range{FromM: math.NaN(), ToM: 1000}, duty.Range{ToM: 2000}, nil, nil},
	}
	for _, tt := range tests {
		if diff := cmp.Diff(tt.gaps, route.Minus(duty.Union(tt.a, tt.b)).Over(0.01)); diff != "" {
			t.Errorf("%s: gaps: %s", tt.name, diff)
		}
		if diff := cmp.Diff(tt.doubled, duty.Doubled(tt.a, tt.b).Over(0.01)); diff != "" {
			t.Errorf("%s: overlaps: %s", tt.name, diff)
		}
	}
}

// [from, to) is closed at the route's end alone.
func TestRangeHolds(t *testing.T) {
	t.Parallel()
	lower, upper := duty.Range{ToM: 1000}, duty.Range{FromM: 1000, ToM: 2000}
	tests := []struct {
		r    duty.Range
		m    float64
		want bool
	}{
		{lower, 0, true},
		{lower, 999.98, true},
		{lower, 999.995, false}, // a centimetre is none
		{upper, 999.995, true},
		{lower, 1000, false},
		{upper, 1000, true},
		{upper, 2000, true},
		{upper, 2000.005, true},
		{upper, 2000.02, false},
		{lower, -0.1, false},
		{lower, math.NaN(), false},
		{duty.Range{FromM: 1000, ToM: 1999.995}, 2000, true},
	}
	for _, tt := range tests {
		if got := tt.r.Holds(tt.m, duty.Range{ToM: 2000}); got != tt.want {
			t.Errorf("%v at %v: got %v", tt.r, tt.m, got)
		}
	}
}
