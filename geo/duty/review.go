package duty

import (
	"hetu/geo"
)

// Scope is which rivers a review looks at: one, those of a division and of what lies below it, both together, or all.
type Scope struct {
	River    *int64
	Division string // code; empty: any
}

// CoverageQuestion asks what rivers have and lack (Q8).
type CoverageQuestion struct {
	At    Moment
	Scope Scope
	Rules CoverageRules
}

// BoardQuestion asks how boards stand (Q9).
type BoardQuestion struct {
	At    Moment
	Scope Scope
}

// BoardCase is a board with what it shows, and all that it had to show over time.
type BoardCase struct {
	Board
	Rivers  []string  // names of the rivers that it stands for
	Text    BoardText // of what it shows, that which there is something to hold against
	Unread  bool      // what is stored of its content cannot be read, and is taken as not known
	History BoardHistory
}

// Within gives what of a river lies on the stretches that a division has of it: of each route from the first to the last of the
// reaches that are the division's or one's below it. Reaches of others stay where they run along these stretches.
func (f RiverFacts) Within(divisions map[int64]bool) RiverFacts {
	spans := map[int64]Range{}
	for _, r := range f.Reaches {
		if !divisions[r.DivisionID] {
			continue
		}
		if s, ok := spans[r.RouteID]; ok {
			spans[r.RouteID] = Range{min(s.FromM, r.FromM), max(s.ToM, r.ToM)}
		} else {
			spans[r.RouteID] = Range{r.FromM, r.ToM}
		}
	}
	out := f
	out.Routes, out.Reaches = nil, nil
	for _, r := range f.Routes {
		s, ok := spans[r.RouteID]
		if !ok {
			continue
		}
		r.Whole = new(r.ends())
		r.Range = Range{max(r.FromM, s.FromM), min(r.ToM, s.ToM)}
		out.Routes = append(out.Routes, r)
	}
	for _, r := range f.Reaches {
		if s, ok := spans[r.RouteID]; ok && r.FromM < s.ToM && r.ToM > s.FromM {
			out.Reaches = append(out.Reaches, r)
		}
	}
	return out
}

// OfLevel gives what was looked for at one level alone.
func (t CoverageTotals) OfLevel(level geo.Level) CoverageTotals {
	out := t
	out.Rules = []RuleTotal{}
	for _, r := range t.Rules {
		if r.Level == level {
			out.Rules = append(out.Rules, r)
		}
	}
	return out
}

// OfLevel gives what was found at one level alone.
func (c RiverCoverage) OfLevel(level geo.Level) RiverCoverage {
	out := c
	out.Levels, out.Findings = []LevelCoverage{}, []Finding{}
	for _, l := range c.Levels {
		if l.Level == level {
			out.Levels = append(out.Levels, l)
		}
	}
	for _, f := range c.Findings {
		if f.Level == level {
			out.Findings = append(out.Findings, f)
		}
	}
	return out
}
