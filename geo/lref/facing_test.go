package lref_test

import (
	"math"
	"testing"

	"github.com/twpayne/go-geom"
	"pgregory.net/rapid"

	"hetu/geo"
	"hetu/geo/lref"
)

// A bank line drawn beside a meander is left everywhere or right everywhere, whichever way it is drawn; its parts adjoin; and each
// part lies beside its own range, not beside the other arm across the neck.
func TestBankBetweenTiles(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		route := lref.Measured(meander(rt), rapid.SampledFrom([]string{"mouth", "source"}).Draw(rt, "origin"))
		offset := rapid.Float64Range(3, 12).Draw(rt, "offset") * rapid.SampledFrom([]float64{-1, 1}).Draw(rt, "side")
		bank := beside(route, offset)
		if bank.NumCoords() < 5 {
			return
		}
		forth, err := lref.Face(geo.Patient{}, route, bank)
		if err != nil {
			rt.Fatal(err)
		}
		back, err := lref.Face(geo.Patient{}, route, reversed(bank))
		if err != nil {
			rt.Fatal(err)
		}
		length, sum := highest(route), 0.0
		n := rapid.IntRange(1, 6).Draw(rt, "pieces")
		var ends [][]float64
		for i := range n {
			from, to := length*float64(i)/float64(n), length*float64(i+1)/float64(n)
			part, err := forth.Between(from, to)
			if err != nil {
				rt.Fatal(err)
			}
			sum += lref.Length(part)
			wantSame(rt, part, back, from, to)
			wantBeside(rt, route, part, offset, from, to)
			f := part.FlatCoords()
			ends = append(ends, f[:2], f[len(f)-2:])
		}
		if math.Abs(sum-lref.Length(bank)) > 0.01 {
			rt.Fatalf("%d pieces are %v m long together, the bank line %v", n, sum, lref.Length(bank))
		}
		for i := 1; i < n; i++ {
			a, b := ends[2*i-1], ends[2*i] // the lower end of the piece before; with measures from the mouth it is the one after
			if route.FlatCoords()[2] > 0 {
				a, b = ends[2*i-2], ends[2*i+1]
			}
			if far(a, b) > 1e-6 {
				rt.Fatalf("pieces %d and %d are %v m apart", i-1, i, far(a, b))
			}
		}
	})
}

func wantSame(rt *rapid.T, part *geom.LineString, other *lref.Facing, from, to float64) {
	rt.Helper()
	again, err := other.Between(from, to)
	if err != nil {
		rt.Fatal(err)
	}
	a, b := part.FlatCoords(), again.FlatCoords()
	if far(a, b) > 1e-4 || far(a[len(a)-2:], b[len(b)-2:]) > 1e-4 || math.Abs(lref.Length(part)-lref.Length(again)) > 0.001 {
		rt.Fatalf("drawn the other way, %v to %v is another part", from, to)
	}
}

func wantBeside(rt *rapid.T, route, part *geom.LineString, offset, from, to float64) {
	rt.Helper()
	// At the inside of a bend a place of the bank line stands for a stretch of the route.
	const corner = 40.0
	flat := part.FlatCoords()
	for i := 0; i < len(flat); i += 2 {
		hit := lref.Project(route, flat[i], flat[i+1])
		if hit.MeasureM < from-corner || hit.MeasureM > to+corner || hit.Bank != side(offset) {
			rt.Fatalf("the part beside %v to %v has a place beside %+v", from, to, hit)
		}
	}
}

// A bank line that lies nearer to the other arm than to its own, across the neck: every nearest point is wrong there, and the walk
// is right.
func TestBankAcrossANeck(t *testing.T) {
	t.Parallel()
	const up, east = 1 / 110780.0, 1 / 99600.0
	at := func(xy ...float64) *geom.LineString {
		for i := 0; i < len(xy); i += 2 {
			xy[i], xy[i+1] = 106.4+xy[i]*east, 26.6+xy[i+1]*up
		}
		return geom.NewLineStringFlat(geom.XY, xy)
	}
	// East a kilometre, round to the left, back west 100 m further north. The left bank is the inside: a tongue of land, and on the
	// way out it lies 60 m off its own arm, 40 m from the other; on the way back 10 m off its own.
	route := lref.Measured(at(0, 0, 1000, 0, 1050, 50, 1000, 100, 0, 100), "source")
	bank := at(0, 60, 980, 60, 985, 75, 980, 90, 0, 90)
	for _, b := range []*geom.LineString{bank, reversed(bank)} {
		part, err := lref.BankBetween(route, b, 200, 400)
		if err != nil {
			t.Fatal(err)
		}
		for i, want := range [][]float64{at(200, 60).FlatCoords(), at(400, 60).FlatCoords()} {
			if got := part.FlatCoords()[2*i : 2*i+2]; part.NumCoords() != 2 || far(got, want) > 0.05 {
				t.Errorf("end %d of the part beside 200 to 400 is %v m off", i, far(got, want))
			}
		}
		p, err := bankPoint(route, b, 300)
		if err != nil || !p.Square || p.Bank != geo.Left || math.Abs(p.OffsetM+60) > 0.1 {
			t.Errorf("beside 300: got %+v, %v", p, err)
		}
		p, err = bankPoint(route, b, highest(route)-300)
		if err != nil || !p.Square || p.Bank != geo.Left || math.Abs(p.OffsetM+10) > 0.1 {
			t.Errorf("beside 300 before the end: got %+v, %v", p, err)
		}
	}
}

