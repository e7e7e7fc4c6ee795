package stake_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/twpayne/go-geom"
	"pgregory.net/rapid"

	"hetu/geo"
	"hetu/geo/crs"
	"hetu/geo/demarc"
	"hetu/geo/demarc/stake"
	"hetu/geo/lref"
)

// river draws a meandering river of about so many metres that runs east, its angle of flow a sine of the way, with a boundary offM beside
// on both banks, in three pieces a bank, the middle one farther off by stepM.
func river(lengthM, offM, stepM, swing float64, origin string) (demarc.Stretch, demarc.Lines) {
	const perLat, perLon, step = 110780.0, 99600.0, 20.0
	flat := []float64{106.2, 26.6}
	for i := range int(lengthM / step) {
		angle := swing * math.Cos(2*math.Pi*float64(i)*step/1600)
		x, y := flat[len(flat)-2], flat[len(flat)-1]
		flat = append(flat, x+step*math.Cos(angle)/perLon, y+step*math.Sin(angle)/perLat)
	}
	route := lref.Measured(geom.NewLineStringFlat(geom.XY, flat).SetSRID(4490), origin)
	low, high, _ := lref.Ends(route)
	s := demarc.Stretch{RiverName: "示例河01", Route: route, FromM: low, ToM: high}
	for i, name := range []string{"甲乡", "乙镇"} {
		middle := (flat[0] + flat[len(flat)-2]) / 2
		west, east := flat[0]-0.1, middle
		if i == 1 {
			west, east = middle, flat[len(flat)-2]+0.1
		}
		s.Divisions = append(s.Divisions, demarc.Division{ID: int64(10 + i), Code: fmt.Sprintf("52230110%d", i), Name: name, Level: geo.Town, Geom: box(west, 26.3, east, 26.9)})
	}
	var lines demarc.Lines
	for _, bank := range []geo.Bank{geo.Left, geo.Right} {
		sign := 1.0
		if bank == geo.Left {
			sign = -1
		}
		at := func(m, off float64) []float64 {
			p, err := lref.LocateOffset(route, m, sign*off)
			if err != nil {
				panic(err)
			}
			return []float64{p.Lon, p.Lat}
		}
		// From upstream down, by share of the way.
		m := func(share float64) float64 {
			if route.FlatCoords()[2] > 0 {
				return high - share*(high-low)
			}
			return low + share*(high-low)
		}
		for i, off := range []float64{offM, offM + stepM, offM} {
			from, to := float64(i)/3, float64(i+1)/3
			var line []float64
			n := int((to-from)*(high-low)/step) + 2
			for k := range n {
				line = append(line, at(m(from+(to-from)*float64(k)/float64(n-1)), off)...)
			}
			lines.Pieces = append(lines.Pieces, demarc.Piece{
				Bank: bank, FromM: min(m(from), m(to)), ToM: max(m(from), m(to)), Basis: demarc.NaturalBank, WidthM: off, Line: geom.NewLineStringFlat(geom.XY, line),
			})
			if i > 0 && stepM > 0 {
				before := lines.Pieces[len(lines.Pieces)-2].Line.FlatCoords()
				lines.Connectors = append(lines.Connectors, demarc.Connector{
					Kind: demarc.AtChange, Bank: bank, AtM: m(from), LengthM: stepM, Line: geom.NewLineStringFlat(geom.XY, append(append([]float64{}, before[len(before)-2:]...), line[:2]...)),
				})
			}
		}
	}
	return s, lines
}

func box(w, s, e, n float64) *geom.MultiPolygon {
	return geom.NewMultiPolygonFlat(geom.XY, []float64{w, s, e, s, e, n, w, n, w, s}, [][]int{{10}})
}

func basic() stake.Spacing { return stake.Spacing{BasicM: 200, TurnDeg: 30, KmMarks: true} }

func of(stakes []demarc.Stake, bank geo.Bank) (out []demarc.Stake) {
	for _, s := range stakes {
		if s.Bank == bank {
			out = append(out, s)
		}
	}
	return out
}

