package geo_test

import (
	"encoding/json"
	"math"
	"math/big"
	"testing"

	"pgregory.net/rapid"

	"hetu/geo"
)

// Percentages of the work summaries (F33, F45, F57), and halves that floats round the wrong way.
func TestPercent(t *testing.T) {
	t.Parallel()
	tests := []struct {
		share geo.Share
		want  string
	}{
		{geo.ShareOf(26, 54), "48.15"},
		{geo.ShareOf(155, 250), "62.00"},
		{geo.Share{Part: 88, Whole: 125.4}, "70.18"},
		{geo.Share{Part: geo.M2OfMu(88), Whole: geo.M2OfMu(125.4)}, "70.18"},
		{geo.Share{Part: 1.005, Whole: 100}, "1.01"}, // 1.005 is 1.00499999999999989 in binary
		{geo.Share{Part: 2.675, Whole: 100}, "2.68"},
		{geo.Share{Part: 0.285, Whole: 100}, "0.29"},
		{geo.ShareOf(0, 12), "0.00"},
		{geo.ShareOf(12, 12), "100.00"},
		{geo.ShareOf(1, 0), ""},
		{geo.Share{Part: math.NaN(), Whole: 1}, ""},
		{geo.Share{Part: 1, Whole: math.Inf(1)}, ""},
	}
	for _, tt := range tests {
		if got := tt.share.Percent(); got != tt.want {
			t.Errorf("%v: got %q, want %q", tt.share, got, tt.want)
		}
	}
}

// A percentage of counts is the nearest hundredth, the upper of two that are as near.
func TestPercentIsHalfUp(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		whole := rapid.IntRange(1, 1_000_000).Draw(rt, "whole")
		part := rapid.IntRange(0, whole).Draw(rt, "part")
		hundredths := (part*20_000 + whole) / (2 * whole)
		want := big.NewRat(int64(hundredths), 100).FloatString(2)
		if got := geo.ShareOf(part, whole).Percent(); got != want {
			rt.Errorf("%d of %d: got %s, want %s", part, whole, got, want)
		}
	})
}

func TestShareJSON(t *testing.T) {
	t.Parallel()
	tests := map[string]geo.Share{
		`{"part":155,"whole":250,"percent":62.00}`: geo.ShareOf(155, 250),
		`{"part":0,"whole":0,"percent":null}`:      {},
	}
	for want, share := range tests {
		if got, err := json.Marshal(share); err != nil || string(got) != want {
			t.Errorf("got %s, %v; want %s", got, err, want)
		}
	}
}

func TestMu(t *testing.T) {
	t.Parallel()
	if got := geo.M2OfMu(630.69); math.Abs(got-420460) > 1e-6 {
		t.Errorf("630.69 mu: got %v m²", got)
	}
	if got := geo.MuOfM2(10000); got != 15 {
		t.Errorf("a hectare: got %v mu", got)
	}
}
