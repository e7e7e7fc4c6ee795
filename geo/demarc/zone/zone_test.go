package zone_test

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/twpayne/go-geom"

	"hetu/geo"
	"hetu/geo/demarc"
	"hetu/geo/demarc/zone"
	"hetu/geo/lref"
	"hetu/geo/overlay"
)

const perLat, perLon = 110780.0, 99600.0

// banks draws a meandering river of about so many metres, with its water's edge 15 m and its boundary 60 m beside on both banks.
func banks(lengthM, swing float64, origin string) (demarc.Stretch, demarc.Lines, []demarc.SurveyLine) {
	const step = 20.0
	flat := []float64{106.2, 26.6}
	for i := range int(lengthM / step) {
		angle := swing * math.Cos(2*math.Pi*float64(i)*step/1600)
		x, y := flat[len(flat)-2], flat[len(flat)-1]
		flat = append(flat, x+step*math.Cos(angle)/perLon, y+step*math.Sin(angle)/perLat)
	}
	route := lref.Measured(geom.NewLineStringFlat(geom.XY, flat), origin)
	low, high, _ := lref.Ends(route)
	s := demarc.Stretch{RiverName: "示例河01", Route: route, FromM: low, ToM: high}
	west, east := flat[0], flat[len(flat)-2]
	for i, name := range []string{"甲县", "乙县"} {
		w, e := west-0.1, west+(east-west)*0.4
		if i == 1 {
			w, e = e, east+0.1
		}
		s.Divisions = append(s.Divisions,
			demarc.Division{ID: int64(1 + i), Code: fmt.Sprintf("52230%d", i), Name: name, Level: geo.County, Geom: box(w, 26.3, e, 26.9)},
			demarc.Division{ID: int64(11 + i), Code: fmt.Sprintf("52230%d100", i), Name: name + "甲乡", Level: geo.Town, Geom: box(w, 26.3, e, 26.9)})
	}
	var lines demarc.Lines
	var near []demarc.SurveyLine
	for _, bank := range []geo.Bank{geo.Left, geo.Right} {
		lines.Pieces = append(lines.Pieces, demarc.Piece{Bank: bank, FromM: low, ToM: high, Line: beside(route, bank, 60)})
		near = append(near, demarc.SurveyLine{Kind: demarc.WaterEdge, Bank: bank, Line: beside(route, bank, 15)})
	}
	return s, lines, near
}

func beside(route *geom.LineString, bank geo.Bank, off float64) *geom.LineString {
	if bank == geo.Left {
		off = -off
	}
	var out []float64
	flat := route.FlatCoords()
	for i := 2; i < len(flat); i += 3 {
		p, err := lref.LocateOffset(route, flat[i], off)
		if err != nil {
			panic(err)
		}
		out = append(out, p.Lon, p.Lat)
	}
	return geom.NewLineStringFlat(geom.XY, out)
}

func box(w, s, e, n float64) *geom.MultiPolygon {
	return geom.NewMultiPolygonFlat(geom.XY, []float64{w, s, e, s, e, n, w, n, w, s}, [][]int{{10}})
}

// four cuts a bank into so many zones, their types in turn.
func four(s demarc.Stretch, bank geo.Bank, n int) []zone.Cut {
	var out []zone.Cut
	step := (s.ToM - s.FromM) / float64(n)
	for i := range n {
		from, to := s.FromM+step*float64(i), s.FromM+step*float64(i+1)
		if i == n-1 {
			to = s.ToM
		}
		out = append(out, zone.Cut{Bank: bank, FromM: from, ToM: to, Type: demarc.ZoneType(1 + i%4), Basis: "依据", Restraints: "管控要求"})
	}
	return out
}

func cuts(s demarc.Stretch) []zone.Cut {
	return append(four(s, geo.Left, 7), four(s, geo.Right, 5)...)
}