// bankPoint is the place of one bank line at one measure.
func bankPoint(route, bankLine *geom.LineString, m float64) (lref.BankPlace, error) {
	f, err := lref.Face(geo.Patient{}, route, bankLine)
	if err != nil {
		return lref.BankPlace{}, err
	}
	return f.Point(m)
}

// Both bank lines at a measure of a gentle river: square to the flow, at the offset they were drawn at.
func TestBankPoint(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		route := lref.Measured(meander(rt), "mouth")
		m := rapid.Float64Range(0.1, 0.9).Draw(rt, "share") * highest(route)
		for _, offset := range []float64{-10, 10} {
			bank := beside(route, offset)
			if bank.NumCoords() < 5 {
				return
			}
			p, err := bankPoint(route, bank, m)
			if err != nil {
				rt.Fatal(err)
			}
			if p.Bank != side(offset) || p.Square && math.Abs(math.Abs(p.OffsetM)-p.DistanceM) > 0.001 || p.DistanceM > 40 {
				rt.Fatalf("beside K %v: %+v", m, p)
			}
		}
	})
}

func TestBankPointAtACorner(t *testing.T) {
	t.Parallel()
	const up, east = 1 / 110780.0, 1 / 99600.0
	// East 100 m, then north 100 m; the left bank has its corner 20 m inside, the right bank runs round outside.
	route := lref.Measured(geom.NewLineStringFlat(geom.XY, []float64{106.4, 26.6, 106.4 + 100*east, 26.6, 106.4 + 100*east, 26.6 + 100*up}), "source")
	left := geom.NewLineStringFlat(geom.XY, []float64{106.4, 26.6 + 20*up, 106.4 + 80*east, 26.6 + 20*up, 106.4 + 80*east, 26.6 + 100*up})
	right := geom.NewLineStringFlat(geom.XY, []float64{106.4, 26.6 - 20*up, 106.4 + 120*east, 26.6 - 20*up, 106.4 + 120*east, 26.6 + 100*up})
	vertex := route.FlatCoords()[5]
	for _, tt := range []struct {
		name   string
		bank   *geom.LineString
		m      float64
		square bool
		offset float64
	}{
		{"before the corner", left, 50, true, -20},
		{"in the corner", left, 90, false, -20},
		{"on the bisector, inside", left, vertex, true, -20 * math.Sqrt2},
		{"on the bisector, outside", right, vertex, true, 20 * math.Sqrt2},
		{"outside, before the corner", right, 90, true, 20},
	} {
		p, err := bankPoint(route, tt.bank, tt.m)
		if err != nil || p.Square != tt.square || math.Abs(p.OffsetM-tt.offset) > 0.1 || p.Bank != side(tt.offset) {
			t.Errorf("%s: got %+v, %v", tt.name, p, err)
		}
	}
	short := geom.NewLineStringFlat(geom.XY, []float64{106.4 + 50*east, 26.6 - 20*up, 106.4 + 20*east, 26.6 - 20*up})
	if p, err := bankPoint(route, short, 80); err != nil || p.Square || math.Abs(p.DistanceM-math.Hypot(30, 20)) > 0.1 {
		t.Errorf("past the end of a bank line: got %+v, %v", p, err)
	}
	if _, err := lref.BankBetween(route, short, 60, 80); geo.CodeOf(err) != geo.CodeNotFound {
		t.Errorf("a range with no bank line: got %v", err)
	}
	if _, err := lref.BankBetween(route, short, 60, 800); geo.CodeOf(err) != geo.CodeInvalid {
		t.Errorf("a range off the route: got %v", err)
	}
}

// What runs on past an end of the route is opposite no part of it.
func TestBankPastTheEnds(t *testing.T) {
	t.Parallel()
	route := lref.Measured(geom.NewLineStringFlat(geom.XY, []float64{106.4, 26.6, 106.41, 26.6}), "mouth")
	bank := geom.NewLineStringFlat(geom.XY, []float64{106.39, 26.6003, 106.42, 26.6003})
	part, err := lref.BankBetween(route, bank, 0, highest(route))
	if err != nil || math.Abs(lref.Length(part)-highest(route)) > 0.1 {
		t.Errorf("got %v, %v, want %v m", part, err, highest(route))
	}
}