// place waits for the stakes to the end.
func place(t testing.TB, s demarc.Stretch, lines demarc.Lines, spacing stake.Spacing, taken []demarc.Stake) []demarc.Stake {
	t.Helper()
	stakes, err := stake.Place(geo.Patient{}, s, lines, spacing, taken)
	if err != nil {
		t.Fatal(err)
	}
	return stakes
}

// Stakes lie on their line, no farther apart along it than the spacing, numbered by measure from 1, at each place that has to have one.
func TestStakesStandOnTheLine(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		origin := rapid.SampledFrom([]string{"mouth", "source"}).Draw(rt, "origin")
		stepM := rapid.SampledFrom([]float64{0, 12, 25}).Draw(rt, "step")
		s, lines := river(rapid.Float64Range(2200, 2900).Draw(rt, "length"), 40, stepM, rapid.Float64Range(0, 1.2).Draw(rt, "swing"), origin)
		spacing := basic()
		spacing.DenseM = rapid.SampledFrom([]float64{0, 50}).Draw(rt, "dense")
		stakes := place(t, s, lines, spacing, nil)
		for _, bank := range []geo.Bank{geo.Left, geo.Right} {
			bankStakes := of(stakes, bank)
			whys := map[string]int{}
			run := lines.RunsOf(bank)[0]
			line := lref.NewFinder(run.Measured())
			last := math.Inf(-1)
			var along []float64
			for i, k := range bankStakes {
				whys[k.Why]++
				on, ok := line.Project(k.Lon, k.Lat, stake.ElectronicWithinM/10)
				if !ok {
					rt.Errorf("%s lies off its line", k.Name)
				}
				along = append(along, on.MeasureM)
				if k.Number != i+1 || k.MeasureM < last {
					rt.Errorf("%s at %.2f has number %d, the one before is at %.2f", k.Name, k.MeasureM, k.Number, last)
				}
				last = k.MeasureM
				if hit := lref.Project(s.Route, k.Lon, k.Lat); hit.Bank != bank || math.Abs(hit.MeasureM-k.MeasureM) > 0.001 {
					rt.Errorf("%s is at %s %.3f, and its place is at %s %.3f", k.Name, k.Bank, k.MeasureM, hit.Bank, hit.MeasureM)
				}
			}
			slices.Sort(along)
			most := spacing.BasicM
			if spacing.DenseM > 0 {
				most = spacing.DenseM
			}
			for i := 1; i < len(along); i++ {
				if gap := math.Abs(along[i] - along[i-1]); gap > most+0.01 {
					rt.Errorf("%s bank: %.2f m from one stake to the next", bank, gap)
				}
			}
			if whys[stake.AtEnd] != 2 || whys[stake.AtBorder] < 1 || whys[stake.AtChange] < 2 || whys[stake.AtKm] < 2 {
				rt.Errorf("%s bank: %v", bank, whys)
			}
		}
	})
}

// A river has the same stakes whichever end its measures begin at; only labels and the order of the numbers change (scenario 19).
func TestOriginMovesNumbersOnly(t *testing.T) {
	t.Parallel()
	spacing := stake.Spacing{BasicM: 150, TurnDeg: 30}
	s, lines := river(4000, 30, 20, 1, "mouth")
	a := of(place(t, s, lines, spacing, nil), geo.Left)
	s2, lines2 := river(4000, 30, 20, 1, "source")
	b := of(place(t, s2, lines2, spacing, nil), geo.Left)
	if len(a) != len(b) {
		t.Fatalf("%d and %d stakes", len(a), len(b))
	}
	for i := range a {
		if k := b[len(b)-1-i]; lref.Distance(a[i].Lon, a[i].Lat, k.Lon, k.Lat) > 0.001 || a[i].Why != k.Why {
			t.Errorf("%s and %s are not one place", a[i].Name, k.Name)
		}
	}
}