func build(t *testing.T, s demarc.Stretch, lines demarc.Lines, near []demarc.SurveyLine, c []zone.Cut) []demarc.Zone {
	t.Helper()
	zones, err := zone.Build(geo.Patient{}, s, lines, near, c, nil)
	if err != nil {
		t.Fatal(errors.Unwrap(err), err)
	}
	return zones
}

// Zones tile both banks: their areas and lengths sum to those of the whole, neighbours have an edge in common and no more, L001 lies
// upstream whichever end the measures begin at (scenarios 19 and 27).
func TestZonesTileBothBanks(t *testing.T) {
	t.Parallel()
	for _, origin := range []string{"mouth", "source"} {
		for _, swing := range []float64{0, 0.6, 1.3} {
			t.Run(fmt.Sprint(origin, " ", swing), func(t *testing.T) {
				t.Parallel()
				s, lines, near := banks(5000, swing, origin)
				zones := build(t, s, lines, near, cuts(s))
				if len(zones) != 12 || zones[0].RegionID != "L001" || zones[7].RegionID != "R001" || zones[11].RegionID != "R005" {
					t.Fatalf("%d zones", len(zones))
				}
				upstream := s.Route.FlatCoords()[2]
				for _, z := range []demarc.Zone{zones[0], zones[7]} {
					if math.Abs(z.FromM-upstream) > 0.01 && math.Abs(z.ToM-upstream) > 0.01 {
						t.Errorf("%s lies from %.1f to %.1f, and the source is at %.1f", z.RegionID, z.FromM, z.ToM, upstream)
					}
				}
				for b, bank := range []geo.Bank{geo.Left, geo.Right} {
					of := zones[7*b : 7+5*b]
					area, length := 0.0, 0.0
					for i, z := range of {
						area, length = area+z.AreaM2, length+z.LenKm*1000
						if z.Bank != bank || z.RegionID != fmt.Sprintf("%s%03d", strings.ToUpper(string(bank[:1])), i+1) {
							t.Errorf("zone %d is %s of the %s bank", i, z.RegionID, z.Bank)
						}
						if i > 0 && sharedEdges(of[i-1], z) != 1 {
							t.Errorf("%s and %s have %d edges in common, want one", of[i-1].RegionID, z.RegionID, sharedEdges(of[i-1], z))
						}
						if math.Abs(lref.Length(z.Outer)-z.LenKm*1000) > 0.01 {
							t.Errorf("%s is %.3f m along its outer line and says %.3f", z.RegionID, lref.Length(z.Outer), z.LenKm*1000)
						}
					}
					outer, water := lines.Pieces[b].Line.FlatCoords(), near[b].Line.FlatCoords()
					ring := append([]float64{}, outer...)
					for i := len(water) - 2; i >= 0; i -= 2 {
						ring = append(ring, water[i], water[i+1])
					}
					ring = append(ring, ring[0], ring[1])
					whole := overlay.AreaM2(geom.NewPolygonFlat(geom.XY, ring, []int{len(ring)}))
					if math.Abs(area-whole) > 1e-4 || math.Abs(length-lref.Length(lines.Pieces[b].Line)) > 1e-4 {
						t.Errorf("%s: %.4f m² and %.4f m, the whole has %.4f and %.4f", bank, area, length, whole, lref.Length(lines.Pieces[b].Line))
					}
				}
			})
		}
	}
}

// sharedEdges counts the edges that two polygons have in common, in opposite directions.
func sharedEdges(a, b demarc.Zone) int {
	has := map[[4]float64]bool{}
	flat := a.Geom.FlatCoords()
	for i := 2; i < len(flat); i += 2 {
		has[[4]float64{flat[i-2], flat[i-1], flat[i], flat[i+1]}] = true
	}
	n := 0
	flat = b.Geom.FlatCoords()
	for i := 2; i < len(flat); i += 2 {
		if has[[4]float64{flat[i], flat[i+1], flat[i-2], flat[i-1]}] {
			n++
		}
	}
	return n
}

