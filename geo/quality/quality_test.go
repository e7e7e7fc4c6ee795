package quality_test

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"hetu/geo/quality"
)

// standard has the limits of domain 4.6, as the profile has them.
func standard() quality.Standard {
	return quality.Standard{Profile: "river", Indicators: []quality.Indicator{
		{Code: "CODMn", Unit: "mg/L", Limits: [5]float64{2, 4, 6, 10, 15}},
		{Code: "NH3-N", Unit: "mg/L", Limits: [5]float64{0.15, 0.5, 1, 1.5, 2}},
		{Code: "TP", Unit: "mg/L", Limits: [5]float64{0.02, 0.1, 0.2, 0.3, 0.4}},
		{Code: "DO", Unit: "mg/L", Lower: true, Limits: [5]float64{7.5, 6, 5, 3, 2}},
		{Code: "COD", Unit: "mg/L", Limits: [5]float64{15, 15, 20, 30, 40}},
	}}
}

func mgL(indicator string, v float64) quality.Value {
	return quality.Value{Indicator: indicator, Value: v, Unit: "mg/L"}
}

// Scenario 9, limits on either side, and values that cannot be used.
func TestGrade(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		values []quality.Value
		class  string
		worst  []string
		out    []quality.LeftOut
	}{
		{"scenario 9", []quality.Value{mgL("NH3-N", 1.2), mgL("TP", 0.15), mgL("CODMn", 5)}, "IV", []string{"NH3-N"}, nil},
		{"on the limit", []quality.Value{mgL("CODMn", 6)}, "III", []string{"CODMn"}, nil},
		{"over the limit", []quality.Value{mgL("CODMn", 6.01)}, "IV", []string{"CODMn"}, nil},
		{"over V", []quality.Value{mgL("TP", 0.41), mgL("NH3-N", 2)}, "劣V", []string{"TP"}, nil},
		{"oxygen on its limit", []quality.Value{mgL("DO", 5)}, "III", []string{"DO"}, nil},
		{"oxygen under its limit", []quality.Value{mgL("DO", 4.99)}, "IV", []string{"DO"}, nil},
		{"no oxygen", []quality.Value{mgL("DO", 0)}, "劣V", []string{"DO"}, nil},
		{"much oxygen", []quality.Value{mgL("DO", 9)}, "I", []string{"DO"}, nil},
		{"two as bad", []quality.Value{mgL("DO", 3), mgL("CODMn", 8), mgL("TP", 0.1)}, "IV", []string{"DO", "CODMn"}, nil},
		{"one limit for two classes", []quality.Value{mgL("COD", 15)}, "I", []string{"COD"}, nil},
		{"nitrogen is left out for rivers", []quality.Value{mgL("TN", 9), mgL("TP", 0.1)}, "II", []string{"TP"}, []quality.LeftOut{{Indicator: "TN", Why: "no_limit"}}},
		{"nothing usable", []quality.Value{mgL("TP", math.NaN()), mgL("DO", -1), {Indicator: "TP", Value: 300, Unit: "ug/L"}, {Indicator: "TP", Value: 0.3, Unit: "mg/L", Unusable: true}}, "", nil, []quality.LeftOut{{Indicator: "TP", Why: "no_number"}, {Indicator: "DO", Why: "no_number"}, {Indicator: "TP", Why: "unit"}, {Indicator: "TP", Why: "unusable"}}},
	}
	for _, tt := range tests {
		got := standard().Grade(tt.values)
		if got.Class.String() != tt.class {
			t.Errorf("%s: got %s, want %s", tt.name, got.Class, tt.class)
		}
		if diff := cmp.Diff(append([]string{}, tt.worst...), got.Worst); diff != "" {
			t.Errorf("%s: worst: %s", tt.name, diff)
		}
		if diff := cmp.Diff(append([]quality.LeftOut{}, tt.out...), got.LeftOut); diff != "" {
			t.Errorf("%s: left out: %s", tt.name, diff)
		}
	}
}

