package overlay_test

import (
	"math"
	"slices"
	"testing"

	"github.com/twpayne/go-geom"
	"pgregory.net/rapid"

	"hetu/geo/lref"
	"hetu/geo/overlay"
)

func rectangle(w, s, e, n float64) *geom.MultiPolygon {
	return geom.NewMultiPolygonFlat(geom.XY, []float64{w, s, e, s, e, n, w, n, w, s}, [][]int{{10}})
}

// The whole Earth has the surface of the ellipsoid, and a degree square on the equator that of the tables.
func TestAreaOfKnownFigures(t *testing.T) {
	t.Parallel()
	e2 := (2 - 1/298.257222101) / 298.257222101
	e := math.Sqrt(e2)
	surface := 2 * math.Pi * 6378137 * 6378137 * (1 + (1-e2)/e*math.Atanh(e))
	if got := overlay.AreaM2(rectangle(-180, -90, 180, 90)); math.Abs(got/surface-1) > 1e-14 {
		t.Errorf("the Earth: got %v, want %v", got, surface)
	}
	// Small enough to be a rectangle: its middle parallel by its meridian.
	const w, s, d = 106.4, 26.5, 0.001
	flat := lref.Distance(w, s+d/2, w+d, s+d/2) * lref.Distance(w, s, w, s+d)
	if got := overlay.AreaM2(rectangle(w, s, w+d, s+d)); math.Abs(got/flat-1) > 1e-8 {
		t.Errorf("0.001°: got %v, want %v", got, flat)
	}
}

// star draws a polygon around a position that does not cross itself.
func star(t *rapid.T, name string, lon, lat float64) []float64 {
	n := rapid.IntRange(3, 40).Draw(t, name+" corners")
	out := make([]float64, 0, 2*n+2)
	for i := range n {
		r := rapid.Float64Range(0.001, 0.01).Draw(t, name+" radius")
		sin, cos := math.Sincos(2 * math.Pi * (float64(i) + 0.1) / float64(n))
		out = append(out, lon+r*cos, lat+r*sin)
	}
	return append(out, out[0], out[1])
}

func polygon(flat []float64) *geom.MultiPolygon {
	return geom.NewMultiPolygonFlat(geom.XY, flat, [][]int{{len(flat)}})
}

// A polygon is the same wherever its ring starts and however it winds, to the last bit.
func TestRingsAreInOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		flat := star(rt, "polygon", 106.4, 26.5)
		turned := slices.Clone(flat[:len(flat)-2])
		k := 2 * rapid.IntRange(0, len(turned)/2-1).Draw(rt, "start")
		turned = append(slices.Clone(turned[k:]), turned[:k]...)
		if rapid.Bool().Draw(rt, "reversed") {
			for i, j := 0, len(turned)-2; i < j; i, j = i+2, j-2 {
				turned[i], turned[i+1], turned[j], turned[j+1] = turned[j], turned[j+1], turned[i], turned[i+1]
			}
		}
		turned = append(turned, turned[0], turned[1])
		a, b := overlay.NewShape(polygon(flat)), overlay.NewShape(polygon(turned))
		if a.M2 != b.M2 || !slices.Equal(a.Geom.FlatCoords(), b.Geom.FlatCoords()) || a.M2 <= 0 {
			rt.Errorf("%v and %v m²", a.M2, b.M2)
		}
		if f := overlay.Check(polygon(turned)); f != nil {
			rt.Errorf("fault: %v", f)
		}
	})
}

// route draws a river from west to east, which never turns back.
func route(t *rapid.T) *geom.LineString {
	n := rapid.IntRange(2, 30).Draw(t, "vertices")
	from, to := rapid.Float64Range(106.37, 106.399).Draw(t, "from"), rapid.Float64Range(106.401, 106.43).Draw(t, "to")
	flat := make([]float64, 0, 2*n)
	for i := range n {
		flat = append(flat, from+(to-from)*(float64(i)+0.01)/float64(n-1), 26.5+rapid.Float64Range(-0.004, 0.004).Draw(t, "lat"))
	}
	return lref.Measured(geom.NewLineStringFlat(geom.XY, flat), "mouth")
}