// The border between two towns has a stake of its own on each bank, and behind it stakes are of the other town.
func TestStakesKnowTheirTown(t *testing.T) {
	t.Parallel()
	s, lines := river(4000, 30, 0, 0.5, "mouth")
	middle := s.Divisions[1].Geom.FlatCoords()[0]
	for _, k := range place(t, s, lines, basic(), nil) {
		want := s.Divisions[0]
		if k.Lon > middle+1e-9 || k.Why == stake.AtBorder {
			want = s.Divisions[1]
		}
		if k.Why == stake.AtBorder && math.Abs(k.Lon-middle) > 1e-8 {
			t.Errorf("%s at %.9f stands off the border at %.9f", k.Name, k.Lon, middle)
		}
		if k.Division != want.ID || k.Place != want.Name {
			t.Errorf("%s (%s) at %.9f is of %d %s, want %s", k.Name, k.Why, k.Lon, k.Division, k.Place, want.Name)
		}
	}
}

// Corners have a stake whether they are drawn with one vertex or rounded; a wide bend has none.
func TestTurnsHaveStakes(t *testing.T) {
	t.Parallel()
	const perLat, perLon = 110780.0, 99600.0
	line := func(xy ...float64) *geom.LineString {
		for i := 0; i < len(xy); i += 2 {
			xy[i], xy[i+1] = 106.4+xy[i]/perLon, 26.6+xy[i+1]/perLat
		}
		return geom.NewLineStringFlat(geom.XY, xy)
	}
	round := []float64{0, 0, 485, 0}
	for k := range 9 {
		sin, cos := math.Sincos(math.Pi / 2 * float64(k) / 8)
		round = append(round, 485+15*sin, 15-15*cos)
	}
	round = append(round, 500, 500)
	wide := []float64{}
	for k := range 31 {
		sin, cos := math.Sincos(math.Pi / 2 * float64(k) / 30)
		wide = append(wide, 300*sin, 300-300*cos)
	}
	tests := map[string]struct {
		line *geom.LineString
		want int
	}{
		"straight":       {line(0, 0, 500, 0), 0},
		"sharp":          {line(0, 0, 500, 0, 500, 500), 1},
		"29 degrees":     {line(0, 0, 500, 0, 500+500*math.Cos(29*math.Pi/180), 500*math.Sin(29*math.Pi/180)), 0},
		"31 degrees":     {line(0, 0, 500, 0, 500+500*math.Cos(31*math.Pi/180), 500*math.Sin(31*math.Pi/180)), 1},
		"a round corner": {line(round...), 1},
		"a wide bend":    {line(wide...), 0},
		"two corners":    {line(0, 0, 500, 0, 500, 100, 1000, 100), 2},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			route := lref.Measured(line(0, -60, 1200, -60), "source")
			s := demarc.Stretch{RiverName: "河", Route: route}
			lines := demarc.Lines{Pieces: []demarc.Piece{{Bank: geo.Left, FromM: 0, ToM: 1200, Line: tt.line}}}
			n := 0
			for _, k := range place(t, s, lines, stake.Spacing{BasicM: 1e6, TurnDeg: 30}, nil) {
				if k.Why == stake.AtTurn {
					n++
				}
			}
			if n != tt.want {
				t.Errorf("%d turns, want %d", n, tt.want)
			}
		})
	}
}

// The open mouth of a tributary has a stake on either side and none across.
func TestMouthsAreOpen(t *testing.T) {
	t.Parallel()
	s, lines := river(3000, 30, 0, 0.3, "source")
	for i, p := range lines.Pieces {
		if flat := p.Line.FlatCoords(); i%3 == 1 { // the middle one of a bank ends 60 m before the next
			lines.Pieces[i].Line = geom.NewLineStringFlat(geom.XY, flat[:len(flat)-6])
			lines.Connectors = append(lines.Connectors, demarc.Connector{Kind: demarc.AtMouth, Bank: p.Bank, Line: geom.NewLineStringFlat(geom.XY, flat[len(flat)-8:])})
		}
	}
	for _, bank := range []geo.Bank{geo.Left, geo.Right} {
		if runs := lines.RunsOf(bank); len(runs) != 2 {
			t.Fatalf("%s: %d runs", bank, len(runs))
		}
		ends := 0
		for _, k := range of(place(t, s, lines, basic(), nil), bank) {
			if k.Why == stake.AtEnd {
				ends++
			}
			if off := stake.OffsetM(lines, bank, k.Lon, k.Lat); off > 0.001 {
				t.Errorf("%s lies %.3f m off the line", k.Name, off)
			}
		}
		if ends != 4 {
			t.Errorf("%s: %d stakes at ends, want 4", bank, ends)
		}
	}
}