// Scenario 9 against its target; reasons are the indicators over it, the worst first.
func TestAssessReasons(t *testing.T) {
	t.Parallel()
	a := standard().Assess([]quality.Section{
		{ID: 1, Target: 3, Values: []quality.Value{mgL("NH3-N", 1.2), mgL("TP", 0.15), mgL("CODMn", 5)}},
		{ID: 2, Target: 2, Values: []quality.Value{mgL("CODMn", 5), mgL("DO", 1), mgL("TP", 0.1)}},
		{ID: 3, Target: 4, Values: []quality.Value{mgL("NH3-N", 1.2)}},
		{ID: 4, Values: []quality.Value{mgL("NH3-N", 1.2)}},
		{ID: 5, Target: 3},
	})
	type line struct {
		ID      int64
		Pass    bool
		Reasons []string
	}
	var got []line
	for _, r := range a.Results {
		got = append(got, line{r.ID, r.Pass, r.Reasons})
	}
	want := []line{{1, false, []string{"NH3-N"}}, {2, false, []string{"DO", "CODMn"}}, {3, true, []string{}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if a.Rate.Percent() != "33.33" || len(a.WithoutTarget) != 1 || a.WithoutTarget[0].ID != 4 || len(a.WithoutSample) != 1 || a.WithoutSample[0].ID != 5 {
		t.Errorf("%+v", a)
	}
}

// Scenario 8: 26 of 54 is 48.15 %, 155 of 250 is 62.00 %; sections without a sample are listed and in no rate.
func TestRates(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		passed, sampled, without int
		want                     string
	}{{26, 54, 0, "48.15"}, {155, 250, 3, "62.00"}, {0, 0, 2, ""}} {
		var sections []quality.Section
		for i := range tt.sampled {
			v := 1.0
			if i >= tt.passed {
				v = 1.01
			}
			sections = append(sections, quality.Section{ID: int64(i), Target: 3, Values: []quality.Value{mgL("NH3-N", v)}})
		}
		for range tt.without {
			sections = append(sections, quality.Section{Target: 3})
		}
		a := standard().Assess(sections)
		if a.Rate.Percent() != tt.want || len(a.WithoutSample) != tt.without || int(a.Rate.Whole) != tt.sampled {
			t.Errorf("got %s %% of %v, %d without a sample; want %s of %d, %d", a.Rate.Percent(), a.Rate.Whole, len(a.WithoutSample), tt.want, tt.sampled, tt.without)
		}
	}
}

// More of what is bad never makes a class better, more oxygen never worse; a set is as bad as its worst.
func TestGradeIsMonotone(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		i := rapid.SampledFrom(standard().Indicators).Draw(rt, "indicator")
		a, b := rapid.Float64Range(0, 50).Draw(rt, "a"), rapid.Float64Range(0, 50).Draw(rt, "b")
		low, high := standard().Grade([]quality.Value{mgL(i.Code, min(a, b))}).Class, standard().Grade([]quality.Value{mgL(i.Code, max(a, b))}).Class
		if low > high != i.Lower && low != high {
			rt.Errorf("%s: %v is %s, %v is %s", i.Code, min(a, b), low, max(a, b), high)
		}
		if both := standard().Grade([]quality.Value{mgL(i.Code, a), mgL(i.Code, b)}).Class; both != max(low, high) {
			rt.Errorf("%s: %v and %v are %s", i.Code, a, b, both)
		}
	})
}

func TestTrend(t *testing.T) {
	t.Parallel()
	tests := []struct {
		before, after float64
		want          quality.Trend
	}{
		{1, 1.1, quality.Stable},
		{1, 1.1001, quality.Worse},
		{1, 0.9, quality.Stable},
		{0.7, 0.63, quality.Stable}, // as floats 0.07 is over 10 % of 0.7
		{1, 0.8999, quality.Better},
		{0, 0, quality.Stable},
		{0, 0.1, quality.Worse},
		{math.NaN(), 1, quality.Unknown},
		{1, -1, quality.Unknown},
	}
	for _, tt := range tests {
		if got := quality.TrendOf(tt.before, tt.after, 10); got != tt.want {
			t.Errorf("%v to %v: got %s, want %s", tt.before, tt.after, got, tt.want)
		}
	}
}

// Oxygen that is gone is no value that the index may leave out: phosphorus, which did not change, would make it stable.
func TestIndexWithoutOxygen(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name          string
		before, after float64 // of DO, beside TP 0.2
		is            float64
		want          quality.Trend
	}{
		{"gone", 2, 0, 50.5, quality.Worse},
		{"all but gone", 2, 1e-9, 50.5, quality.Worse},
		{"back", 0, 2, 1.75, quality.Better},
		{"never there", 0, 0, 50.5, quality.Stable},
		{"as before", 2, 2, 1.75, quality.Stable},
	}
	for _, tt := range tests {
		was, is, ok := standard().Indices([]quality.Value{mgL("DO", tt.before), mgL("TP", 0.2)}, []quality.Value{mgL("DO", tt.after), mgL("TP", 0.2)}, 3)
		if got := quality.TrendOf(was, is, 10); !ok || is != tt.is || got != tt.want {
			t.Errorf("%s: from %v to %v (%v) is %s, want %v and %s", tt.name, was, is, ok, got, tt.is, tt.want)
		}
	}
	series := standard().Along(quality.River{Sections: []quality.SectionAt{{ID: 1, Target: 3, Samplings: []quality.Sampling{
		{Values: []quality.Value{mgL("DO", 0), mgL("TP", 0.2)}}, {Values: []quality.Value{mgL("DO", 2), mgL("TP", 0.2)}},
	}}}})
	if s := series.WithoutPlace[0].Section; s.Trend != quality.Worse || s.Class != quality.WorseThanV {
		t.Errorf("of a section: %s, class %s", s.Trend, s.Class)
	}
}
