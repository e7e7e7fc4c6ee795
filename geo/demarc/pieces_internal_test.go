package demarc

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/twpayne/go-geom"

	"hetu/geo"
	"hetu/geo/lref"
	"hetu/geo/overlay"
)

// straight is a river that runs east for 2 km, 40 m wide, across the edge of two three-degree zones at 106°30′E; its bank tops are drawn
// against the flow, and on its left a levee's toe stands 60 m from the middle from 500 to 1500 m.
func straight(origin string) (river, func(east, north float64) []float64) {
	rv := river{plane: NewPlane(geom.NewLineStringFlat(geom.XY, []float64{106.5, 26.6}))}
	x, y := rv.plane.To(106.5, 26.6)
	at := func(east, north float64) []float64 {
		lon, lat := rv.plane.From(x-1000+east, y+north)
		return []float64{lon, lat}
	}
	line := func(north float64, east ...float64) *geom.LineString {
		var flat []float64
		for _, e := range east {
			flat = append(flat, at(e, north)...)
		}
		return geom.NewLineStringFlat(geom.XY, flat)
	}
	rv.Route = lref.Measured(line(0, 0, 400, 1000, 1600, 2000), origin)
	_, rv.ToM, _ = lref.Ends(rv.Route)
	rv.Survey = []SurveyLine{
		{ID: 1, Kind: BankTop, Bank: geo.Left, Source: "survey 2020", Line: line(20, 2000, 1200, 700, 0)},
		{ID: 2, Kind: BankTop, Bank: geo.Right, Revetted: true, Source: "survey 2020", Line: line(-20, 2000, 1100, 0)},
		{ID: 3, Kind: ToeLine, Bank: geo.Left, LeveeClass: 4, Source: "levee survey", Line: line(60, 1500, 500)},
		{ID: 4, Kind: ToeLine, Bank: geo.Left, Riverside: true, Line: line(50, 1500, 500)},
	}
	return rv, at
}

func local() WidthProfile {
	return WidthProfile{Profile: "test", Rules: []WidthRule{
		{Basis: LeveeToe, ClassFrom: 4, ClassTo: 5, LeastM: 5, MostM: 10, Source: "levees of class 4 and 5"},
		{Basis: LeveeToe, ClassFrom: 1, ClassTo: 3, LeastM: 20, MostM: 30, Source: "others"},
		{Basis: NaturalBank, LeastM: 10, MostM: 10, Source: "natural"},
		{Basis: Revetment, LeastM: 8, MostM: 8, Source: "revetted"},
	}}
}