// A survey drawn upstream and in two parts gives the same zones (scenario 18).
func TestDirectionOfTheSurveyDoesNotMatter(t *testing.T) {
	t.Parallel()
	s, lines, near := banks(3000, 0.6, "mouth")
	want := build(t, s, lines, near, cuts(s))
	var turned []demarc.SurveyLine
	for _, n := range near {
		flat := n.Line.FlatCoords()
		middle := len(flat) / 4 * 2
		for _, part := range [][]float64{flat[middle:], flat[:middle+2]} {
			back := make([]float64, 0, len(part))
			for i := len(part) - 2; i >= 0; i -= 2 {
				back = append(back, part[i], part[i+1])
			}
			turned = append(turned, demarc.SurveyLine{Bank: n.Bank, Line: geom.NewLineStringFlat(geom.XY, back)})
		}
	}
	// Of several kinds the one nearest to the water counts.
	turned = append(turned, demarc.SurveyLine{Kind: demarc.BankTop, Bank: geo.Left, Line: beside(s.Route, geo.Left, 30)})
	for i := range turned[:4] {
		turned[i].Kind = demarc.WaterEdge
	}
	got := build(t, s, lines, turned, cuts(s))
	for i := range want {
		if diff := cmp.Diff(got[i].Geom.FlatCoords(), want[i].Geom.FlatCoords()); diff != "" {
			t.Errorf("%s: %s", want[i].RegionID, diff)
		}
	}
}

// given is what zones are built from.
type given struct {
	s     demarc.Stretch
	lines demarc.Lines
	near  []demarc.SurveyLine
	cuts  []zone.Cut
}

// What does not tile, has no type, or meets a line in two parts is refused with its bank and place.
func TestBuildRefuses(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		change func(g *given)
		want   string
	}{
		"a gap":              {func(g *given) { g.cuts[1].FromM += 5 }, "the left bank has no zone from K0+"},
		"an overlap":         {func(g *given) { g.cuts[1].FromM -= 5 }, "on the left bank two zones overlap"},
		"an end too early":   {func(g *given) { g.cuts = g.cuts[:len(g.cuts)-1] }, "the zones of the right bank end at"},
		"a fifth type":       {func(g *given) { g.cuts[0].Type = 5 }, "no type of zone"},
		"no cuts of a bank":  {func(g *given) { g.cuts = g.cuts[:7] }, "the zones of the right bank end at"},
		"both banks":         {func(g *given) { g.cuts[0].Bank = geo.Both }, "of the left or of the right bank"},
		"no boundary":        {func(g *given) { g.lines.Pieces = g.lines.Pieces[:1] }, "the right bank has zones and no boundary"},
		"no water's edge":    {func(g *given) { g.near = g.near[:1] }, "the right bank has no line near the water"},
		"no route":           {func(g *given) { g.s.Route = nil }, "need a route"},
		"turned range":       {func(g *given) { g.cuts[0].FromM, g.cuts[0].ToM = 10, 0 }, "from a smaller to a larger"},
		"a mouth is open":    {func(g *given) { open(&g.lines) }, "meets the boundary in two parts"},
		"the water is apart": {apart, "the line near the water of the left bank is in two parts"},
		"touching lines":     {touch, "in 2 parts"},
		"crossing lines":     {cross, "cross"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var g given
			g.s, g.lines, g.near = banks(3000, 0.3, "mouth")
			g.cuts = cuts(g.s)
			tt.change(&g)
			zones, err := zone.Build(geo.Patient{}, g.s, g.lines, g.near, g.cuts, nil)
			if err == nil || !strings.Contains(err.Error(), tt.want) || geo.CodeOf(err) == geo.CodeInternal {
				t.Errorf("got %d zones and %v, want %q", len(zones), err, tt.want)
			}
		})
	}
}

