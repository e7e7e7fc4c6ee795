package zone

import (
	"testing"

	"github.com/twpayne/go-geom"

	"hetu/geo/lref"
)

// A drawn polygon is told by in how many parts it meets a line.
func TestMeets(t *testing.T) {
	t.Parallel()
	const perLat, perLon = 110780.0, 99600.0
	at := func(xy ...float64) []float64 {
		for i := 0; i < len(xy); i += 2 {
			xy[i], xy[i+1] = 106.4+xy[i]/perLon, 26.6+xy[i+1]/perLat
		}
		return xy
	}
	line := lref.NewFinder(lref.Measured(geom.NewLineStringFlat(geom.XY, at(0, 0, 500, 0, 1000, 0)), "source"))
	for name, tt := range map[string]struct {
		ring []float64
		want int
	}{
		"one":                  {at(100, 0, 900, 0, 900, -50, 100, -50, 100, 0), 1},
		"two":                  {at(100, 0, 300, 0, 300, -20, 700, -20, 700, 0, 900, 0, 900, -50, 100, -50, 100, 0), 2},
		"none":                 {at(100, -1, 900, -1, 900, -50, 100, -50, 100, -1), 0},
		"a touch in one point": {at(100, -10, 500, 0, 900, -10, 900, -50, 100, -50, 100, -10), 0},
	} {
		if got := meets(geom.NewMultiPolygonFlat(geom.XY, tt.ring, [][]int{{len(tt.ring)}}), line); got != tt.want {
			t.Errorf("%s: %d parts, want %d", name, got, tt.want)
		}
	}
}
