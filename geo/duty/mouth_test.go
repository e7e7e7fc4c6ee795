package duty_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/twpayne/go-geom"

	"hetu/geo/duty"
	"hetu/geo/lref"
)

func routeAlong(id int64, flat ...float64) duty.Route {
	return duty.Route{ID: id, Geom: lref.Measured(geom.NewLineStringFlat(geom.XY, flat), "mouth")}
}

// A mouth is the lower end of a tributary on the river's line; the bank is the side that the water comes from, told where it lies
// clearly off the line. The river flows east, so north is left.
func TestMouths(t *testing.T) {
	t.Parallel()
	east := routeAlong(1, 106.4, 26.6, 106.5, 26.6, 106.6, 26.6)
	bend := routeAlong(1, 106.4, 26.6, 106.5, 26.6, 106.5, 26.603, 106.4, 26.603) // and back west, 330 m to the north
	tests := []struct {
		name      string
		river     []duty.Route
		tributary []duty.Route
		want      []string
		nearest   float64
	}{
		{"square, from the right", []duty.Route{east}, []duty.Route{routeAlong(2, 106.5, 26.5, 106.5, 26.6)}, []string{"1 K9+960 right 0.0"}, 0},
		{"at nine degrees, from the left", []duty.Route{east}, []duty.Route{routeAlong(2, 106.48, 26.60285, 106.5, 26.6)}, []string{"1 K9+960 left 0.0"}, 0},
		{"at nine degrees, from the right", []duty.Route{east}, []duty.Route{routeAlong(2, 106.48, 26.59715, 106.5, 26.6)}, []string{"1 K9+960 right 0.0"}, 0},
		{"it never leaves the line clearly", []duty.Route{east}, []duty.Route{routeAlong(2, 106.49, 26.60003, 106.5, 26.60003)}, []string{"1 K9+960 left 3.3"}, 3.3},
		{"it lies on the line", []duty.Route{east}, []duty.Route{routeAlong(2, 106.49, 26.6, 106.5, 26.6)}, []string{"1 K9+960 centre 0.0"}, 0},
		{"drawn to the bank", []duty.Route{east}, []duty.Route{routeAlong(2, 106.5, 26.7, 106.5, 26.6003)}, []string{"1 K9+960 left 33.2"}, 33.2},
		{"its upper part lies across a bend", []duty.Route{bend}, []duty.Route{routeAlong(2, 106.45, 26.65, 106.45, 26.6035, 106.45, 26.603)}, []string{"1 K4+980 right 0.0"}, 0},
		{"it ends a kilometre off", []duty.Route{east}, []duty.Route{routeAlong(2, 106.5, 26.7, 106.5, 26.61)}, nil, 1107.9},
		{"no line", []duty.Route{east}, nil, nil, math.Inf(1)},
		{"the river has no line", nil, []duty.Route{routeAlong(2, 106.5, 26.7, 106.5, 26.6)}, nil, math.Inf(1)},
		{
			"the short route has the mouth, the long one flows into it",
			[]duty.Route{east},
			[]duty.Route{routeAlong(2, 106.5, 26.7, 106.5, 26.604), routeAlong(3, 106.51, 26.61, 106.5, 26.604, 106.5, 26.6)},
			[]string{"1 K9+960 left 0.0"},
			0,
		},
		{
			"two arms, two mouths",
			[]duty.Route{east},
			[]duty.Route{routeAlong(2, 106.5, 26.7, 106.5, 26.6), routeAlong(3, 106.5, 26.62, 106.52, 26.6)},
			[]string{"1 K9+960 left 0.0", "1 K7+968 left 0.0"},
			0,
		},
		{
			"two arms that meet at the mouth",
			[]duty.Route{east},
			[]duty.Route{routeAlong(2, 106.5, 26.7, 106.5, 26.6), routeAlong(3, 106.51, 26.7, 106.5, 26.6)},
			[]string{"1 K9+960 left 0.0"},
			0,
		},
	}
	for _, tt := range tests {
		mouths, nearest := duty.Tributary{Routes: tt.tributary}.Mouths(tt.river)
		var got []string
		for _, m := range mouths {
			got = append(got, fmt.Sprintf("%d %s %s %.1f", m.RouteID, lref.Label(m.MeasureM), m.Bank, m.OffM))
		}
		if diff := cmp.Diff(tt.want, got); diff != "" || nearest != tt.nearest && math.Abs(nearest-tt.nearest) > 0.1 {
			t.Errorf("%s: nearest %v, want %v; %s", tt.name, nearest, tt.nearest, diff)
		}
	}
}