// A number is its stake's for ever: stake 7 is taken away and another added, which is none of those that were (scenario 26).
func TestNumbersAreNeverReused(t *testing.T) {
	t.Parallel()
	s, lines := river(3000, 30, 0, 0.3, "mouth")
	placed := place(t, s, lines, basic(), nil)
	left := of(placed, geo.Left)
	seventh := left[6]
	if seventh.Name != "示例河01-左007" {
		t.Fatalf("the seventh is %s", seventh.Name)
	}
	// The ones taken include the removed one.
	added, err := stake.At(s, lines, seventh.Lon+1e-5, seventh.Lat+1e-5, placed)
	if err != nil {
		t.Fatal(err)
	}
	if added.Number != len(left)+1 || added.Bank != geo.Left || added.Name != stake.Name("示例河01", geo.Left, len(left)+1) {
		t.Errorf("%s", added.Name)
	}
	if off := stake.OffsetM(lines, geo.Left, added.Lon, added.Lat); off > 0.001 {
		t.Errorf("it lies %.4f m off", off)
	}
	for _, k := range place(t, s, lines, basic(), append(placed, added)) {
		if k.Bank == geo.Left && k.Number <= added.Number || k.Bank == geo.Right && k.Number <= len(of(placed, geo.Right)) {
			t.Errorf("%s is given twice", k.Name)
		}
	}
}

// After a line was changed, stakes of what did not change keep their numbers, new ones get numbers nobody had, and none is given twice.
func TestRenewKeepsWhatStands(t *testing.T) {
	t.Parallel()
	s, lines := river(3000, 30, 0, 0.3, "mouth")
	standing := place(t, s, lines, basic(), nil)
	removed := standing[6]
	taken := slices.Clone(standing)
	standing = append(standing[:6:6], standing[7:]...)
	standing[2].Kind = demarc.Physical
	byHand, err := stake.At(s, lines, standing[3].Lon+2e-4, standing[3].Lat, taken)
	if err != nil {
		t.Fatal(err)
	}
	standing, taken = append(standing, byHand), append(taken, byHand)
	// The middle piece of the left bank is led 8 m farther off.
	_, wider := river(3000, 38, 0, 0.3, "mouth")
	changed := demarc.Lines{Pieces: slices.Clone(lines.Pieces)}
	changed.Pieces[1] = wider.Pieces[1]
	got, gone := stake.Renew(s.RiverName, standing, place(t, s, changed, basic(), taken), taken)
	was, names, fresh := map[string]demarc.Stake{}, map[string]bool{}, 0
	for _, k := range standing {
		was[k.Name] = k
	}
	for _, k := range got {
		if names[k.Name] || k.Name == removed.Name {
			t.Errorf("%s is given twice", k.Name)
		}
		names[k.Name] = true
		if old, ok := was[k.Name]; !ok {
			fresh++
			if k.Bank == geo.Left && k.Number <= byHand.Number {
				t.Errorf("%s has a number that was taken", k.Name)
			}
		} else if lref.Distance(old.Lon, old.Lat, k.Lon, k.Lat) > stake.PhysicalWithinM || old.Kind != k.Kind {
			t.Errorf("%s stood elsewhere", k.Name)
		}
	}
	for _, k := range of(standing, geo.Right) {
		if !names[k.Name] {
			t.Errorf("%s of the bank that did not change is gone", k.Name)
		}
	}
	if !names[byHand.Name] || fresh < 3 || len(gone) < 3 {
		t.Errorf("%d are new, %d gone", fresh, len(gone))
	}
}

