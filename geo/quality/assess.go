package quality

import (
	"math/big"

	"hetu/geo"
)

// Section is a water-quality section 断面 with its target and the values of the period that is looked at.
type Section struct {
	ID     int64
	Name   string
	Target Class // 0: it has none
	Values []Value
}

// Result is how one section stands.
type Result struct {
	ID      int64    `json:"id"`
	Name    string   `json:"name"`
	Target  Class    `json:"target"`
	Pass    bool     `json:"pass"`    // its class is at most its target
	Reasons []string `json:"reasons"` // where it fails: the indicators over the target, the worst class first as they came
	Grading
}

// Assessment is how sections stand together. Sections without a valid sample, and those without a target, are in no rate.
type Assessment struct {
	Rate          geo.Share `json:"rate"` // that pass, of those with a valid sample and a target
	Results       []Result  `json:"results"`
	WithoutSample []Result  `json:"without_sample"`
	WithoutTarget []Result  `json:"without_target"`
}

// Assess holds each section's class against its target (4.6).
func (s Standard) Assess(sections []Section) Assessment {
	out := Assessment{Results: []Result{}, WithoutSample: []Result{}, WithoutTarget: []Result{}}
	passed := 0
	for _, x := range sections {
		r := Result{ID: x.ID, Name: x.Name, Target: x.Target, Reasons: []string{}, Grading: s.Grade(x.Values)}
		switch {
		case r.Class == 0:
			out.WithoutSample = append(out.WithoutSample, r)
			continue
		case x.Target == 0:
			out.WithoutTarget = append(out.WithoutTarget, r)
			continue
		case r.Class <= x.Target:
			r.Pass = true
			passed++
		default:
			r.Reasons = over(r.Values, x.Target, r.Class)
		}
		out.Results = append(out.Results, r)
	}
	out.Rate = geo.ShareOf(passed, len(out.Results))
	return out
}

// over gives the indicators over the target, from the worst class down.
func over(values []Graded, target, worst Class) []string {
	out, seen := []string{}, map[string]bool{}
	for class := worst; class > target; class-- {
		for _, v := range values {
			if v.Class == class && !seen[v.Indicator] {
				out, seen[v.Indicator] = append(out, v.Indicator), true
			}
		}
	}
	return out
}

// Trend is how a pollution index changed. The smaller the index, the better.
type Trend string

// The trends; unknown where the index before or after is none.
const (
	Better  Trend = "better"
	Stable  Trend = "stable"
	Worse   Trend = "worse"
	Unknown Trend = "unknown"
)

// TrendOf tells how an index changed: by up to bandPct per cent, both ends included, it is stable (±10 %, Shangyu's rule in
// domain 4.6). It is compared as decimals, so that 1.1 after 1.0 is exactly 10 %.
func TrendOf(before, after, bandPct float64) Trend {
	b, okB := geo.Decimal(before)
	a, okA := geo.Decimal(after)
	band, okBand := geo.Decimal(bandPct)
	if !okA || !okB || !okBand || b.Sign() < 0 || a.Sign() < 0 || band.Sign() < 0 {
		return Unknown
	}
	change := new(big.Rat).Sub(a, b)
	allowed := band.Mul(band, b).Quo(band, big.NewRat(100, 1))
	switch {
	case new(big.Rat).Abs(change).Cmp(allowed) <= 0:
		return Stable
	case change.Sign() > 0:
		return Worse
	default:
		return Better
	}
}
