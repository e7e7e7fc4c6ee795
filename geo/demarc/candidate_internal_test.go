package demarc

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/twpayne/go-geom"

	"hetu/geo"
	"hetu/geo/lref"
)

// river is a stretch drawn by a seed: a centre line that meanders, and the tops of both banks half a width beside it.
type river struct {
	Stretch
	plane       Plane
	left, right []xy // the bank tops
}

// newRiver draws a river of n vertices around a meridian; false where its bends are so tight that the banks would meet.
func newRiver(r *rand.Rand, n int, lon float64) (river, bool) {
	centre := meander(r, n, 4)
	half := 2 + r.Float64()*15
	if !simple(centre) {
		return river{}, false
	}
	left := offset(centre, half)
	back := slices.Clone(centre)
	slices.Reverse(back)
	right := offset(back, half)
	slices.Reverse(right.line)
	whole := lengthOf(centre)
	if lengthOf(left.line) < 0.85*whole || lengthOf(right.line) < 0.85*whole || left.pockets > 1 || right.pockets > 1 || left.gap > 0 || right.gap > 0 {
		return river{}, false
	}
	out := river{plane: NewPlane(geom.NewLineStringFlat(geom.XY, []float64{lon, 30})), left: left.line, right: right.line}
	shift := func(line []xy) *geom.LineString {
		x, y := out.plane.To(lon, 30)
		moved := make([]xy, len(line))
		for i, p := range line {
			moved[i] = p.plus(xy{x, y})
		}
		return out.plane.line(moved)
	}
	origin := "source"
	if r.IntN(2) == 0 {
		origin = "mouth"
	}
	out.Route = lref.Measured(shift(centre), origin)
	_, out.ToM, _ = lref.Ends(out.Route)
	out.Survey = []SurveyLine{
		{ID: 1, Kind: BankTop, Bank: geo.Left, Source: "drawn", Line: shift(left.line)},
		{ID: 2, Kind: BankTop, Bank: geo.Right, Source: "drawn", Line: shift(right.line)},
	}
	return out, true
}

func turned(line *geom.LineString) *geom.LineString {
	at := degrees(line)
	slices.Reverse(at)
	return geom.NewLineStringFlat(geom.XY, flatOf(at)).SetSRID(line.SRID())
}

func profileOf(width float64) WidthProfile {
	var p WidthProfile
	for _, b := range Bases() {
		p.Rules = append(p.Rules, WidthRule{Basis: b, LeastM: width, MostM: width, Source: "test"})
	}
	return p
}

// G4 and G6 of a thousand rivers with bends tighter than the width: each line lies on its own side over its whole length, crosses neither a
// bank top nor the route, stands at its width, and closes to a valid area; and no line is another because a survey was digitised the other way.
func TestCandidateOfRandomRivers(t *testing.T) {
	t.Parallel()
	count := 1000
	if testing.Short() || raceEnabled {
		count = 200
	}
	r := rand.New(rand.NewPCG(9, 1))
	for i := 0; i < count; {
		rv, ok := newRiver(r, 30+r.IntN(40), 106.5)
		if !ok {
			continue
		}
		i++
		width := 1 + r.Float64()*18
		got, notes, err := Candidate(geo.Patient{}, rv.Stretch, nil, profileOf(width))
		if err != nil {
			t.Fatalf("river %d: %v", i, err)
		}
		name := fmt.Sprintf("river %d, width %.2f", i, width)
		rv.holds(t, name, width, got, notes)
		for k := range rv.Survey {
			if r.IntN(2) == 0 {
				rv.Survey[k].Line = turned(rv.Survey[k].Line)
			}
		}
		again, _, err := Candidate(geo.Patient{}, rv.Stretch, nil, profileOf(width))
		if err != nil || !sameLines(got, again) {
			t.Fatalf("%s: drawn from the other end it is another: %v", name, err)
		}
		if t.Failed() {
			return
		}
	}
}

func sameLines(a, b Lines) bool {
	return slices.EqualFunc(a.Pieces, b.Pieces, func(p, q Piece) bool {
		return p.Bank == q.Bank && p.FromM == q.FromM && p.ToM == q.ToM && slices.Equal(p.Line.FlatCoords(), q.Line.FlatCoords())
	})
}

