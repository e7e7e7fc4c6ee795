package lref_test

import (
	"math"
	"testing"

	"github.com/twpayne/go-geom"
	"pgregory.net/rapid"

	"hetu/geo"
	"hetu/geo/lref"
)

// Point -> K -> point comes back within a centimetre on meanders with parallel arms, and from beside them on the right side.
func TestMeanderRoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		route := lref.Measured(meander(rt), rapid.SampledFrom([]string{"mouth", "source"}).Draw(rt, "origin"))
		m := rapid.Float64Range(0, 1).Draw(rt, "share") * highest(route)
		offset := rapid.Float64Range(-12, 12).Draw(rt, "offset") // less than half the way to the next arm
		at, err := lref.LocateOffset(route, m, offset)
		if err != nil {
			rt.Fatal(err)
		}
		hit := lref.Project(route, at.Lon, at.Lat)
		if math.Abs(hit.DistanceM) > math.Abs(offset)+0.001 {
			rt.Fatalf("put %v m beside K %v, found at %+v", offset, m, hit)
		}
		if want := side(offset); math.Abs(hit.DistanceM) > 1.001 && hit.Bank != want {
			rt.Fatalf("%v m beside K %v is on the %s bank", offset, m, hit.Bank)
		}
		if math.Abs(offset) < 0.001 && math.Abs(hit.MeasureM-m) > 0.01 {
			rt.Fatalf("K %v came back as %v", m, hit.MeasureM)
		}
		back, err := lref.LocateOffset(route, hit.MeasureM, hit.OffsetM)
		if d := lref.Distance(at.Lon, at.Lat, back.Lon, back.Lat); err != nil || !nearVertex(route, hit) && d > 0.01 {
			rt.Fatalf("point -> K, offset -> point is %v m off, %v", d, err)
		}
	})
}

// nearVertex tells of places where the flow is a bisector, which no perpendicular is.
func nearVertex(route *geom.LineString, hit lref.Hit) bool {
	flat := route.FlatCoords()
	for i := 0; i < len(flat); i += 3 {
		if far(flat[i:], []float64{hit.Lon, hit.Lat}) < 0.001 {
			return true
		}
	}
	return false
}

func side(offset float64) geo.Bank {
	if offset < 0 {
		return geo.Left
	}
	return geo.Right
}

// The foot is that of the ellipsoid to a millimetre, two kilometres off and on long segments: it is where equal steps along the
// segment are equally far, which is asked of Distance alone.
func TestProjectIsExact(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		lat := rapid.Float64Range(18, 53).Draw(rt, "lat")
		a, b := 106.4, lat
		dx, dy := rapid.Float64Range(-0.03, 0.03).Draw(rt, "dx"), rapid.Float64Range(-0.03, 0.03).Draw(rt, "dy")
		l := lref.Distance(a, b, a+dx, b+dy)
		if l < 200 {
			return
		}
		route := lref.Measured(geom.NewLineStringFlat(geom.XY, []float64{a, b, a + dx, b + dy}), "source")
		m := rapid.Float64Range(0.1, 0.9).Draw(rt, "share") * l
		at, err := lref.LocateOffset(route, m, rapid.Float64Range(-2000, 2000).Draw(rt, "offset"))
		if err != nil {
			rt.Fatal(err)
		}
		away := func(t float64) float64 { return lref.Distance(at.Lon, at.Lat, a+dx*t, b+dy*t) }
		lo, hi, h := 0.0, 1.0, 50/l
		for range 60 {
			if mid := (lo + hi) / 2; away(mid+h) < away(mid-h) {
				lo = mid
			} else {
				hi = mid
			}
		}
		hit := lref.Project(route, at.Lon, at.Lat)
		if d := lref.Distance(hit.Lon, hit.Lat, a+dx*lo, b+dy*lo); d > 0.001 {
			rt.Fatalf("the foot is %v m off, from %v m away", d, hit.DistanceM)
		}
	})
}

func TestLocateOffsetIsExact(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		lat := rapid.Float64Range(18, 53).Draw(rt, "lat")
		angle := rapid.Float64Range(0, 2*math.Pi).Draw(rt, "angle")
		route := lref.Measured(geom.NewLineStringFlat(geom.XY, []float64{106.4, lat, 106.4 + 0.03*math.Sin(angle), lat + 0.03*math.Cos(angle)}), "mouth")
		m := highest(route) * 0.5
		offset := rapid.Float64Range(-2000, 2000).Draw(rt, "offset")
		at, err := lref.LocateOffset(route, m, offset)
		if err != nil {
			rt.Fatal(err)
		}
		hit := lref.Project(route, at.Lon, at.Lat)
		if math.Abs(hit.OffsetM-offset) > 0.001 || math.Abs(hit.MeasureM-m) > 0.0015 {
			rt.Fatalf("%v m beside K %v came back as %+v", offset, m, hit)
		}
	})
}