// open takes 60 m out of the middle of the left boundary, where a tributary comes in.
func open(lines *demarc.Lines) {
	p := lines.Pieces[0]
	flat := p.Line.FlatCoords()
	middle := len(flat) / 4 * 2
	m := (p.FromM + p.ToM) / 2
	up, down := p, p
	up.FromM, up.Line = m+30, geom.NewLineStringFlat(geom.XY, flat[:middle-2])
	down.ToM, down.Line = m-30, geom.NewLineStringFlat(geom.XY, flat[middle+4:])
	lines.Pieces = append([]demarc.Piece{up, down}, lines.Pieces[1:]...)
}

func apart(g *given) {
	flat := g.near[0].Line.FlatCoords()
	middle := len(flat) / 4 * 2
	second := g.near[0]
	second.Line = geom.NewLineStringFlat(geom.XY, flat[middle+4:])
	g.near[0].Line = geom.NewLineStringFlat(geom.XY, flat[:middle])
	g.near = append(g.near, second)
}

// touch leads the water's edge of the left bank along its boundary for a while.
func touch(g *given) { g.mix(59.97, 30, 36) }

// cross leads it beyond.
func cross(g *given) { g.mix(90, 30, 36) }

func (g *given) mix(off float64, from, to int) {
	flat, other := g.near[0].Line.FlatCoords(), beside(g.s.Route, geo.Left, off).FlatCoords()
	copy(flat[2*from:2*to], other[2*from:2*to])
}

// Statistics by county sum to the river's, bank by bank, and banks are kept apart; a zone across a border counts once.
func TestStatisticsSum(t *testing.T) {
	t.Parallel()
	s, lines, near := banks(5000, 0.6, "mouth")
	zones := build(t, s, lines, near, cuts(s))
	for _, level := range []geo.Level{geo.County, geo.Town} {
		by, river, err := zone.Statistics(geo.Patient{}, zones, s.Divisions, level)
		if err != nil {
			t.Fatal(err)
		}
		if len(by) != 4 || len(river) != 2 {
			t.Fatalf("level %d: %d divisions and banks, %d of the river", level, len(by), len(river))
		}
		for b, bank := range []geo.Bank{geo.Left, geo.Right} {
			total, types, count := 0.0, [4]float64{}, 0
			for _, d := range by {
				if d.Bank != bank {
					continue
				}
				total += d.LengthM
				sum := 0.0
				for i, k := range d.Types {
					types[i] += k.LengthM
					count += k.Count
					sum += k.LengthM
				}
				if math.Abs(sum-d.LengthM) > 1e-6 || d.LengthM < 1000 {
					t.Errorf("%s %s: %.3f m, its types %.3f", d.Division.Name, bank, d.LengthM, sum)
				}
			}
			r := river[b]
			if math.Abs(total-r.LengthM) > 1e-6 || math.Abs(r.LengthM-lref.Length(lines.Pieces[b].Line)) > 1e-3 || count != []int{7, 5}[b] {
				t.Errorf("%s: counties have %.4f m and %d zones, the river %.4f", bank, total, count, r.LengthM)
			}
			for i := range types {
				if k := r.Of(demarc.ZoneType(i + 1)); math.Abs(types[i]-k.LengthM) > 1e-6 || k.Share.Whole != r.LengthM {
					t.Errorf("%s type %d: counties have %.4f m, the river %.4f", bank, i+1, types[i], k.LengthM)
				}
			}
		}
		if by[0].Division.Code > by[2].Division.Code || by[0].Bank != geo.Left || river[0].Bank != geo.Left || river[0].LengthM == river[1].LengthM {
			t.Error("the order is not by code and bank, or the banks are one")
		}
	}
}

// 50 km of river, both banks, a zone a kilometre.
func BenchmarkBuild50Km(b *testing.B) {
	s, lines, near := banks(50_000, 1.2, "mouth")
	c := append(four(s, geo.Left, 50), four(s, geo.Right, 50)...)
	for b.Loop() {
		if _, err := zone.Build(geo.Patient{}, s, lines, near, c, nil); err != nil {
			b.Fatal(err)
		}
	}
}
