package lref_test

import (
	"math"
	"testing"

	"github.com/twpayne/go-geom"
	"pgregory.net/rapid"

	"hetu/geo/lref"
)

func TestRangeContains(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		r      lref.Range
		m      float64
		length float64
		want   bool
	}{
		{"its start", lref.Range{FromM: 10, ToM: 20}, 10, 100, true},
		{"below its start", lref.Range{FromM: 10, ToM: 20}, 9.999, 100, false},
		{"its end", lref.Range{FromM: 10, ToM: 20}, 20, 100, false},
		{"the route's end", lref.Range{FromM: 10, ToM: 100}, 100, 100, true},
		{"the route's end, stored short", lref.Range{FromM: 10, ToM: 99.995}, 100, 100, true},
		{"the route's end, stored long", lref.Range{FromM: 10, ToM: 100.005}, 100.004, 100, true},
		{"past the route's end", lref.Range{FromM: 10, ToM: 100}, 100.02, 100, false},
		{"the end of a range that stops before", lref.Range{FromM: 10, ToM: 99}, 100, 100, false},
		{"a custom origin", lref.Range{FromM: 61160, ToM: 112086}, 112086, 112086, true},
		{"empty", lref.Range{FromM: 10, ToM: 10}, 10, 100, false},
		{"no number", lref.Range{FromM: 10, ToM: 100}, math.NaN(), 100, false},
	}
	for _, tt := range tests {
		if got := tt.r.Contains(tt.m, tt.length); got != tt.want {
			t.Errorf("%s: %+v of %v: got %v, want %v", tt.name, tt.r, tt.m, got, tt.want)
		}
	}
}

// Ranges that adjoin over a whole route hold every measure of it once.
func TestRangesTile(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		length := rapid.Float64Range(10, 1e6).Draw(rt, "length")
		cut := rapid.Float64Range(0.1, 0.9).Draw(rt, "cut") * length
		m := rapid.SampledFrom([]float64{0, cut, length, length * 0.3}).Draw(rt, "m")
		a, b := lref.Range{FromM: 0, ToM: cut}, lref.Range{FromM: cut, ToM: length}
		if a.Contains(m, length) == b.Contains(m, length) {
			rt.Fatalf("%v of %v cut at %v: %v and %v", m, length, cut, a.Contains(m, length), b.Contains(m, length))
		}
	})
}

func TestIsUpstream(t *testing.T) {
	t.Parallel()
	line := geom.NewLineStringFlat(geom.XY, []float64{106.4, 26.6, 106.41, 26.6})
	mouth, source := lref.Measured(line, "mouth"), lref.Measured(line, "source")
	point := func(m float64) lref.Range { return lref.Range{FromM: m, ToM: m} }
	tests := []struct {
		name  string
		route *geom.LineString
		a, b  lref.Range
		want  bool
	}{
		{"halfway along a line (fwapg #38)", mouth, point(10), lref.Range{FromM: 5, ToM: 15}, false},
		{"above a line", mouth, point(20), lref.Range{FromM: 5, ToM: 15}, true},
		{"at a line's upper end", mouth, point(15), lref.Range{FromM: 5, ToM: 15}, true},
		{"below a line", mouth, point(2), lref.Range{FromM: 5, ToM: 15}, false},
		{"a line halfway along which the point lies", mouth, lref.Range{FromM: 5, ToM: 15}, point(10), false},
		{"a line that begins at the point", mouth, lref.Range{FromM: 10, ToM: 15}, point(10), true},
		{"lines that adjoin", mouth, lref.Range{FromM: 10, ToM: 15}, lref.Range{FromM: 5, ToM: 10}, true},
		{"lines that overlap", mouth, lref.Range{FromM: 9, ToM: 15}, lref.Range{FromM: 5, ToM: 10}, false},
		{"a point and itself", mouth, point(10), point(10), false},
		{"from the source", source, point(2), lref.Range{FromM: 5, ToM: 15}, true},
		{"from the source, halfway", source, point(10), lref.Range{FromM: 5, ToM: 15}, false},
		{"from the source, below", source, point(20), lref.Range{FromM: 5, ToM: 15}, false},
	}
	for _, tt := range tests {
		if got := lref.IsUpstream(tt.route, tt.a, tt.b); got != tt.want {
			t.Errorf("%s: got %v", tt.name, got)
		}
	}
	if lon, lat, m, ok := lref.UpperEnd(mouth); lon != 106.4 || lat != 26.6 || m != highest(mouth) || !ok {
		t.Errorf("the upper end: got %v %v %v %v", lon, lat, m, ok)
	}
	if _, _, m, _ := lref.UpperEnd(source); m != 0 {
		t.Errorf("the upper end from the source: got K %v", m)
	}
}
