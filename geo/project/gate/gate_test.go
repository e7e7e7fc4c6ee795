package gate_test

import (
	"math"
	"testing"

	"github.com/twpayne/go-geom"

	"hetu/geo"
	"hetu/geo/demarc"
	"hetu/geo/lref"
	"hetu/geo/project"
	"hetu/geo/project/gate"
	"hetu/geo/rules"
)

// oneProfile has ten metres, or twelve, beside natural banks, and fifteen beside levees.
type oneProfile struct{}

func (oneProfile) Get(id string) (rules.Profile, error) {
	return rules.Profile{ID: id, Width: &demarc.WidthProfile{Profile: id, Rules: []demarc.WidthRule{
		{Basis: demarc.NaturalBank, LeastM: 10, MostM: 12, Source: "示例"}, {Basis: demarc.LeveeToe, LeastM: 15, MostM: 15, Source: "示例"},
	}}}, nil
}

func line(flat ...float64) *geom.LineString { return geom.NewLineStringFlat(geom.XY, flat) }

// subject is a project on a straight river that runs east, with a bank top on either side; each bank has two pieces, given in the wrong order.
func subject(origin string) project.Subject {
	route := lref.Measured(line(106.40, 26.60, 106.41, 26.60, 106.42, 26.60), origin)
	low, high, _ := lref.Ends(route)
	s := project.Subject{Project: project.Project{ID: 7, Name: "示例", River: 3, FromM: low, ToM: high, RuleProfile: "width-kaiping", Status: project.Draft}}
	s.Stretch = demarc.Stretch{RiverName: "示例河", Route: route, FromM: low, ToM: high}
	middle := (low + high) / 2
	for i, bank := range []geo.Bank{geo.Left, geo.Right} {
		side := []float64{1, -1}[i]
		s.Stretch.Survey = append(s.Stretch.Survey, demarc.SurveyLine{ID: int64(i + 1), Kind: demarc.BankTop, Bank: bank, Source: "测量", Line: line(106.40, 26.60+side*0.0003, 106.42, 26.60+side*0.0003)})
		up, down := [2]float64{middle, high}, [2]float64{low, middle}
		if origin == "source" {
			up, down = down, up
		}
		at := func(widthM float64) float64 { return 26.60 + side*(0.0003+widthM/110_780) }
		s.Lines.Pieces = append(
			s.Lines.Pieces,
			demarc.Piece{Bank: bank, FromM: down[0], ToM: down[1], Basis: demarc.NaturalBank, WidthM: 12, Source: "乙", Line: line(106.41, at(12), 106.42, at(12))},
			demarc.Piece{Bank: bank, FromM: up[0], ToM: up[1], Basis: demarc.NaturalBank, WidthM: 10, Source: "甲", Line: line(106.40, at(10), 106.41, at(10))},
		)
	}
	return s
}

// Whichever way measures grow, pieces are put in order downstream, joined where the width changes, and closed at both ends.
func TestPiecesAreConnectedDownstream(t *testing.T) {
	t.Parallel()
	for _, origin := range []string{"mouth", "source"} {
		s := subject(origin)
		l := gate.Connected(s.Lines, s.Stretch.Route)
		for _, bank := range []geo.Bank{geo.Left, geo.Right} {
			if of := l.Of(bank); len(of) != 2 || of[0].Source != "甲" || of[1].Source != "乙" {
				t.Errorf("%s, %s: %+v", origin, bank, of)
			}
			if runs := l.RunsOf(bank); len(runs) != 1 {
				t.Errorf("%s, %s: %d runs", origin, bank, len(runs))
			}
		}
		kinds := map[demarc.ConnectorKind]int{}
		for _, c := range l.Connectors {
			kinds[c.Kind]++
			if c.Kind == demarc.AtChange && math.Abs(c.LengthM-2) > 0.01 {
				t.Errorf("%s: the connector is %.3f m long", origin, c.LengthM)
			}
		}
		if kinds[demarc.AtChange] != 2 || kinds[demarc.AtEnd] != 2 {
			t.Errorf("%s: %v", origin, kinds)
		}
	}
}

// A gap of more than thirty metres that nothing accounts for stays one.
func TestGapsAreNotBridged(t *testing.T) {
	t.Parallel()
	s := subject("mouth")
	for i := range s.Lines.Pieces {
		s.Lines.Pieces[i].WidthM, s.Lines.Pieces[i].Source = 10, "同"
	}
	s.Lines.Pieces[0].Line = line(106.4105, 26.6004, 106.42, 26.6004)
	if runs := gate.Connected(s.Lines, s.Stretch.Route).RunsOf(geo.Left); len(runs) != 2 {
		t.Errorf("%d runs, want 2: fifty metres are open", len(runs))
	}
}

// A prepared project finds of other lines what a check from the beginning finds, and a candidate that is kept is the one that would be drawn.
func TestPreparedFindsTheSame(t *testing.T) {
	t.Parallel()
	set := oneProfile{}
	s := subject("mouth")
	kept := gate.Checker{Profiles: set, Memo: gate.NewMemo()}
	prepared, err := kept.Prepare(geo.Patient{}, s)
	if err != nil {
		t.Fatal(err)
	}
	moved := s
	moved.Lines.Pieces = append([]demarc.Piece{}, s.Lines.Pieces...)
	moved.Lines.Pieces[0].Line = line(106.41, 26.60039, 106.415, 26.6001, 106.42, 26.60039) // over the bank top
	if !prepared.Fits(moved.Lines) {
		t.Fatal("lines that rest on the same do not fit")
	}
	got, err := prepared.CheckLines(t.Context(), moved.Lines, nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]gate.Checker{"drawn anew": {Profiles: set}, "kept": kept} {
		want, err := c.Check(t.Context(), moved)
		if err != nil {
			t.Fatal(err)
		}
		found := map[string]bool{}
		for i, f := range want {
			found[f.Rule] = true
			if len(got) != len(want) || got[i].Rule != f.Rule || math.Abs(got[i].Size-f.Size) > 1e-9 {
				t.Fatalf("%s: %+v, want %+v", name, got, want)
			}
		}
		if !found["G6"] || !found["G13"] {
			t.Errorf("%s: %v", name, found)
		}
	}
	other := s
	other.Lines.Pieces = append([]demarc.Piece{}, s.Lines.Pieces...)
	other.Lines.Pieces[0].Basis = demarc.LeveeToe
	if prepared.Fits(other.Lines) {
		t.Error("lines that rest on something else fit")
	}
}
