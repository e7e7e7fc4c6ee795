package geo_test

import (
	"encoding/json"
	"math"
	"testing"

	"pgregory.net/rapid"

	"hetu/geo"
	"hetu/geo/lref"
)

func TestLonLatIsToldToACentimetre(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		at   geo.LonLat
		want string
	}{
		{geo.LonLat{106.461234567891, 26.60098765432}, "[106.4612346,26.6009877]"},
		{geo.LonLat{106.4, 26.6}, "[106.4,26.6]"},
		{geo.LonLat{-0.00000001, 1e-9}, "[0,0]"},
		{geo.LonLat{-123.45678949, -33}, "[-123.4567895,-33]"},
	} {
		if got, err := json.Marshal(map[string]any{"point": &tt.at}); err != nil || string(got) != `{"point":`+tt.want+`}` {
			t.Errorf("%v: %s, %v", [2]float64(tt.at), got, err)
		}
	}
}

// A position is told by the node of its cell, which is never farther off than half a cell's diagonal, and told again it is the same.
func TestSnapped(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		p := geo.LonLat{rapid.Float64Range(73, 136).Draw(rt, "lon"), rapid.Float64Range(3, 54).Draw(rt, "lat")}
		m := rapid.Float64Range(1, 1000).Draw(rt, "metres")
		s := p.Snapped(m)
		if d := lref.Distance(p[0], p[1], s[0], s[1]); d > m*math.Sqrt2/2*1.02+0.02 {
			rt.Errorf("%v went %.2f m to %v", p, d, s)
		}
		if again := s.Snapped(m); lref.Distance(s[0], s[1], again[0], again[1]) > 0.02 {
			rt.Errorf("%v, told again, is %v", s, again)
		}
		east := geo.LonLat{p[0] + 1.5*m/metresEast(p[1]), p[1]}.Snapped(m)
		if east == s {
			rt.Errorf("a place a cell and a half to the east is told as the same")
		}
	})
	if p := (geo.LonLat{106.4612345, 26.6009876}); p.Snapped(0) != p {
		t.Error("a grid of 0 m tells places as they are")
	}
}

func metresEast(lat float64) float64 { return 111_320 * math.Cos(lat*math.Pi/180) }