// Candidates holds what Project finds first, nothing past the tolerance, and no place that could slide along the line to a nearer.
func TestCandidates(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		route := lref.Measured(meander(rt), "mouth")
		flat := route.FlatCoords()
		v := 3 * rapid.IntRange(0, len(flat)/3-1).Draw(rt, "vertex")
		lon := flat[v] + rapid.Float64Range(-0.002, 0.002).Draw(rt, "dlon")
		lat := flat[v+1] + rapid.Float64Range(-0.002, 0.002).Draw(rt, "dlat")
		tol := rapid.Float64Range(0, 100).Draw(rt, "tol")
		got := lref.Candidates(route, lon, lat, tol)
		if len(got) == 0 || got[0] != lref.Project(route, lon, lat) {
			rt.Fatalf("the first is not the nearest: %+v", got)
		}
		for i, hit := range got {
			if hit.DistanceM > got[0].DistanceM+tol+0.001 || i > 0 && hit.DistanceM < got[i-1].DistanceM-1e-4 {
				rt.Fatalf("%+v with a tolerance of %v", got, tol)
			}
			for _, step := range []float64{-0.05, 0.05} {
				if x, y, err := lref.Locate(route, hit.MeasureM+step); err == nil && lref.Distance(lon, lat, x, y) < hit.DistanceM-1e-6 {
					rt.Fatalf("beside candidate %d the route is nearer", i)
				}
			}
		}
	})
}

func TestCandidatesOfArms(t *testing.T) {
	t.Parallel()
	// East for a kilometre, round, and back 20 m further north; then the same bend as one that is hardly a bend.
	arms := lref.Measured(geom.NewLineStringFlat(geom.XY, []float64{106.4, 26.6, 106.41, 26.6, 106.4101, 26.6001, 106.41, 26.6002, 106.4, 26.6002}), "mouth")
	soft := lref.Measured(geom.NewLineStringFlat(geom.XY, []float64{106.4, 26.6, 106.405, 26.60001, 106.41, 26.6}), "mouth")
	tests := []struct {
		name          string
		route         *geom.LineString
		lon, lat, tol float64
		want          int
	}{
		{"between the arms", arms, 106.405, 26.6001, 1, 2},
		{"nearer to one, no tolerance", arms, 106.405, 26.60009, 0, 1},
		{"nearer to one, within tolerance", arms, 106.405, 26.60009, 5, 2},
		{"at the tip one bend is one place", arms, 106.42, 26.6001, 50, 1},
		{"inside a soft bend", soft, 106.405, 26.5999, 50, 1},
		{"a tolerance that is no number is none", arms, 106.405, 26.60009, math.NaN(), 1},
	}
	for _, tt := range tests {
		if got := lref.Candidates(tt.route, tt.lon, tt.lat, tt.tol); len(got) != tt.want {
			t.Errorf("%s: got %+v, want %d", tt.name, got, tt.want)
		}
	}
	two := lref.Candidates(arms, 106.405, 26.6001, 1)
	if two[0].Bank != geo.Left || two[1].Bank != geo.Left {
		t.Errorf("between two arms that turn left: got %s and %s, want left of both", two[0].Bank, two[1].Bank)
	}
}

// On a straight line with many vertices a turn is the noise of rounding, and does not tell the bank.
func TestBankBesideStraightVertices(t *testing.T) {
	t.Parallel()
	var flat []float64
	for i := range 200 {
		flat = append(flat, 106.4+0.001/3*float64(i), 26.6+0.0007/3*float64(i))
	}
	route := lref.Measured(geom.NewLineStringFlat(geom.XY, flat), "mouth")
	for i := 2; i < len(route.FlatCoords()); i += 3 {
		for _, offset := range []float64{-300, -5, 5, 300} {
			at, err := lref.LocateOffset(route, route.FlatCoords()[i], offset)
			if err != nil {
				t.Fatal(err)
			}
			if hit := lref.Project(route, at.Lon, at.Lat); hit.Bank != side(offset) || math.Abs(hit.OffsetM-offset) > 0.001 {
				t.Fatalf("%v m beside vertex %d: got %+v", offset, i/3, hit)
			}
		}
	}
}

func TestAzimuth(t *testing.T) {
	t.Parallel()
	route := lref.Measured(geom.NewLineStringFlat(geom.XY, []float64{106.4, 26.6, 106.4, 26.61, 106.4, 26.61, 106.41, 26.61, 106.41, 26.6, 106.4, 26.6}), "source")
	flat := route.FlatCoords()
	for m, want := range map[float64]float64{0: 0, 500: 0, flat[5] + 10: 90, flat[11] + 10: 180, flat[17]: 270} {
		if p, err := lref.LocateOffset(route, m, 0); err != nil || math.Abs(p.AzimuthDeg-want) > 1e-3 {
			t.Errorf("at %v: got %v, %v, want %v", m, p, err, want)
		}
	}
	if p, err := lref.LocateOffset(route, flat[5], 0); err != nil || math.Abs(p.AzimuthDeg-45) > 1e-3 {
		t.Errorf("at the vertex that stands twice: got %v, %v, want 45", p, err)
	}
}
