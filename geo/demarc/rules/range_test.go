package rules_test

import (
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hetu/geo"
	"hetu/geo/demarc"
	"hetu/geo/demarc/rules"
	"hetu/geo/demarc/rules/rulestest"
)

// What is found in a changed range is what the whole finds that touches it: no more, no less, and word for word.
func TestRangeFindsWhatTheWholeDoes(t *testing.T) {
	t.Parallel()
	faults := rulestest.Faults()
	for seed := range uint64(30) {
		r := rand.New(rand.NewPCG(seed, 9))
		c := rulestest.Sound(seed)
		for range 3 { // several faults at once
			faults[r.IntN(len(faults))].Seed(c)
		}
		p, err := rules.Prepare(geo.Patient{}, c.Subject)
		if err != nil {
			t.Fatal(err)
		}
		whole := of(t, p, nil)
		for range 4 {
			from := c.FromM + r.Float64()*(c.ToM-c.FromM)
			span := &[2]float64{from, from + r.Float64()*600}
			want := []demarc.Finding{}
			for _, f := range whole {
				if f.ToM >= span[0] && f.FromM <= span[1] {
					want = append(want, f)
				}
			}
			if diff := cmp.Diff(words(want), words(of(t, p, span))); diff != "" {
				t.Errorf("seed %d, %.0f to %.0f: %s", seed, span[0], span[1], diff)
			}
		}
	}
}

func of(t *testing.T, p *rules.Prepared, span *[2]float64) []demarc.Finding {
	t.Helper()
	out, err := p.Check(t.Context(), rules.Options{Range: span})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func words(all []demarc.Finding) []string {
	out := []string{}
	for _, f := range all {
		out = append(out, f.Rule+" "+string(f.Bank)+" "+f.En+f.Zh)
	}
	return out
}

// Each finding stands in order, is of a rule that there is, tells what is wrong in both languages, and shows a tight place.
func TestFindingsAreWhole(t *testing.T) {
	t.Parallel()
	known := map[string]demarc.Severity{}
	for _, r := range rules.Rules() {
		known[r.ID] = r.Severity
		if r.Zh == "" || r.En == "" {
			t.Errorf("%s has no title", r.ID)
		}
	}
	if len(known) != 21 {
		t.Errorf("there are %d rules", len(known))
	}
	for seed, fault := range rulestest.Faults() {
		c := rulestest.Sound(uint64(seed))
		if _, ok := fault.Seed(c); !ok {
			continue
		}
		for _, f := range check(t, c.Subject, nil) {
			if known[f.Rule] != f.Severity && f.Severity != demarc.Info || f.Zh == "" || f.En == "" || f.Unit == "" || f.FromM > f.ToM {
				t.Errorf("%s: %+v", fault.Name, f)
			}
			if f.Place == nil {
				continue
			}
			b := f.Place.Bounds()
			ax, ay := c.XY(b.Min(0), b.Min(1))
			bx, by := c.XY(b.Max(0), b.Max(1))
			if bx-ax > 61 || by-ay > 61 {
				t.Errorf("%s: %s shows a place of %.0f by %.0f m", fault.Name, f.Rule, bx-ax, by-ay)
			}
		}
	}
}
