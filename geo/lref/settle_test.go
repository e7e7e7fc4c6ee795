package lref_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/twpayne/go-geom"

	"hetu/geo"
	"hetu/geo/lref"
)

// A bank line that begins and ends beside the middle of its route, farther off than its last vertices are apart, lies opposite all of its range: also
// its ends. What is square to the flow at a vertex is off by as much as the bend there.
func TestBankLineIsOppositeUpToItsEnds(t *testing.T) {
	t.Parallel()
	for _, origin := range []string{"mouth", "source"} {
		flat := []float64{106.2, 26.6}
		for i := range 150 {
			angle := 0.4 * math.Cos(2*math.Pi*float64(i)*20/1600)
			x, y := flat[len(flat)-2], flat[len(flat)-1]
			flat = append(flat, x+20*math.Cos(angle)/99600, y+20*math.Sin(angle)/110780)
		}
		route := lref.Measured(geom.NewLineStringFlat(geom.XY, flat), origin)
		for _, off := range []float64{-80, -40, 40, 80} {
			var bank []float64
			from, to := 750.0, 1500.0
			for m := from; m <= to; m += 18.75 {
				p, err := lref.LocateOffset(route, m, off)
				if err != nil {
					t.Fatal(err)
				}
				bank = append(bank, p.Lon, p.Lat)
			}
			name := fmt.Sprint(origin, " ", off)
			f, err := lref.Face(geo.Patient{}, route, geom.NewLineStringFlat(geom.XY, bank))
			if err != nil {
				t.Fatal(err)
			}
			if a, b := f.Range(); math.Abs(a-from) > 0.05 || math.Abs(b-to) > 0.05 {
				t.Errorf("%s: it lies opposite %.2f to %.2f", name, a, b)
			}
			for _, m := range []float64{755, 765, 790, 1000, 1460, 1490, 1497} {
				p, err := f.Point(m)
				if err != nil {
					t.Fatal(err)
				}
				if hit := lref.Project(route, p.Lon, p.Lat); math.Abs(hit.MeasureM-m) > 1.5 {
					t.Errorf("%s: the place at %.0f lies opposite %.2f", name, m, hit.MeasureM)
				}
			}
		}
	}
}