// Without wants the bases follow the survey: toe, else bank top; connectors stand square to the route where they change, over 30 m with a
// warning; widths come from the profile with their source. In both directions of measures, and without a jump at 106°30′E.
func TestCandidateProposesBases(t *testing.T) {
	t.Parallel()
	for _, origin := range []string{"source", "mouth"} {
		rv, _ := straight(origin)
		got, notes, err := Candidate(geo.Patient{}, rv.Stretch, nil, local())
		if err != nil {
			t.Fatal(err)
		}
		left, right := got.Of(geo.Left), got.Of(geo.Right)
		if len(left) != 3 || len(right) != 1 {
			t.Fatalf("%s: %d and %d pieces: %+v", origin, len(left), len(right), notes)
		}
		for i, want := range []struct {
			basis Basis
			width float64
			off   float64
		}{{NaturalBank, 10, 30}, {LeveeToe, 10, 70}, {NaturalBank, 10, 30}} {
			p := left[i]
			flat := p.Line.FlatCoords()
			mid := middleOf(p.Line)
			hit := lref.Project(rv.Route, mid.x, mid.y)
			if p.Basis != want.basis || p.WidthM != want.width || p.Confidence < 0.99 || math.Abs(hit.DistanceM-want.off) > 0.06 || flat[0] > flat[len(flat)-2] {
				t.Errorf("%s: piece %d: %+v, %.2f m off", origin, i, p, hit.DistanceM)
			}
		}
		if left[1].Source != "levees of class 4 and 5; levee survey" || right[0].Basis != Revetment || right[0].WidthM != 8 {
			t.Errorf("%s: %q, %+v", origin, left[1].Source, right[0])
		}
		tiles(t, rv.Stretch, left, origin == "source")
		var kinds []string
		for _, c := range got.Connectors {
			kinds = append(kinds, string(c.Kind))
			c := c.Line.FlatCoords()
			a, b := lref.Project(rv.Route, c[0], c[1]), lref.Project(rv.Route, c[len(c)-2], c[len(c)-1])
			if math.Abs(a.MeasureM-b.MeasureM) > 0.1 {
				t.Errorf("%s: a connector runs from %.3f to %.3f: it is not square", origin, a.MeasureM, b.MeasureM)
			}
		}
		if want := "basis_change basis_change end end"; strings.Join(kinds, " ") != want {
			t.Errorf("%s: connectors %v", origin, kinds)
		}
		long := 0
		for _, n := range notes {
			if n.Code == NoteConnector {
				long++
				if math.Abs(n.Size-40) > 0.1 || n.Zh == "" || n.En == "" {
					t.Errorf("%s: %+v", origin, n)
				}
			}
		}
		if long != 2 || len(notes) != 2 {
			t.Errorf("%s: %+v", origin, notes)
		}
		area, err := Area(got)
		if err != nil {
			t.Fatal(err)
		}
		want := rv.ToM*(28+30) + 40*1000
		if m2 := overlay.AreaM2(area); math.Abs(m2/want-1) > 1e-3 {
			t.Errorf("%s: %.0f m², not %.0f", origin, m2, want)
		}
	}
}

// tiles holds that ranges follow each other downstream without a gap (G10).
func tiles(t *testing.T, s Stretch, pieces []Piece, rising bool) {
	t.Helper()
	at := s.FromM
	if !rising {
		at = s.ToM
	}
	for _, p := range pieces {
		up, down := p.FromM, p.ToM
		if !rising {
			up, down = down, up
		}
		if math.Abs(up-at) > 1e-6 {
			t.Errorf("a piece begins at %.3f, the one before ends at %.3f", up, at)
		}
		at = down
	}
}

