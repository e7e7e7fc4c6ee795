package stationing

import (
	"math"
	"testing"

	"github.com/twpayne/go-geom"

	"hetu/geo"
	"hetu/geo/lref"
)

// bends draws a river whose arms pass each other as parallel channels, downstream, with bends of 800 m.
func bends(n int) *geom.LineString {
	const step, swing = 14, 1.9
	lon, lat := 106.4, 26.6
	flat := []float64{lon, lat}
	for i := range n - 1 {
		angle := 0.3 + swing*math.Cos(2*math.Pi*float64(i)*step/800)
		lon += step * math.Cos(angle) / 99600
		lat += step * math.Sin(angle) / 110780
		flat = append(flat, lon, lat)
	}
	return lref.Measured(geom.NewLineStringFlat(geom.XY, flat), "mouth")
}

func bankOf(t *testing.T, route *geom.LineString, offset float64) *geom.LineString {
	t.Helper()
	var out []float64
	for m := 2; m < len(route.FlatCoords()); m += 3 {
		p, err := lref.LocateOffset(route, route.FlatCoords()[m], offset)
		if err != nil {
			t.Fatal(err)
		}
		if lref.Project(route, p.Lon, p.Lat).DistanceM > math.Abs(offset)*0.95 {
			out = append(out, p.Lon, p.Lat, 0)
		}
	}
	return geom.NewLineStringFlat(geom.XYZ, out)
}

// What is cut out of a long river for one range gives the parts and places that the whole gives, across parallel arms too.
func TestPiecesGiveWhatTheWholeGives(t *testing.T) {
	t.Parallel()
	route := bends(900)
	for _, offset := range []float64{-30, 30} {
		l := BankLine{ID: 1, Bank: geo.Left, Geom: bankOf(t, route, offset)}
		if costOf(route, l.Geom) <= wholeCost {
			t.Fatalf("a river of cost %g is laid as a whole", costOf(route, l.Geom))
		}
		whole, err := lref.Face(geo.Patient{}, route, l.Geom)
		if err != nil {
			t.Fatal(err)
		}
		for _, from := range []float64{500, 6000, 11000} {
			to, how := from+900, ""
			facings, err := facingsOf(t.Context(), route, l, from, to, &how)
			if err != nil || how != "" {
				t.Fatal(err, how)
			}
			want, err := whole.Between(from, to)
			if err != nil {
				t.Fatal(err)
			}
			got, parts := 0.0, 0
			for _, f := range facings {
				if part, err := f.Between(from, to); err == nil {
					got += lref.Length(part)
					parts++
				}
			}
			if parts != 1 || math.Abs(got-lref.Length(want)) > 0.05 {
				t.Errorf("%v to %v at %v: %d parts of %.3f m, the whole gives %.3f m", from, to, offset, parts, got, lref.Length(want))
			}
			wantPlace(t, facings, whole, from+450)
		}
	}
}

func wantPlace(t *testing.T, facings []*lref.Facing, whole *lref.Facing, m float64) {
	t.Helper()
	want, err := whole.Point(m)
	if err != nil {
		t.Fatal(err)
	}
	nearest := math.Inf(1)
	for _, f := range facings {
		if p, err := f.Point(m); err == nil {
			nearest = min(nearest, lref.Distance(p.Lon, p.Lat, want.Lon, want.Lat))
		}
	}
	if nearest > 0.02 {
		t.Errorf("the place at %v is %.3f m off", m, nearest)
	}
}

func TestPlane(t *testing.T) {
	t.Parallel()
	p := planeOf(109.968, 40.6006)
	if p == nil || p.EPSG != 4525 || math.Abs(float64(p.NorthM)-4496731.880) > 0.001 || math.Abs(float64(p.EastM)-37412649.747) > 0.001 {
		t.Errorf("got %+v", p)
	}
	for lon, want := range map[float64]geo.SRID{106.4999: 4523, 106.5: 4524, 73.51: 4513, 136.4: 4533} {
		if p := planeOf(lon, 30); p == nil || p.EPSG != want {
			t.Errorf("%v: got %+v, want %d", lon, p, want)
		}
	}
	if p := planeOf(2.35, 48.85); p != nil {
		t.Errorf("outside the zones: %+v", p)
	}
}