func (rv river) holds(t *testing.T, name string, width float64, l Lines, notes []Note) {
	t.Helper()
	for _, n := range notes {
		if n.Code == NoteCrosses || n.Code == NoteSide || n.Code == NoteGap {
			t.Errorf("%s: %+v", name, n)
		}
	}
	route := rv.plane.flat(rv.Route)
	for k, bank := range []geo.Bank{geo.Left, geo.Right} {
		pieces := l.Of(bank)
		if len(pieces) != 1 || pieces[0].FromM != 0 || pieces[0].ToM != rv.ToM {
			t.Errorf("%s: %s has %d pieces", name, bank, len(pieces))
			return
		}
		line, survey := rv.plane.flat(pieces[0].Line), rv.plane.flat(rv.Survey[k].Line)
		if !simple(line) {
			t.Errorf("%s: %s meets itself", name, bank)
		}
		near, tops := gridOf(survey, width), newGrid(20)
		tops.add(route)
		tops.add(survey)
		for j := 1; j < len(line); j++ {
			mid := line[j-1].toward(line[j], 0.5)
			for _, p := range []xy{line[j], mid} {
				// Past the ends of what was surveyed the line goes on straight for as far as the cut.
				if d := near.distance(p, width+20); math.Abs(d-width) > onWidth+0.003 && survey[0].to(p) > 3*width+30 && survey[len(survey)-1].to(p) > 3*width+30 {
					t.Errorf("%s: %s stands at %.3f", name, bank, d)
					return
				}
			}
			if _, crosses := tops.crossed(line[j-1], line[j]); crosses {
				t.Errorf("%s: %s crosses the river or its bank", name, bank)
				return
			}
			lon, lat := rv.plane.From(mid.x, mid.y)
			if hit := lref.Project(rv.Route, lon, lat); hit.Bank != bank && !hit.Beyond {
				t.Errorf("%s: %s lies on the %s", name, bank, hit.Bank)
				return
			}
		}
	}
	area, err := Area(l)
	if err != nil {
		t.Errorf("%s: %v", name, err)
		return
	}
	if _, err := toSF(area); err != nil || area.NumPolygons() != 1 {
		t.Errorf("%s: %d polygons, %v", name, area.NumPolygons(), err)
	}
}

// long is a river of so many metres that bends every kilometre, with both bank tops, a vertex every ten metres.
func long(metres float64) river {
	var centre []xy
	for s := 0.0; s <= metres; s += 10 {
		centre = append(centre, xy{s * 0.8, 250*math.Sin(s/330) + 15*math.Sin(s/47)})
	}
	rv := river{plane: NewPlane(geom.NewLineStringFlat(geom.XY, []float64{106.5, 30}))}
	x, y := rv.plane.To(106.3, 30)
	for i := range centre {
		centre[i] = centre[i].plus(xy{x, y})
	}
	rv.Route = lref.Measured(rv.plane.line(centre), "source")
	_, rv.ToM, _ = lref.Ends(rv.Route)
	rv.left = offset(centre, 30).line
	slices.Reverse(centre)
	rv.right = offset(centre, 30).line
	rv.Survey = []SurveyLine{
		{ID: 1, Kind: BankTop, Bank: geo.Left, Line: rv.plane.line(rv.left)},
		{ID: 2, Kind: BankTop, Bank: geo.Right, Line: rv.plane.line(rv.right)},
	}
	return rv
}

// Fifty kilometres, both banks, have to take less than a second.
func BenchmarkCandidate50km(b *testing.B) {
	rv := long(52_000)
	b.Logf("%.0f m, %d vertices of the route", rv.ToM, rv.Route.NumCoords())
	before := processorTime(b)
	for b.Loop() {
		lines, _, err := Candidate(geo.Patient{}, rv.Stretch, nil, profileOf(15))
		if err != nil || len(lines.Pieces) != 2 {
			b.Fatal(err, len(lines.Pieces))
		}
	}
	b.ReportMetric((processorTime(b)-before).Seconds()*1000/float64(b.N), "cpu-ms/op")
}

func BenchmarkArea50km(b *testing.B) {
	rv := long(52_000)
	lines, _, err := Candidate(geo.Patient{}, rv.Stretch, nil, profileOf(15))
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := Area(lines); err != nil {
			b.Fatal(err)
		}
	}
}

