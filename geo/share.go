package geo

import (
	"encoding/json"
	"math"
	"math/big"
	"strconv"
)

// Share is a part of a whole, both in the same unit: a rate with its denominator. Every percentage that hetu prints is one.
type Share struct{ Part, Whole float64 }

// ShareOf is the share of a count.
func ShareOf(part, whole int) Share { return Share{float64(part), float64(whole)} }

// Add gives the share of two disjoint wholes together.
func (s Share) Add(t Share) Share { return Share{s.Part + t.Part, s.Whole + t.Whole} }

// Percent writes 100 × part / whole with two decimals, half up (away from zero): 48.15. It is "" where there is no percentage: the whole is
// 0, or a figure is not finite. The figures are taken as the decimals they print as, and divided exactly: rounding the
// quotient of two floats gives 0.28 or 0.29 for 0.285 by chance.
func (s Share) Percent() string {
	part, ok := Decimal(s.Part)
	whole, okWhole := Decimal(s.Whole)
	if !ok || !okWhole || whole.Sign() == 0 {
		return ""
	}
	return part.Mul(part, big.NewRat(100, 1)).Quo(part, whole).FloatString(2) // rounds halves away from zero
}

// MarshalJSON writes part, whole and percent, which is null where there is none.
func (s Share) MarshalJSON() ([]byte, error) {
	out := struct {
		Part    float64      `json:"part"`
		Whole   float64      `json:"whole"`
		Percent *json.Number `json:"percent"`
	}{s.Part, s.Whole, nil}
	if p := s.Percent(); p != "" {
		out.Percent = new(json.Number(p))
	}
	return json.Marshal(out)
}

// Decimal is the exact value of the shortest decimal that reads back as f: 125.4 for 125.4, not the nearest binary fraction.
// False where f is not finite.
func Decimal(f float64) (*big.Rat, bool) {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return nil, false
	}
	return new(big.Rat).SetString(strconv.FormatFloat(f, 'e', -1, 64))
}

// MuOfM2 gives square metres in mu 亩: 15 mu are a hectare, so that one is 2000/3 m².
func MuOfM2(m2 float64) float64 { return m2 * 3 / 2000 }

// M2OfMu gives mu 亩 in square metres.
func M2OfMu(mu float64) float64 { return mu * 2000 / 3 }