// Wants say basis and width; a width of their own goes before the profile's.
func TestCandidateByWants(t *testing.T) {
	t.Parallel()
	rv, _ := straight("source")
	width := 25.0
	wants := []Want{
		{Bank: geo.Left, FromM: 0, ToM: 800, Basis: NaturalBank},
		{Bank: geo.Left, FromM: 800, ToM: rv.ToM, Basis: NaturalBank, WidthM: &width, Reason: "wider"},
		{Bank: geo.Right, FromM: 0, ToM: rv.ToM, Basis: Revetment},
	}
	got, notes, err := Candidate(geo.Patient{}, rv.Stretch, wants, local())
	if err != nil || len(notes) > 0 {
		t.Fatal(err, notes)
	}
	if left := got.Of(geo.Left); len(left) != 2 || left[1].WidthM != 25 || left[1].Reason != "wider" || left[0].ToM != 800 {
		t.Errorf("%+v", left)
	}
	if c := got.Connectors[0]; c.Kind != AtChange || math.Abs(c.LengthM-15) > 0.01 || c.AtM != 800 {
		t.Errorf("%+v", c)
	}
	nan, far := math.NaN(), -1.0
	for name, bad := range map[string][]Want{
		"bank":      {{Bank: geo.Both, FromM: 0, ToM: 5, Basis: LeveeToe}},
		"basis":     {{Bank: geo.Left, FromM: 0, ToM: 5, Basis: "dam"}},
		"range":     {{Bank: geo.Left, FromM: 5, ToM: 5, Basis: LeveeToe}},
		"outside":   {{Bank: geo.Left, FromM: 0, ToM: 5000, Basis: LeveeToe}},
		"negative":  {{Bank: geo.Left, FromM: 0, ToM: 500, Basis: LeveeToe, WidthM: &far}},
		"no number": {{Bank: geo.Left, FromM: 0, ToM: 500, Basis: LeveeToe, WidthM: &nan}},
		"overlap":   {{Bank: geo.Left, FromM: 0, ToM: 500, Basis: LeveeToe}, {Bank: geo.Left, FromM: 400, ToM: 900, Basis: NaturalBank}},
		"survey":    {{Bank: geo.Left, FromM: 0, ToM: 500, Basis: NaturalBank, Survey: 77}},
	} {
		if _, _, err := Candidate(geo.Patient{}, rv.Stretch, bad, local()); geo.CodeOf(err) != geo.CodeInvalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, _, err := Candidate(geo.Patient{}, rv.Stretch, []Want{{Bank: geo.Left, FromM: 0, ToM: 900, Basis: NaturalBank}}, WidthProfile{}); geo.CodeOf(err) != geo.CodeInvalid {
		t.Errorf("no width: %v", err)
	}
}

// A stretch without a survey of a part says so, and one that nothing lies beside has no line.
func TestCandidateTellsGaps(t *testing.T) {
	t.Parallel()
	rv, _ := straight("source")
	got, notes, err := Candidate(geo.Patient{}, rv.Stretch, []Want{{Bank: geo.Left, FromM: 0, ToM: rv.ToM, Basis: LeveeToe}}, local())
	if err != nil {
		t.Fatal(err)
	}
	gaps := 0
	for _, n := range notes {
		if n.Code == NoteGap {
			gaps++
		}
	}
	if gaps != 2 || len(got.Of(geo.Left)) != 1 {
		t.Errorf("%d pieces, %+v", len(got.Of(geo.Left)), notes)
	}
}

// Two towns meet at x = 900: pieces are cut there, both sides end at one place, and the parts of the area sum to the whole.
func TestBordersCutLinesAndAreas(t *testing.T) {
	t.Parallel()
	for _, origin := range []string{"source", "mouth"} {
		rv, at := straight(origin)
		box := func(id int64, from, to float64) Division {
			var flat []float64
			for _, c := range [][2]float64{{from, -500}, {to, -500}, {to, 500}, {from, 500}, {from, -500}} {
				flat = append(flat, at(c[0], c[1])...)
			}
			m := geom.NewMultiPolygonFlat(geom.XY, flat, [][]int{{len(flat)}})
			return Division{ID: id, Code: string(rune('0' + id)), Level: geo.Town, Geom: m}
		}
		towns := []Division{box(1, -100, 900), box(2, 900, 1900)}
		lines, _, err := Candidate(geo.Patient{}, rv.Stretch, nil, local())
		if err != nil {
			t.Fatal(err)
		}
		cut, by := CutAtBorders(lines, rv.Route, towns)
		if len(cut.Pieces) != 4+2+2 || len(by) != len(cut.Pieces) {
			t.Fatalf("%s: %d pieces of %v", origin, len(cut.Pieces), by)
		}
		for _, bank := range []geo.Bank{geo.Left, geo.Right} {
			tiles(t, rv.Stretch, cut.Of(bank), origin == "source")
		}
		for i := 1; i < len(by); i++ {
			a, b := cut.Pieces[i-1], cut.Pieces[i]
			if a.Bank == b.Bank && by[i-1] != by[i] && !follows(a.Line, b.Line) {
				t.Errorf("%s: pieces %d and %d do not meet at the border", origin, i-1, i)
			}
		}
		if !slices.Contains(by, 0) {
			t.Errorf("%s: the last hundred metres lie in no town: %v", origin, by)
		}
		area, err := Area(lines)
		if err != nil {
			t.Fatal(err)
		}
		parts, err := SplitByDivision(geo.Patient{}, area, towns)
		if err != nil || len(parts) != 3 {
			t.Fatal(parts, err)
		}
		sum := 0.0
		for _, p := range parts {
			sum += p.AreaM2
			if _, err := toSF(p.Geom); err != nil {
				t.Error(err)
			}
		}
		if whole := overlay.AreaM2(area); math.Abs(sum-whole) > 0.01 {
			t.Errorf("%s: the parts sum to %.3f m², the whole is %.3f", origin, sum, whole)
		}
		bad := towns[0]
		bad.Geom = geom.NewMultiPolygonFlat(geom.XY, slices.Concat(at(0, 0), at(100, 100), at(100, 0), at(0, 100), at(0, 0)), [][]int{{10}})
		if _, err := SplitByDivision(geo.Patient{}, area, []Division{bad}); geo.CodeOf(err) != geo.CodeInvalid {
			t.Errorf("a town that crosses itself: %v", err)
		}
	}
}

// Each preview says what it changes and leaves what it was given.
func TestPreviews(t *testing.T) {
	t.Parallel()
	rv, at := straight("source")
	lines, _, err := Candidate(geo.Patient{}, rv.Stretch, nil, local())
	if err != nil {
		t.Fatal(err)
	}
	before := Lines{Pieces: slices.Clone(lines.Pieces)}
	must := func(p Preview, err error) Preview {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		if !sameLines(before, lines) {
			t.Fatal("what was given has changed")
		}
		return p
	}
	near := func(what string, got, want, within float64) {
		t.Helper()
		if math.Abs(got-want) > within {
			t.Errorf("%s: got %.3f, want %.3f", what, got, want)
		}
	}
	p := must(PreviewSplit(lines, rv.Route, 0, 200))
	if p.Pieces != p.PiecesWas+1 || p.Lines.Pieces[0].ToM != 200 || p.Lines.Pieces[1].FromM != 200 || p.GainedM2+p.LostM2 > 0.1 || !follows(p.Lines.Pieces[0].Line, p.Lines.Pieces[1].Line) {
		t.Errorf("split: %+v", p)
	}
	cut := p.Lines.Pieces[1].Line.FlatCoords()
	near("where it is split", lref.Project(rv.Route, cut[0], cut[1]).MeasureM, 200, 0.01)
	q, err := PreviewMerge(p.Lines, 0)
	if err != nil || q.Pieces != p.PiecesWas || q.Lines.Pieces[0].ToM != lines.Pieces[0].ToM || q.MaxShiftM > 0.001 {
		t.Errorf("merge: %+v, %v", q, err)
	}
	m := must(PreviewMerge(lines, 0)) // toe and bank, over the connector
	if len(m.Lines.Connectors) != len(lines.Connectors)-1 || m.GainedM2+m.LostM2 > 0.01 {
		t.Errorf("merge over a connector: %+v", m)
	}
	o := must(PreviewOffset(lines, 3, 5)) // the right bank
	near("offset shift", o.MaxShiftM, 5, 0.01)
	near("offset gain", o.GainedM2, 5*rv.ToM, 5)
	near("offset loss", o.LostM2, 0, 0.1)
	o = must(PreviewOffset(lines, 3, -5))
	near("offset back", o.LostM2, 5*rv.ToM, 5)
	drawn := geom.NewLineStringFlat(geom.XY, slices.Concat(at(1200, -28), at(1100, -58), at(1000, -28))) // against the flow
	r := must(PreviewReshape(lines, 3, drawn))
	near("reshape gain", r.GainedM2, 200*30/2, 5)
	near("reshape shift", r.MaxShiftM, 30, 0.05)
	if _, err := PreviewReshape(lines, 3, geom.NewLineStringFlat(geom.XY, slices.Concat(at(1200, -40), at(1000, -28)))); geo.CodeOf(err) != geo.CodeInvalid {
		t.Errorf("a line that begins beside the piece: %v", err)
	}
	bent := must(PreviewReshape(lines, 3, geom.NewLineStringFlat(geom.XY, slices.Concat(at(1000, -28), at(1050, -28.3), at(1100, -28), at(1200, -28)))))
	thin, err := PreviewThin(bent.Lines, 0.5)
	if err != nil || thin.Lines.Pieces[3].Line.NumCoords() > 8 || math.Abs(thin.LostM2-15) > 5 {
		t.Errorf("thin: %d vertices, %+v, %v", thin.Lines.Pieces[3].Line.NumCoords(), thin.LostM2, err)
	}
	neighbour := Lines{Pieces: []Piece{{Bank: geo.Left, Line: geom.NewLineStringFlat(geom.XY, slices.Concat(at(2000.05, 30.05), at(2500, 30)))}}}
	e := must(PreviewEdgeMatch(lines, neighbour, 0.1))
	flat := e.Lines.Of(geo.Left)[2].Line.FlatCoords()
	if end := at(2000.05, 30.05); flat[len(flat)-2] != end[0] || flat[len(flat)-1] != end[1] || e.MaxShiftM > 0.1 || e.MaxShiftM < 0.05 {
		t.Errorf("edge match: %+v", e)
	}
	if e := must(PreviewEdgeMatch(lines, neighbour, 0.05)); e.MaxShiftM != 0 {
		t.Errorf("edge match beyond its tolerance: %+v", e.MaxShiftM)
	}
	buffer, m2, err := PreviewBuffer(lines.Pieces[3], 10)
	if err != nil || buffer.NumPolygons() != 1 {
		t.Fatal(err)
	}
	near("buffer", m2, 20*rv.ToM+math.Pi*100, 4)
	for name, err := range map[string]error{
		"no such piece": second(PreviewSplit(lines, rv.Route, 9, 100)), "outside the piece": second(PreviewSplit(lines, rv.Route, 0, 1900)),
		"other bank": second(PreviewMerge(lines, 2)), "no number": second(PreviewOffset(lines, 0, math.NaN())), "no tolerance": second(PreviewThin(lines, 0)),
	} {
		if geo.CodeOf(err) != geo.CodeInvalid {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func second[T any](_ T, err error) error { return err }

// A tributary from the north stops on the main river's left line, whose mouth is open; one connector crosses it, and the areas do not overlap.
func TestConfluenceOpensTheMouth(t *testing.T) {
	t.Parallel()
	rv, at := straight("source")
	main, _, err := Candidate(geo.Patient{}, rv.Stretch, nil, local())
	if err != nil {
		t.Fatal(err)
	}
	line := func(east float64, north ...float64) *geom.LineString {
		var flat []float64
		for _, n := range north {
			flat = append(flat, at(east, n)...)
		}
		return geom.NewLineStringFlat(geom.XY, flat)
	}
	trib := Stretch{Route: lref.Measured(line(1800, 800, 400, 0), "mouth"), Survey: []SurveyLine{
		{ID: 1, Kind: BankTop, Bank: geo.Left, Line: line(1805, 800, 0)}, {ID: 2, Kind: BankTop, Bank: geo.Right, Line: line(1795, 0, 800)},
	}}
	_, trib.ToM, _ = lref.Ends(trib.Route)
	lines, _, err := Candidate(geo.Patient{}, trib, nil, local())
	if err != nil {
		t.Fatal(err)
	}
	river, joining, err := Confluence(main, rv.Route, lines, trib.Route)
	if err != nil {
		t.Fatal(err)
	}
	var mouths []Connector
	for _, c := range slices.Concat(river.Connectors, joining.Connectors) {
		if c.Kind == AtMouth {
			mouths = append(mouths, c)
		}
	}
	if len(mouths) != 2 || math.Abs(mouths[0].LengthM-30) > 0.1 || math.Abs(mouths[1].LengthM-30) > 0.1 {
		t.Fatalf("%+v", mouths)
	}
	tiles(t, rv.Stretch, river.Of(geo.Left), true)
	for _, p := range joining.Pieces {
		if math.Abs(p.FromM-30) > 0.1 || math.Abs(p.ToM-trib.ToM) > 0.1 {
			t.Errorf("the tributary's piece runs from %.2f to %.2f", p.FromM, p.ToM)
		}
	}
	a, err := Area(river)
	if err != nil {
		t.Fatal(err)
	}
	b, err := Area(joining)
	if err != nil {
		t.Fatal(err)
	}
	shared, err := SplitByDivision(geo.Patient{}, b, []Division{{ID: 1, Geom: a}})
	if err != nil || len(shared) != 1 || shared[0].Division != 0 {
		t.Errorf("the areas overlap: %+v, %v", shared, err)
	}
	if m2 := overlay.AreaM2(b); math.Abs(m2-30*770) > 30 {
		t.Errorf("%.0f m²", m2)
	}
	if _, _, err := Confluence(main, rv.Route, main, rv.Route); geo.CodeOf(err) != geo.CodeInvalid {
		t.Log(err)
	}
}

// Whatever lines are sent, nothing panics, and what cannot be used is refused by name.
func TestDegenerateLines(t *testing.T) {
	t.Parallel()
	rv, at := straight("source")
	good, _, err := Candidate(geo.Patient{}, rv.Stretch, nil, local())
	if err != nil {
		t.Fatal(err)
	}
	nan := math.NaN()
	line := func(flat ...float64) *geom.LineString { return geom.NewLineStringFlat(geom.XY, flat) }
	dot := slices.Concat(at(5, 5), at(5, 5), at(5, 5))
	back := slices.Concat(at(5, 25), at(500, 25), at(5, 25), at(500, 25))
	for name, bad := range map[string]*geom.LineString{
		"nothing": line(), "one": line(at(1, 1)...), "no number": line(nan, nan, nan, 1), "no degrees": line(35500000, 2900000, 35500100, 2900000),
		"one place": line(dot...), "back and forth": line(back...), "endless": line(math.Inf(1), 0, math.Inf(-1), 0),
	} {
		s := rv.Stretch
		s.Survey = slices.Clone(s.Survey)
		s.Survey[0].Line = bad
		if _, _, err := Candidate(geo.Patient{}, s, nil, local()); err != nil && geo.CodeOf(err) != geo.CodeInvalid {
			t.Errorf("%s: %v", name, err)
		}
		s = rv.Stretch
		s.Route = lref.Measured(bad, "source")
		if _, _, err := Candidate(geo.Patient{}, s, nil, local()); err == nil {
			t.Errorf("%s is a route", name)
		}
		l := Lines{Pieces: slices.Clone(good.Pieces), Connectors: good.Connectors}
		l.Pieces[0].Line = bad
		probe(l, good, rv.Route, bad)
	}
	probe(Lines{Pieces: []Piece{{Bank: geo.Left}, {}}}, good, rv.Route, nil)
	probe(Lines{}, Lines{}, rv.Route, nil)
	if _, err := Area(Lines{Pieces: []Piece{{Bank: geo.Left}}}); geo.CodeOf(err) != geo.CodeInvalid {
		t.Errorf("a piece without a line: %v", err)
	}
}

// probe asks everything of lines.
func probe(l, good Lines, route, drawn *geom.LineString) {
	for i := -1; i < 5; i++ {
		_, _ = PreviewSplit(l, route, i, 100)
		_, _ = PreviewMerge(l, i)
		_, _ = PreviewReshape(l, i, drawn)
		_, _ = PreviewReshape(good, i, drawn)
		_, _ = PreviewOffset(l, i, 5)
	}
	_, _ = PreviewThin(l, 1)
	_, _ = PreviewEdgeMatch(l, good, 1)
	_, _ = PreviewEdgeMatch(good, l, 1)
	_, _ = PreviewSplitAtBorders(l, route, nil)
	for _, p := range l.Pieces {
		_, _, _ = PreviewBuffer(p, 5)
	}
	_, _ = Area(l)
	_, _, _ = Confluence(l, route, good, route)
	_, _, _ = Confluence(good, route, l, route)
}
