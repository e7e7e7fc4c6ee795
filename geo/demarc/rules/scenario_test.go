package rules_test

import (
	"strings"
	"testing"

	"hetu/geo"
	"hetu/geo/demarc"
	"hetu/geo/demarc/rules"
	"hetu/geo/demarc/rules/rulestest"
)

// seeded gives a sound boundary with a fault, the first that can have it.
func seeded(t *testing.T, name string) (*rulestest.Case, rulestest.Spot) {
	t.Helper()
	for _, f := range rulestest.Faults() {
		for seed := uint64(0); f.Name == name && seed < 50; seed++ {
			c := rulestest.Sound(seed)
			if at, ok := f.Seed(c); ok {
				return c, at
			}
		}
	}
	t.Fatalf("no fault %q", name)
	return nil, rulestest.Spot{}
}

func ofRule(findings []demarc.Finding, rule string) []demarc.Finding {
	var out []demarc.Finding
	for _, f := range findings {
		if f.Rule == rule {
			out = append(out, f)
		}
	}
	return out
}

// Scenario 22: a notch of 6 m around a house is found with the area lost and the house; it stands in the way until it is waived by name.
func TestNotchAroundAHouse(t *testing.T) {
	t.Parallel()
	c, at := seeded(t, "notch")
	found := ofRule(check(t, c.Subject, nil), "G13")
	if len(found) != 1 {
		t.Fatalf("%d shrunk places", len(found))
	}
	f := found[0]
	// The notch is 6 m deep and, with its slanted sides, 6 m wide on average.
	if f.Unit != "m2" || f.Size < 34 || f.Size > 38 || f.ToM-f.FromM > 30 || c.Nearest(f.Place, at.Lon, at.Lat) > 5 {
		t.Errorf("%v %s from %.0f to %.0f, %.1f m off", f.Size, f.Unit, f.FromM, f.ToM, c.Nearest(f.Place, at.Lon, at.Lat))
	}
	if !strings.Contains(f.Zh, "缺口中的房屋") || !strings.Contains(f.En, "缺口中的房屋") {
		t.Errorf("the house is not named: %s %s", f.Zh, f.En)
	}
	if f.Severity != demarc.Warning {
		t.Errorf("the notch is a %s, which no waiver lets pass", f.Severity)
	}
}

// Scenario 23: a line that crosses to the water's side, a reversed line, and two lines on the left bank each have their own rule and place.
func TestThreeFaultsThreeRules(t *testing.T) {
	t.Parallel()
	for name, rule := range map[string]string{"over the bank top": "G6", "reversed line": "G5", "second line": "G4"} {
		c, at := seeded(t, name)
		found := ofRule(check(t, c.Subject, nil), rule)
		if len(found) == 0 {
			t.Errorf("%s is not found by %s", name, rule)
			continue
		}
		for _, f := range found {
			if f.Severity != demarc.Blocker || c.Nearest(f.Place, at.Lon, at.Lat) > 5 {
				t.Errorf("%s: %s shows %.1f m off: %s", name, rule, c.Nearest(f.Place, at.Lon, at.Lat), f.En)
			}
		}
	}
}

// The way that measures grow changes no verdict: they are turned round, and the same rules find the same.
func TestMeasuresFromEitherEnd(t *testing.T) {
	t.Parallel()
	for seed, fault := range rulestest.Faults() {
		c := rulestest.Sound(uint64(seed))
		if _, ok := fault.Seed(c); !ok || fault.Rule == "G14" || fault.Rule == "G15" {
			continue
		}
		want := tally(check(t, c.Subject, nil))
		turned := turnMeasures(c.Subject)
		if got := tally(check(t, turned, nil)); got != want {
			t.Errorf("%s: %s, from the other end %s", fault.Name, want, got)
		}
	}
}

func tally(findings []demarc.Finding) string {
	count := map[string]int{}
	for _, f := range findings {
		count[f.Rule+" "+string(f.Bank)]++
	}
	var out []string
	for _, r := range rules.Rules() {
		for _, bank := range []geo.Bank{geo.Left, geo.Right, geo.Both} {
			if n := count[r.ID+" "+string(bank)]; n > 0 {
				out = append(out, strings.Repeat(r.ID+string(bank)+" ", n))
			}
		}
	}
	return strings.Join(out, "")
}

// turnMeasures measures a subject from the other end of its route.
func turnMeasures(s rules.Subject) rules.Subject {
	s.Route = s.Route.Clone()
	flat := s.Route.FlatCoords()
	sum := flat[2] + flat[len(flat)-1]
	for i := 2; i < len(flat); i += 3 {
		flat[i] = sum - flat[i]
	}
	turned := func(from, to float64) (float64, float64) { return sum - to, sum - from }
	s.FromM, s.ToM = turned(s.FromM, s.ToM)
	s.Lines.Pieces = append([]demarc.Piece{}, s.Lines.Pieces...)
	for i := range s.Lines.Pieces {
		p := &s.Lines.Pieces[i]
		p.FromM, p.ToM = turned(p.FromM, p.ToM)
	}
	s.Lines.Connectors = append([]demarc.Connector{}, s.Lines.Connectors...)
	for i := range s.Lines.Connectors {
		s.Lines.Connectors[i].AtM = sum - s.Lines.Connectors[i].AtM
	}
	candidate := *s.Candidate
	candidate.Pieces = append([]demarc.Piece{}, candidate.Pieces...)
	for i := range candidate.Pieces {
		p := &candidate.Pieces[i]
		p.FromM, p.ToM = turned(p.FromM, p.ToM)
	}
	s.Candidate = &candidate
	s.Zones = append([]demarc.Zone{}, s.Zones...)
	for i := range s.Zones {
		s.Zones[i].FromM, s.Zones[i].ToM = turned(s.Zones[i].FromM, s.Zones[i].ToM)
	}
	s.Stakes = append([]demarc.Stake{}, s.Stakes...)
	for i := range s.Stakes {
		s.Stakes[i].MeasureM = sum - s.Stakes[i].MeasureM
	}
	s.Others = append([]rules.OtherRiver{}, s.Others...)
	for i := range s.Others {
		var all []rules.Confluence
		for _, c := range s.Others[i].Confluences {
			from, to := turned(c.FromM, c.ToM)
			all = append(all, rules.Confluence{FromM: from, ToM: to})
		}
		s.Others[i].Confluences = all
	}
	return s
}
