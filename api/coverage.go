package api

import (
	"fmt"
	"net/http"

	"hetu/geo"
	"hetu/geo/duty"
	"hetu/geo/rules"
)

// coverageAnswer is the answer to Q8.
type coverageAnswer struct {
	head
	Division *string             `json:"division"` // code
	River    *int64              `json:"river_id"`
	Level    *geo.Level          `json:"level"`
	Totals   duty.CoverageTotals `json:"totals"`
	// Findings counts all; Stretches those of them that are listed.
	Findings  int                  `json:"findings"`
	Stretches int                  `json:"stretches"`
	Truncated bool                 `json:"truncated"` // not all stretches are listed; the totals and each finding's figures are whole
	Rivers    []duty.RiverCoverage `json:"rivers"`    // with findings, by id; the one asked for in any case
}

const howCoverage = "interval algebra on the measures of each route, by level and bank; gaps and overlaps up to %g m are none (%s)"

// coverage serves GET /api/v1/coverage: what rivers have and what they lack (Q8).
func (s *server) coverage(w http.ResponseWriter, r *http.Request) error {
	p, at, err := s.asked(r, "river", "division", "level", "profile", "summary", "limit")
	if err != nil {
		return err
	}
	q := duty.CoverageQuestion{At: at}
	if q.Scope, err = p.scope(); err != nil {
		return err
	}
	level, err := p.level(0)
	if err != nil {
		return err
	}
	summary, err := p.truth("summary", false)
	if err != nil {
		return err
	}
	limit, err := p.limit(1000, 100_000)
	if err != nil {
		return err
	}
	profile, err := s.ruleProfile(p, defaultCoverage, rules.BoardDensity)
	if err != nil {
		return err
	}
	q.Rules.Boards = profile.Boards
	tolerance, err := s.tolerance()
	if err != nil {
		return err
	}
	q.Rules.OverlapM = tolerance.Tolerance.OverlapM
	list := coverageList{level: level, limit: limit, all: q.Scope.River != nil}
	if summary {
		list.limit = 0
	}
	totals, version, err := s.Store.Coverage(r.Context(), q, list.add)
	if err != nil {
		return err
	}
	how := fmt.Sprintf(howCoverage, q.Rules.OverlapM, tolerance.Version())
	for _, l := range totals.NothingToMeasure(profile.Boards) {
		how += fmt.Sprintf("; few_boards at level %d has nothing to be measured by: no division of that level has an outline or a reach along these rivers", l)
	}
	out := coverageAnswer{
		head: headOf(at, version, how).by(profile), Division: textOrNull(q.Scope.Division), River: q.Scope.River,
		Totals: totals, Findings: list.findings, Stretches: list.stretches, Truncated: list.truncated && !summary, Rivers: list.rivers,
	}
	if out.Rivers == nil {
		out.Rivers = []duty.RiverCoverage{}
	}
	if level != 0 {
		out.Level, out.Totals = &level, totals.OfLevel(level)
	}
	return writeJSON(w, out)
}

func textOrNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// coverageList gathers findings until as many stretches of them are there as are wanted.
type coverageList struct {
	level               geo.Level
	limit               int
	all                 bool // also rivers of which nothing was found
	findings, stretches int
	truncated           bool
	rivers              []duty.RiverCoverage
}

func (l *coverageList) add(c duty.RiverCoverage) {
	if l.level != 0 {
		c = c.OfLevel(l.level)
	}
	findings := c.Findings
	l.findings += len(findings)
	c.Findings = []duty.Finding{}
	for _, f := range findings {
		room := l.limit - l.stretches
		if room < len(f.Stretches) {
			l.truncated = true
			f.Stretches = f.Stretches[:max(room, 0)]
		}
		if len(f.Stretches) == 0 {
			break
		}
		l.stretches += len(f.Stretches)
		c.Findings = append(c.Findings, f)
	}
	if len(c.Findings) > 0 || l.all {
		l.rivers = append(l.rivers, c)
	}
}
