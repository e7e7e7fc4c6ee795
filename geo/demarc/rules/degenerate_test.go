package rules_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/twpayne/go-geom"

	"hetu/geo"
	"hetu/geo/demarc"
	"hetu/geo/demarc/rules"
	"hetu/geo/demarc/rules/rulestest"
)

// What is refused says so by its code.
func TestRefused(t *testing.T) {
	t.Parallel()
	sound := rulestest.Sound(1).Subject
	without := func(line *geom.LineString) rules.Subject {
		s := sound
		s.Route = line
		return s
	}
	for name, c := range map[string]struct {
		s rules.Subject
		o rules.Options
	}{
		"no route":               {without(nil), rules.Options{}},
		"route without measures": {without(geom.NewLineStringFlat(geom.XY, []float64{106, 26, 106.1, 26})), rules.Options{}},
		"route of one place":     {without(geom.NewLineStringFlat(geom.XYM, []float64{106, 26, 0, 106, 26, 1})), rules.Options{}},
		"route that is nowhere":  {without(geom.NewLineStringFlat(geom.XYM, []float64{106, 26, 0, math.NaN(), 26, 1})), rules.Options{}},
		"stretch turned round": {func() rules.Subject {
			s := sound
			s.FromM, s.ToM = s.ToM, s.FromM
			return s
		}(), rules.Options{}},
		"range turned round":  {sound, rules.Options{Range: &[2]float64{5, 1}}},
		"range of no numbers": {sound, rules.Options{Range: &[2]float64{math.NaN(), 1}}},
		"no such rule":        {sound, rules.Options{Only: []string{"G22"}}},
	} {
		if _, err := rules.Check(t.Context(), c.s, c.o); geo.CodeOf(err) != geo.CodeInvalid {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Only the rules that are named are asked.
func TestOnly(t *testing.T) {
	t.Parallel()
	c, _ := seeded(t, "notch")
	found, err := rules.Check(t.Context(), c.Subject, rules.Options{Only: []string{"G13"}})
	if err != nil || len(found) != 1 || found[0].Rule != "G13" {
		t.Errorf("%v, %v", found, err)
	}
}

// A boundary may be anything that can be stored, and more: it is told what is wrong with it, and nothing breaks.
func TestNothingBreaks(t *testing.T) {
	t.Parallel()
	for seed := range uint64(100) {
		c := rulestest.Sound(seed % 40)
		s := c.Subject
		r := rand.New(rand.NewPCG(seed, 11))
		for range 1 + r.IntN(6) {
			ruin(r, &s)
		}
		var span *[2]float64
		if r.IntN(2) == 0 {
			span = &[2]float64{s.FromM, s.FromM + 500}
		}
		for _, f := range check(t, s, span) {
			if math.IsNaN(f.FromM) || math.IsNaN(f.ToM) || math.IsInf(f.FromM, 0) || math.IsInf(f.ToM, 0) {
				t.Errorf("seed %d: %+v", seed, f)
			}
		}
	}
}

// ruin spoils something of a subject beyond what one who draws could.
func ruin(r *rand.Rand, s *rules.Subject) {
	bad := []float64{math.NaN(), math.Inf(1), 0, -1e300, 1e-300, 90, 360}[r.IntN(7)]
	lines := [][]float64{}
	for _, p := range s.Lines.Pieces {
		if p.Line != nil {
			lines = append(lines, p.Line.FlatCoords())
		}
	}
	switch r.IntN(14) {
	case 0:
		s.Lines.Pieces = nil
	case 1:
		s.Lines.Connectors = nil
	case 2:
		for i := range s.Lines.Pieces {
			s.Lines.Pieces[i].Line = nil
		}
	case 3:
		if len(lines) > 0 {
			f := lines[r.IntN(len(lines))]
			f[r.IntN(len(f))] = bad
		}
	case 4:
		for _, f := range lines {
			for i := range f {
				f[i] = bad
			}
		}
	case 5:
		for _, f := range lines { // all at one place
			for i := 2; i < len(f); i++ {
				f[i] = f[i-2]
			}
		}
	case 6:
		if s.Area != nil {
			f := s.Area.FlatCoords()
			for range min(len(f), 1+r.IntN(50)) {
				f[r.IntN(len(f))] = bad
			}
		}
	case 7:
		s.Area = geom.NewMultiPolygonFlat(geom.XY, nil, [][]int{{0}, {0, 0}})
	case 8:
		for i := range s.Survey {
			if f := s.Survey[i].Line.FlatCoords(); len(f) > 0 {
				f[r.IntN(len(f))] = bad
			}
		}
	case 9:
		s.Survey = nil
	case 10:
		s.Zones = append(s.Zones, demarc.Zone{Bank: geo.Left, FromM: bad, ToM: bad}, demarc.Zone{Bank: "middle", Geom: geom.NewMultiPolygonFlat(geom.XY, []float64{bad, bad}, [][]int{{2}})})
	case 11:
		s.Stakes = append(s.Stakes, demarc.Stake{Bank: geo.Left, Lon: bad, Lat: bad, MeasureM: bad}, demarc.Stake{})
	case 12:
		s.Zones, s.Parts = nil, append(s.Parts, rules.Part{})
	case 13:
		s.Candidate, s.Base = &demarc.Lines{Pieces: []demarc.Piece{{Bank: geo.Left}}}, &rules.BaseRiver{}
		s.Others = append(s.Others, rules.OtherRiver{})
		s.Neighbours = append(s.Neighbours, rules.Neighbour{Lines: demarc.Lines{Pieces: []demarc.Piece{{Bank: geo.Left}, {Bank: geo.Left, Line: geom.NewLineString(geom.XY)}}}})
		s.Meta, s.Profile, s.Divisions = rules.Meta{}, rules.Profile{}, append(s.Divisions, demarc.Division{})
	}
}
