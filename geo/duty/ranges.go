package duty

import (
	"cmp"
	"math"
	"slices"
)

// Range is a stretch of a route, [FromM, ToM) in the route's own measure; see [Range.Holds] for its upper end.
type Range struct {
	FromM float64 `json:"from_m"`
	ToM   float64 `json:"to_m"`
}

// LengthM is the length in metres of measure.
func (r Range) LengthM() float64 { return max(0, r.ToM-r.FromM) }

// Holds tells whether a measure of a route lies in the range, to a centimetre, as stored measures are good to. The range is closed where
// it ends at the upper end of the route, whose measures run from end to end: the mouth or the source belongs to the reach that ends
// there. The ends are those of the whole route, also where only a part of it is looked at.
func (r Range) Holds(m float64, route Range) bool {
	at := m + storedWithinM
	begun := at >= r.FromM || r.FromM <= route.FromM+storedWithinM
	ended := at >= r.ToM && r.ToM < route.ToM-storedWithinM
	return begun && !ended && m >= route.FromM-storedWithinM && m <= route.ToM+storedWithinM
}

// Ranges are stretches of one route: ascending, none empty, none touching the next. Their operations are exact; what is
// too short to be meant is taken away by [Ranges.Over] at the end, so that it cannot add up on the way.
type Ranges []Range

// Union gives what at least one of the ranges holds. Empty and reversed ranges and those with a NaN hold nothing.
func Union(rs ...Range) Ranges { return atLeast(1, rs) }

// Doubled gives what at least two of the ranges hold: where they overlap.
func Doubled(rs ...Range) Ranges { return atLeast(2, rs) }

// atLeast sweeps over the ends and gives what n of the ranges hold.
func atLeast(n int, rs []Range) Ranges {
	type end struct {
		at   float64
		step int
	}
	var ends []end
	for _, r := range rs {
		if r.FromM < r.ToM { // false for NaN
			ends = append(ends, end{r.FromM, 1}, end{r.ToM, -1})
		}
	}
	// At one place begin before end, so that what touches is one.
	slices.SortFunc(ends, func(a, b end) int { return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(b.step, a.step)) })
	var out Ranges
	depth, from := 0, 0.0
	for _, e := range ends {
		was := depth
		depth += e.step
		switch {
		case was < n && depth >= n:
			from = e.at
		case was >= n && depth < n && e.at > from:
			out = append(out, Range{from, e.at})
		}
	}
	return out
}

// Minus gives what a holds and b does not.
func (a Ranges) Minus(b Ranges) Ranges {
	var out Ranges
	for _, r := range a {
		j, _ := slices.BinarySearchFunc(b, r.FromM, func(x Range, m float64) int { return cmp.Or(cmp.Compare(x.ToM, m), -1) })
		from := r.FromM
		for k := j; k < len(b) && b[k].FromM < r.ToM; k++ {
			if b[k].FromM > from {
				out = append(out, Range{from, b[k].FromM})
			}
			from = max(from, b[k].ToM)
		}
		if from < r.ToM {
			out = append(out, Range{from, r.ToM})
		}
	}
	return out
}

// And gives what both hold.
func (a Ranges) And(b Ranges) Ranges {
	var out Ranges
	for i, j := 0, 0; i < len(a) && j < len(b); {
		if from, to := max(a[i].FromM, b[j].FromM), min(a[i].ToM, b[j].ToM); from < to {
			out = append(out, Range{from, to})
		}
		if a[i].ToM < b[j].ToM {
			i++
		} else {
			j++
		}
	}
	return out
}

// Over gives the ranges that are longer than slackM. Measures are stored to a centimetre: a shorter gap or overlap is where
// two of them were rounded apart, not one that somebody left.
func (a Ranges) Over(slackM float64) Ranges {
	var out Ranges
	for _, r := range a {
		// A slack of 0.01 takes away 100 to 100.01, whose difference as floats is a little more.
		if r.LengthM() > slackM+1e-9*max(1, math.Abs(r.ToM)) {
			out = append(out, r)
		}
	}
	return out
}

// LengthM is the length of all of them together.
func (a Ranges) LengthM() float64 {
	sum := 0.0
	for _, r := range a {
		sum += r.LengthM()
	}
	return sum
}