// processorTime is what this process has used: on a machine that others use too the clock tells of them.
func processorTime(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// Pieces of many widths along each bank still cover the route without a gap or an overlap (G10), make a line that does not meet itself, and
// close to a valid area. Where a neck is so narrow that a connector between two widths would lead over the other arm, which hardly a river of
// these has, it is told.
func TestPiecesOfRandomRivers(t *testing.T) {
	t.Parallel()
	count := 150
	if testing.Short() || raceEnabled {
		count = 15
	}
	crossing := 0
	r := rand.New(rand.NewPCG(21, 8))
	for i := 0; i < count; {
		rv, ok := newRiver(r, 40+r.IntN(60), 109.5)
		if !ok {
			continue
		}
		i++
		wants := rv.wants(r)
		got, notes, err := Candidate(geo.Patient{}, rv.Stretch, wants, WidthProfile{})
		if err != nil {
			t.Fatalf("river %d: %v", i, err)
		}
		for _, n := range notes {
			if n.Code == NoteGap {
				t.Errorf("river %d: %+v", i, n)
			}
		}
		told := slices.ContainsFunc(notes, func(n Note) bool { return n.Code == NoteCrosses })
		if crosses := rv.crossed(got); crosses != told {
			t.Errorf("river %d: crosses is %v, and told %v", i, crosses, told)
		} else if crosses {
			crossing++
		}
		for _, bank := range []geo.Bank{geo.Left, geo.Right} {
			tiles(t, rv.Stretch, got.Of(bank), rv.Route.FlatCoords()[2] == 0)
			if line := rv.plane.flat(lineOf(joinedLine(got.Of(bank)))); !simple(line) {
				t.Errorf("river %d: the %s line meets itself", i, bank)
			}
		}
		area, err := Area(got)
		if err != nil {
			t.Fatalf("river %d: %v", i, err)
		}
		if _, err := toSF(area); err != nil {
			t.Errorf("river %d: %v", i, err)
		}
		for k := range rv.Survey {
			rv.Survey[k].Line = turned(rv.Survey[k].Line)
		}
		if again, _, err := Candidate(geo.Patient{}, rv.Stretch, wants, WidthProfile{}); err != nil || !sameLines(got, again) {
			t.Errorf("river %d: drawn from the other end it is another: %v", i, err)
		}
		if t.Failed() {
			return
		}
	}
	if t.Logf("%d of %d cross at a neck", crossing, count); crossing*50 > count {
		t.Error("that is more than one of fifty")
	}
}

// crossed tells whether a line crosses the route or a bank top, by all of their segments.
func (rv river) crossed(l Lines) bool {
	for k, bank := range []geo.Bank{geo.Left, geo.Right} {
		line := rv.plane.flat(lineOf(joinedLine(l.Of(bank))))
		for _, other := range [][]xy{rv.plane.flat(rv.Route), rv.plane.flat(rv.Survey[k].Line)} {
			for i := 1; i < len(line); i++ {
				for j := 1; j < len(other); j++ {
					if _, _, ok := meet(line[i-1], line[i], other[j-1], other[j]); ok {
						return true
					}
				}
			}
		}
	}
	return false
}

// wants cuts either bank into pieces of widths that differ.
func (rv river) wants(r *rand.Rand) []Want {
	var out []Want
	for _, bank := range []geo.Bank{geo.Left, geo.Right} {
		from := 0.0
		for from < rv.ToM {
			to := from + 40 + 300*r.Float64()
			if to > rv.ToM-40 {
				to = rv.ToM
			}
			width := 1 + 18*r.Float64()
			out = append(out, Want{Bank: bank, FromM: from, ToM: to, Basis: NaturalBank, WidthM: &width})
			from = to
		}
	}
	r.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
	return out
}

// Strokes that end two centimetres beside each other are joined at one place: no segment and no connector is under five centimetres.
func TestCandidateHasNoShortSegment(t *testing.T) {
	t.Parallel()
	for _, origin := range []string{"source", "mouth"} {
		rv, _ := straight(origin)
		var wants []Want
		for _, bank := range []geo.Bank{geo.Left, geo.Right} {
			for k := range 8 {
				width := 8 + float64(k%3)*0.02
				wants = append(wants, Want{Bank: bank, FromM: rv.ToM / 8 * float64(k), ToM: rv.ToM / 8 * float64(k+1), Basis: NaturalBank, WidthM: &width})
			}
		}
		got, _, err := Candidate(geo.Patient{}, rv.Stretch, wants, WidthProfile{Profile: "test"})
		if err != nil || len(got.Pieces) != 16 {
			t.Fatalf("%d pieces, %v", len(got.Pieces), err)
		}
		for _, c := range got.Connectors {
			if c.LengthM < 0.05 {
				t.Errorf("a connector of %.3f m at %.1f", c.LengthM, c.AtM)
			}
		}
		for _, bank := range []geo.Bank{geo.Left, geo.Right} {
			line := joinedLine(got.Of(bank))
			for i := 1; i < len(line); i++ {
				if d := lref.Distance(line[i-1].x, line[i-1].y, line[i].x, line[i].y); d < 0.05 {
					t.Errorf("%s: a segment of %.3f m", bank, d)
				}
			}
		}
	}
}
