package lref_test

import (
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"hetu/geo"
	"hetu/geo/lref"
)

func TestParseLabel(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]float64{
		"K12+345": 12345, "k12+345.6": 12345.6, "12+345": 12345, "-K0+020": -20, "Ｋ１２＋３４５": 12345, "ｋ１２＋３４５．６": 12345.6,
		"12345": 12345, "12345.6": 12345.6, " K0+000　": 0, "-K0+000": 0, "－Ｋ０＋０２０": -20, "−K0+020": -20, "61+160": 61160, "-20": -20, "K000012+345": 12345,
	} {
		got, err := lref.ParseLabel(s)
		if err != nil || math.Abs(got-want) > 1e-9 || math.Signbit(got) != (want < 0) {
			t.Errorf("%q: got %v, %v, want %v", s, got, err, want)
		}
	}
}

func TestParseLabelRefuses(t *testing.T) {
	t.Parallel()
	for _, s := range []string{
		"", "K", "K12", "K12+", "K12+34", "K12+1345", "K12+345.", "K12+-345", "K-12+345", "+12345", "NaN", "Inf", "1e5", "0x10", "12,345", "K12+345m", "K12 + 345",
		"K12+345+678", "--K0+020", "12345.", ".5", "K12345678+000", "99999999999", "K٣+٣٤٥", strings.Repeat("1", 65), "K1+000\x00", "\xff",
	} {
		m, err := lref.ParseLabel(s)
		if geo.CodeOf(err) != geo.CodeInvalid || m != 0 {
			t.Errorf("%q: got %v, %v", s, m, err)
		} else if !strings.Contains(err.Error(), "K12+") {
			t.Errorf("%q: %v does not show how to write it", s, err)
		}
	}
}

func TestLabelOfNoMeasure(t *testing.T) {
	t.Parallel()
	for _, m := range []float64{math.NaN(), math.Inf(1), math.Inf(-1), 1e300} {
		if got := lref.Label(m); got != "K?" {
			t.Errorf("%v: got %s", m, got)
		}
	}
}

func TestLabelRoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		m := rapid.Float64Range(-1e7, 1e7).Draw(rt, "m")
		got, err := lref.ParseLabel(lref.Label(m))
		if err != nil || math.Abs(got-m) > 0.5 {
			rt.Fatalf("%v as %s came back as %v, %v", m, lref.Label(m), got, err)
		}
	})
}

func FuzzParseLabel(f *testing.F) {
	for _, s := range []string{"K12+345", "Ｋ１２＋３４５．６", "-K0+020", "12345.6", "K12+1345", "NaN", "−0", "K9999999+999.999999999"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		m, err := lref.ParseLabel(s)
		if err != nil {
			if geo.CodeOf(err) != geo.CodeInvalid || m != 0 {
				t.Fatalf("%q: %v, %v", s, m, err)
			}
			return
		}
		label := lref.Label(m)
		if label == "K?" {
			return // rounded up to the measure that Label does not go to
		}
		back, err := lref.ParseLabel(label)
		if err != nil || math.Abs(back-m) > 0.5000001 || lref.Label(back) != label {
			t.Fatalf("%q is %v, which is %s, which is %v, %v", s, m, label, back, err)
		}
	})
}
