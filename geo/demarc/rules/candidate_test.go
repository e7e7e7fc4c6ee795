package rules_test

import (
	"fmt"
	"testing"

	"hetu/geo"
	"hetu/geo/demarc"
	"hetu/geo/demarc/rules"
	"hetu/geo/demarc/rules/rulestest"
	"hetu/geo/demarc/stake"
	"hetu/geo/demarc/zone"
)

// What is drawn by the rules of demarcation, with the area, stakes, table and zones that are made of it, breaks no quality rule.
func TestWhatIsMadeIsSound(t *testing.T) {
	t.Parallel()
	for seed := range uint64(25) {
		c := rulestest.Sound(seed)
		s := made(t, c)
		for _, f := range check(t, s, nil) {
			t.Errorf("seed %d: %s %s at %.0f to %.0f: %s", seed, f.Rule, f.Bank, f.FromM, f.ToM, f.En)
		}
	}
}

// made has the packages of demarcation make a boundary of a case's survey.
func made(t *testing.T, c *rulestest.Case) rules.Subject {
	t.Helper()
	s := c.Subject
	var wants []demarc.Want
	for _, p := range s.Lines.Pieces {
		wants = append(wants, demarc.Want{Bank: p.Bank, FromM: p.FromM, ToM: p.ToM, Basis: p.Basis, WidthM: &p.WidthM, Source: p.Source})
	}
	lines, notes, err := demarc.Candidate(geo.Patient{}, s.Stretch, wants, demarc.WidthProfile{Profile: "示例"})
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range notes {
		t.Logf("note: %s %s %.0f to %.0f: %s", n.Code, n.Bank, n.FromM, n.ToM, n.En)
	}
	s.Lines, s.Candidate = lines, &lines
	if s.Area, err = demarc.Area(lines); err != nil {
		t.Fatal(err)
	}
	s.Parts, s.Neighbours, s.Others, s.Meta.TextLengths = nil, nil, nil, []rules.TextLength{}
	spacing := stake.Spacing{BasicM: 200, DenseM: 50, TurnDeg: 30, KmMarks: true}
	if s.Stakes, err = stake.Place(geo.Patient{}, s.Stretch, lines, spacing, nil); err != nil {
		t.Fatal(err)
	}
	s.Profile.MaxStakeSpacingM = spacing.DenseM
	s.StakeTable = table(s.Stakes)
	s.Meta.KnownDivisions = append(s.Meta.KnownDivisions, 0)
	var cuts []zone.Cut
	for _, bank := range []geo.Bank{geo.Left, geo.Right} {
		middle := (s.FromM + s.ToM) / 2
		cuts = append(cuts, zone.Cut{Bank: bank, FromM: s.FromM, ToM: middle, Type: demarc.Protected}, zone.Cut{Bank: bank, FromM: middle, ToM: s.ToM, Type: demarc.Controlled})
	}
	var near []demarc.SurveyLine
	for _, l := range s.Survey {
		if l.Kind == demarc.WaterEdge {
			near = append(near, l)
		}
	}
	if s.Zones, err = zone.Build(geo.Patient{}, s.Stretch, lines, near, cuts, nil); err != nil {
		t.Fatal(fmt.Errorf("zones: %w", err))
	}
	return s
}

func table(stakes []demarc.Stake) []rules.StakeRow {
	var out []rules.StakeRow
	system := stake.ZoneOf(stakes[0].Lon, false)
	for _, k := range stakes {
		east, north := system.FromLonLat(k.Lon, k.Lat)
		out = append(out, rules.StakeRow{Name: k.Name, MeasureM: k.MeasureM, Lon: k.Lon, Lat: k.Lat, NorthX: north, EastY: east, System: system})
	}
	return out
}