// What lies left and what lies right of a river is the whole, and they change sides when the river runs the other way.
func TestBanksAreTheWhole(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		s, r := overlay.NewShape(polygon(star(rt, "polygon", 106.4, 26.5))), route(rt)
		a, ok := s.Banks(r)
		if !ok {
			rt.Fatalf("the river has no banks: %v", r.FlatCoords())
		}
		flat := slices.Clone(r.FlatCoords())
		for i, j := 0, len(flat)-3; i < j; i, j = i+3, j-3 {
			for k := range 3 {
				flat[i+k], flat[j+k] = flat[j+k], flat[i+k]
			}
		}
		b, ok := s.Banks(geom.NewLineStringFlat(geom.XYM, flat))
		if !ok || math.Abs(a.LeftM2+a.RightM2-s.M2) > 1e-6 || math.Abs(a.LeftM2-b.RightM2) > 0.01 {
			rt.Errorf("%+v, the other way %+v, of %v m²", a, b, s.M2)
		}
	})
}

// The banks of a polygon agree with a raster of it.
func TestBanksAgreeWithARaster(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		s, r := overlay.NewShape(polygon(star(rt, "polygon", 106.4, 26.5))), route(rt)
		a, ok := s.Banks(r)
		if !ok {
			rt.Fatal("no banks")
		}
		const n = 60
		b := s.Box()
		left, all := 0, 0
		for i := range n {
			for j := range n {
				lon, lat := b.West+(b.East-b.West)*(float64(i)+0.5)/n, b.South+(b.North-b.South)*(float64(j)+0.5)/n
				if !s.Covers(lon, lat) {
					continue
				}
				if all++; above(r.FlatCoords(), lon, lat) {
					left++
				}
			}
		}
		if got, want := a.LeftM2/s.M2, float64(left)/float64(all); all > 0 && math.Abs(got-want) > 0.08 {
			rt.Errorf("left: %.3f of it, by raster %.3f", got, want)
		}
	})
}

// above tells whether a position lies north of a line that runs from west to east and goes on straight.
func above(flat []float64, lon, lat float64) bool {
	i := 3
	for i < len(flat)-3 && flat[i] < lon {
		i += 3
	}
	t := (lon - flat[i-3]) / (flat[i] - flat[i-3])
	return lat > flat[i-2]+(flat[i+1]-flat[i-2])*t
}

// The parts of a line are the line, and each lies where it says.
func TestPartitionIsTheLine(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		a, b := overlay.NewShape(polygon(star(rt, "a", 106.396, 26.5))), overlay.NewShape(polygon(star(rt, "b", 106.404, 26.5)))
		line := route(rt)
		sum := 0.0
		for _, p := range overlay.Partition(line.FlatCoords(), 3, []*overlay.Shape{a, b}, 0) {
			sum += p.LengthM()
			for i := 2; i < len(p.Flat); i += 2 {
				lon, lat := (p.Flat[i-2]+p.Flat[i])/2, (p.Flat[i-1]+p.Flat[i+1])/2
				if in := a.Covers(lon, lat); p.LengthM() > 0.001 && in != (p.Of == 0) {
					rt.Errorf("%v, %v is said to lie in %d", lon, lat, p.Of)
				}
			}
		}
		if want := lref.Length(line); math.Abs(sum-want) > 1e-3 {
			rt.Errorf("%v m of %v", sum, want)
		}
	})
}

// A polygon that crosses itself is told where.
func TestCheckNamesThePlace(t *testing.T) {
	t.Parallel()
	f := overlay.Check(polygon([]float64{106, 26, 107, 27, 107, 26, 106, 27, 106, 26}))
	if f == nil || !f.Placed || math.Abs(f.Lon-106.5) > 1e-9 || math.Abs(f.Lat-26.5) > 1e-9 || f.Part != 0 || f.Ring != 0 {
		t.Errorf("a bow tie: %+v", f)
	}
	hole := geom.NewMultiPolygonFlat(geom.XY, []float64{106, 26, 107, 26, 107, 27, 106, 27, 106, 26, 106.5, 26.5, 107.5, 26.5, 107.5, 26.6, 106.5, 26.5}, [][]int{{10, 18}})
	if f := overlay.Check(hole); f == nil || f.Ring != 1 || math.Abs(f.Lon-107) > 1e-9 {
		t.Errorf("a hole through the edge: %+v", f)
	}
}
