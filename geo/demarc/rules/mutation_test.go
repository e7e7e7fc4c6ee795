package rules_test

import (
	"fmt"
	"testing"

	"hetu/geo/demarc"
	"hetu/geo/demarc/rules"
	"hetu/geo/demarc/rules/rulestest"
)

// soundInTest is how many boundaries make test draws; the soak test draws 2,000.
const soundInTest = 300

// A sound boundary has no finding at all, blocker or warning; with one fault seeded, the rule that it breaks finds it where it is.
func TestSoundAndSpoiled(t *testing.T) {
	t.Parallel()
	soundAndSpoiled(t, soundInTest)
}

func soundAndSpoiled(t *testing.T, n int) {
	t.Helper()
	faults := rulestest.Faults()
	seeded := map[string]int{}
	for seed := range uint64(n) {
		sound := rulestest.Sound(seed)
		for _, f := range check(t, sound.Subject, nil) {
			t.Errorf("seed %d: a sound boundary has %s %s at %.0f to %.0f: %s", seed, f.Rule, f.Bank, f.FromM, f.ToM, f.En)
		}
		name := spoiled(t, seed, sound, faults)
		seeded[name]++
	}
	t.Log(seeded)
	for _, f := range faults {
		if n >= 5*len(faults) && seeded[f.Name] == 0 {
			t.Errorf("no boundary was spoiled by %s", f.Name)
		}
	}
}

// spoiled seeds the fault whose turn it is, or the next that the boundary can have, and holds the findings against it.
func spoiled(t *testing.T, seed uint64, c *rulestest.Case, faults []rulestest.Fault) string {
	t.Helper()
	for k := range faults {
		fault := faults[(int(seed)+k)%len(faults)]
		at, ok := fault.Seed(c)
		if !ok {
			c = rulestest.Sound(seed) // what does not fit may have begun to spoil it
			continue
		}
		findings := check(t, c.Subject, nil)
		for _, f := range findings {
			if f.Rule == fault.Rule && (!at.Placed || c.Nearest(f.Place, at.Lon, at.Lat) <= at.WithinM) {
				return fault.Name
			}
		}
		t.Errorf("seed %d: %s is not found by %s within %g m: %s", seed, fault.Name, fault.Rule, at.WithinM, told(c, at, findings))
		return fault.Name
	}
	t.Errorf("seed %d: no fault fits", seed)
	return ""
}

func told(c *rulestest.Case, at rulestest.Spot, findings []demarc.Finding) string {
	out := fmt.Sprintf("%d findings", len(findings))
	for _, f := range findings {
		out += fmt.Sprintf("\n  %s %s %.0f m off: %s", f.Rule, f.Bank, c.Nearest(f.Place, at.Lon, at.Lat), f.En)
	}
	return out
}

func check(t *testing.T, s rules.Subject, r *[2]float64) []demarc.Finding {
	t.Helper()
	findings, err := rules.Check(t.Context(), s, rules.Options{Range: r})
	if err != nil {
		t.Fatal(err)
	}
	return findings
}
