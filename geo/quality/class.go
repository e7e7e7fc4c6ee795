package quality

import (
	"fmt"
	"math"
	"slices"
)

// Class is a water-quality class 水质类别: 1 to 5 are I to V, 6 is worse than V 劣V, 0 is none.
type Class int

// WorseThanV is the class of what passes no limit 劣V.
const WorseThanV Class = 6

// String writes the class as tables do: IV, 劣V.
func (c Class) String() string {
	names := []string{"", "I", "II", "III", "IV", "V", "劣V"}
	if c < 0 || int(c) >= len(names) {
		return fmt.Sprintf("class %d", int(c))
	}
	return names[c]
}

// Indicator is one thing that is measured, with the limits of the classes I to V.
type Indicator struct {
	Code   string // CODMn
	Zh, En string
	Unit   string
	Lower  bool // the limits are lower ones: of dissolved oxygen there has to be as much
	Limits [5]float64
	Source string // of the limits
	Mark   string // V checked, M from memory
}

// class is the best class whose limit a value keeps; the limit itself keeps it.
func (i Indicator) class(v float64) Class {
	for n, limit := range i.Limits {
		if !i.Lower && v <= limit || i.Lower && v >= limit {
			return Class(n + 1)
		}
	}
	return WorseThanV
}

// Standard is the limits of a profile.
type Standard struct {
	Profile    string
	StablePct  float64 // for TrendOf
	Indicators []Indicator
}

// Value is one measured value of a sample.
type Value struct {
	Indicator string
	Value     float64
	Unit      string
	Unusable  bool // the laboratory says so
}

// Graded is a value with its class.
type Graded struct {
	Indicator string  `json:"indicator"`
	Value     float64 `json:"value"`
	Unit      string  `json:"unit"`
	Class     Class   `json:"class"`
}

// Grading is the class of a set of values.
type Grading struct {
	Profile string    `json:"profile"`
	Class   Class     `json:"class"`  // 0: no value could be used
	Worst   []string  `json:"worst"`  // the indicators that make the class
	Values  []Graded  `json:"values"` // as they were used
	LeftOut []LeftOut `json:"left_out"`
}

// LeftOut is a value that was not used, and why: it is unusable, of no known indicator, in another unit, or no number.
type LeftOut struct {
	Indicator string `json:"indicator"`
	Why       string `json:"why"`
}

// Grade gives the class of a set of values: that of the worst. Of several values of one indicator each counts.
func (s Standard) Grade(values []Value) Grading {
	out := Grading{Profile: s.Profile, Worst: []string{}, Values: []Graded{}, LeftOut: []LeftOut{}}
	for _, v := range values {
		i := slices.IndexFunc(s.Indicators, func(x Indicator) bool { return x.Code == v.Indicator })
		why := ""
		switch {
		case v.Unusable:
			why = "unusable"
		case i < 0:
			why = "no_limit"
		case v.Unit != s.Indicators[i].Unit:
			why = "unit"
		case math.IsNaN(v.Value) || math.IsInf(v.Value, 0) || v.Value < 0:
			why = "no_number"
		}
		if why != "" {
			out.LeftOut = append(out.LeftOut, LeftOut{v.Indicator, why})
			continue
		}
		g := Graded{v.Indicator, v.Value, v.Unit, s.Indicators[i].class(v.Value)}
		out.Values = append(out.Values, g)
		out.Class = max(out.Class, g.Class)
	}
	for _, g := range out.Values {
		if g.Class == out.Class && !slices.Contains(out.Worst, g.Indicator) {
			out.Worst = append(out.Worst, g.Indicator)
		}
	}
	return out
}