// A physical stake 0.8 m off its line is a moved one (scenario 26).
func TestCheckIn(t *testing.T) {
	t.Parallel()
	s, lines := river(3000, 30, 0, 0.3, "mouth")
	was := of(place(t, s, lines, basic(), nil), geo.Right)[5]
	hit := lref.Project(s.Route, was.Lon, was.Lat)
	at := func(m float64) stake.Visit {
		p, err := lref.LocateOffset(s.Route, hit.MeasureM, hit.OffsetM+m)
		if err != nil {
			t.Fatal(err)
		}
		return stake.Visit{Lon: p.Lon, Lat: p.Lat}
	}
	tests := map[string]struct {
		off  float64
		said demarc.StakeKind
		want demarc.StakeKind
		err  string
	}{
		"on its line":               {off: 0.2, want: demarc.Physical},
		"off its line":              {off: 0.8, want: demarc.Moved},
		"off, and said physical":    {off: 0.8, said: demarc.Physical, err: "移位桩"},
		"off, and said moved":       {off: 0.8, said: demarc.Moved, want: demarc.Moved},
		"electronic, off":           {off: 0.02, said: demarc.Electronic, err: "electronic stake lies on its line"},
		"electronic, on it":         {off: 0, said: demarc.Electronic, want: demarc.Electronic},
		"no such kind":              {off: 0, said: "post", err: "no kind of stake"},
		"another stake altogether":  {off: 300, err: "more than 200 m off"},
		"of the other bank's stake": {off: -50, err: "nearer to the other bank"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := at(tt.off)
			v.Kind = tt.said
			got, err := stake.CheckIn(s, lines, was, v)
			if tt.err != "" {
				if err == nil || !strings.Contains(err.Error(), tt.err) || geo.CodeOf(err) == geo.CodeInternal {
					t.Fatalf("got %v, want %q", err, tt.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got.Stake.Kind != tt.want || math.Abs(got.OffsetM-math.Abs(tt.off)) > 0.01 || got.Stake.Name != was.Name || got.Stake.Number != was.Number {
				t.Errorf("got %s %s, %.3f m off", got.Stake.Kind, got.Stake.Name, got.OffsetM)
			}
		})
	}
}

// The table is laid out as printed: X north with 4 decimals, Y east, degrees with 8, heights with 2, by measure and then bank.
func TestTable(t *testing.T) {
	t.Parallel()
	h := 1263.456
	stakes := []demarc.Stake{
		{Name: "甲河-右001", Number: 1, Kind: demarc.Moved, Bank: geo.Right, MeasureM: 999.6, Lon: 109.968, Lat: 40.6006, Place: "乙镇"},
		{Name: "甲河-左001", Number: 1, Kind: demarc.Physical, Bank: geo.Left, MeasureM: 999.6, Lon: 109.968, Lat: 40.6006, H1985: &h},
		{Name: "甲河-左002", Number: 2, Kind: demarc.Electronic, Bank: geo.Left, MeasureM: 20, Lon: 109.9, Lat: 40.6},
		{Name: "告示牌001", Number: 1, Kind: demarc.Sign, Bank: geo.Left, MeasureM: 5, Lon: 109.9, Lat: 40.6},
	}
	table, signs := stake.Tables(stakes, stake.ZoneOf(109.968, false))
	if len(table) != 3 || len(signs) != 1 || signs[0].Note != "告示牌" || table[0].Name != "甲河-左002" || table[0].K != "K0+020" {
		t.Fatalf("%v %v", table, signs)
	}
	// The vector of api.md 3.5: (40.6006 N, 109.968 E) is [4496731.880, 412649.747] in EPSG:4546.
	want := []string{"甲河-左001", "K1+000", "", "E109.96800000", "N40.60060000", "4496731.8798", "412649.7473", "1263.46", "实体桩"}
	zone, _ := crs.ByEPSG(4546)
	e, n := zone.FromLonLat(109.968, 40.6006)
	if math.Abs(e-412649.747) > 0.001 || math.Abs(n-4496731.880) > 0.001 {
		t.Fatalf("the zone gives %f %f", e, n)
	}
	want[5], want[6] = fmt.Sprintf("%.4f", n), fmt.Sprintf("%.4f", e)
	if diff := cmp.Diff(table[1].Cells(), want); diff != "" {
		t.Error(diff)
	}
	if table[2].Note != "移位桩" || table[2].Name != "甲河-右001" || table[2].Place != "乙镇" {
		t.Errorf("%v", table[2])
	}
	numbered, _ := stake.Tables(stakes, stake.ZoneOf(109.968, true))
	if y := numbered[1].Y; !strings.HasPrefix(y, "37412649.") {
		t.Errorf("with the zone's number Y is %s", y)
	}
}

// The standard's own example, and the corners of a sheet.
func TestMapSheet(t *testing.T) {
	t.Parallel()
	tests := []struct {
		lon, lat float64
		want     string
	}{
		{114.5625, 39.375, "J50G015010"}, // its south-west corner
		{114.5625 + 0.0624, 39.375 + 0.0416, "J50G015010"},
		{114.0001, 39.9999, "J50G001001"},
		{119.9999, 36.0001, "J50G096096"},
		{106.45, 26.6, "G48G034072"},
		{200, 40, ""},
		{100, -1, ""},
		{math.NaN(), 1, ""},
	}
	for _, tt := range tests {
		if got := stake.MapSheet(tt.lon, tt.lat); got != tt.want {
			t.Errorf("%v %v: got %q, want %q", tt.lon, tt.lat, got, tt.want)
		}
	}
}

func TestParseName(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"示例河-左001": "示例河 left 1", "左家河-右1024": "左家河 right 1024", "示例河左岸007": "示例河 left 7", "告示牌012": "  12", "示例河-001": "", "示例河-左": "", "左-0": "", "": "", "右999999999": "",
	} {
		river, bank, n, ok := stake.ParseName(name)
		got := ""
		if ok {
			got = fmt.Sprintf("%s %s %d", river, bank, n)
		}
		if got != want {
			t.Errorf("%q: got %q, want %q", name, got, want)
		}
	}
}

// Lines and routes without length, and none at all, have no stakes and do no harm.
func TestNothingToPlace(t *testing.T) {
	t.Parallel()
	s, lines := river(1500, 30, 0, 0, "mouth")
	if got := place(t, demarc.Stretch{}, lines, basic(), nil); got != nil {
		t.Error("stakes without a route")
	}
	if got := place(t, s, demarc.Lines{}, basic(), nil); got != nil {
		t.Error("stakes without lines")
	}
	if got := place(t, s, lines, stake.Spacing{}, nil); got != nil {
		t.Error("stakes without a spacing")
	}
	point := demarc.Lines{Pieces: []demarc.Piece{{Bank: geo.Left, Line: geom.NewLineStringFlat(geom.XY, []float64{106.4, 26.6, 106.4, 26.6})}, {Bank: geo.Left}}}
	_ = place(t, s, point, basic(), nil)
	if _, err := stake.At(s, demarc.Lines{}, 106.4, 26.6, nil); geo.CodeOf(err) != geo.CodeInvalid {
		t.Errorf("got %v", err)
	}
}

// 50 km of river, both banks, 100 m apart, with dense stakes at 25 m.
func BenchmarkPlace50Km(b *testing.B) {
	s, lines := river(50_000, 60, 20, 1.2, "mouth")
	spacing := stake.Spacing{BasicM: 100, DenseM: 25, TurnDeg: 30, KmMarks: true}
	n := 0
	for b.Loop() {
		n = len(place(b, s, lines, spacing, nil))
	}
	b.ReportMetric(float64(n), "stakes")
	b.ReportMetric(float64(lines.Pieces[0].Line.NumCoords()*6), "vertices")
}
