package duty

import (
	"cmp"
	"iter"
	"slices"

	"github.com/twpayne/go-geom"

	"hetu/geo"
)

// CoverageRules are the parts of a rule profile that the coverage report follows.
type CoverageRules struct {
	Boards   []BoardRule // none: one board of its own level for each reach
	OverlapM float64     // a gap or an overlap up to this length is none
}

// BoardRule is how many boards there have to be 公示牌密度. One that is not of reaches counts the boards that stand in a
// division along a river: Min of them, and where the river runs over EveryM metres in the division, one for each begun EveryM.
type BoardRule struct {
	DivisionLevel geo.Level // of the divisions; 0: the rule is of reaches, each named by Min boards of its own level
	BoardLevel    geo.Level // of the boards, and of the rivers that the rule is for; 0: any
	Min           int
	EveryM        float64 // 0: Min is enough however long
}

// need is how many boards a stretch has to have.
func (b BoardRule) need(lengthM, slackM float64) int {
	n := b.Min
	for b.EveryM > 0 && float64(n)*b.EveryM < lengthM-slackM {
		n++
	}
	return n
}

// RiverFacts is what the coverage of one river is told from, all of it as of one day.
type RiverFacts struct {
	ID         int64
	Name       string
	Levels     []geo.Level // that manage the river
	Routes     []RouteSpan
	Reaches    []Reach
	Posts      []Post        // of the river and of its reaches, of any role
	Boards     []BoardSite   // that name one of its reaches
	Boundaries []BankSpan    // announced management boundaries 管理范围线
	Sections   []RoutePlace  // water-quality sections 断面
	Plans      []PlanOf      // one-river-one-policy plans 一河一策
	Divisions  []DivisionRun // for board rules of divisions, by their outlines; those without one are taken from their reaches of that level
}

// RouteSpan is a route with the measures of its ends, or a part of it, which knows those ends.
type RouteSpan struct {
	RouteID int64
	Range
	Whole *Range // of a part the whole route; nil: it is the whole
}

// ends gives the measures of the whole route's ends.
func (r RouteSpan) ends() Range {
	if r.Whole != nil {
		return *r.Whole
	}
	return r.Range
}

// RoutePlace is a measure on a route.
type RoutePlace struct {
	RouteID  int64
	MeasureM float64
}

// BankSpan is a stretch of one bank; [geo.Both] is either.
type BankSpan struct {
	RouteID int64
	Bank    geo.Bank
	Range
}

// BoardSite is a board with the divisions that it stands in, the lowest and those above it.
type BoardSite struct {
	ID        int64
	Level     geo.Level
	ReachIDs  []int64
	Divisions []int64
}

// PlanOf is a plan of a reach, or of the whole river where ReachID is nil.
type PlanOf struct {
	ReachID *int64
	Closed  bool
}

// DivisionRun is a stretch of a route that runs in a division.
type DivisionRun struct {
	DivisionID int64
	Level      geo.Level
	RouteID    int64
	Range
}

// RunsIn gives where a route (XYM) runs in divisions of a level, by their outlines.
func RunsIn(route int64, line *geom.LineString, level geo.Level, outlines []Outline) []DivisionRun {
	var out []DivisionRun
	for _, p := range ungrazed(InOutlines(route, line, outlines)) {
		out = append(out, DivisionRun{p.Division.ID, level, route, Range{mm(p.FromM), mm(p.ToM)}})
	}
	return out
}

// NothingToMeasure gives the levels of which a board rule asks, but no river that was looked at runs in a division of them that is known,
// neither by an outline nor by a reach. There the report finds nothing because it cannot, not because all is well.
func (t CoverageTotals) NothingToMeasure(rules []BoardRule) []geo.Level {
	var out []geo.Level
	for _, rule := range rules {
		measured := slices.ContainsFunc(t.Rules, func(r RuleTotal) bool {
			return r.Rule == FewBoards && r.Level == rule.DivisionLevel && r.Items.Whole > 0
		})
		if rule.DivisionLevel != 0 && !measured && !slices.Contains(out, rule.DivisionLevel) {
			out = append(out, rule.DivisionLevel)
		}
	}
	return out
}

// Rule names what the coverage report looks for.
type Rule string

// The rules. Each is told by level and bank; those of stretches also of level 0, which is the river as a whole.
const (
	NoReach      Rule = "no_reach"       // a stretch that no reach of the level has, and no chief of the whole river
	Overlap      Rule = "overlap"        // a stretch that two reaches of one level and bank have
	NoChiefPost  Rule = "no_chief_post"  // a reach for which no chief's post was made
	ChiefVacant  Rule = "chief_vacant"   // a reach whose chief's posts nobody holds
	ChiefActing  Rule = "chief_acting"   // a reach that is only in the hands of an acting chief 代管
	SeatVacant   Rule = "seat_vacant"    // a reach with a chief and an empty seat beside him, as of dual chiefs 双河长
	NoBoard      Rule = "no_board"       // a reach that too few boards of its level name
	FewBoards    Rule = "few_boards"     // a division along the river in which too few boards stand
	NoBoundary   Rule = "no_boundary"    // a stretch without an announced management boundary on its bank
	NoSection    Rule = "no_section"     // a reach on which no water-quality section lies
	NoCivilChief Rule = "no_civil_chief" // a stretch without a civil chief 民间河长 in office
	NoPlan       Rule = "no_plan"        // a stretch without a plan, of its reach or of the river
)

// Finding is what one rule found on one bank of a river at one level. A reach of both banks is found on each.
type Finding struct {
	Rule      Rule      `json:"rule"`
	Level     geo.Level `json:"level"` // 0: the river as a whole
	Bank      geo.Bank  `json:"bank"`
	Metres    geo.Share `json:"metres"` // found, of what was looked at
	Items     geo.Share `json:"items"`  // reaches; for FewBoards divisions; for NoReach and level 0 the river
	Stretches []Stretch `json:"stretches"`
}

// Stretch is a place of a finding.
type Stretch struct {
	RouteID int64 `json:"route_id"`
	Range
	FromLabel  string  `json:"from_label"`
	ToLabel    string  `json:"to_label"`
	Reaches    []int64 `json:"reaches,omitempty"`     // that it is a stretch of: two of an overlap
	DivisionID *int64  `json:"division_id,omitempty"` // of FewBoards,
	Have       *int    `json:"have,omitempty"`        // with the boards that are there
	Need       *int    `json:"need,omitempty"`        // and those that should be
}

// RiverCoverage is the coverage of one river: what is looked at, and what is missing of it.
type RiverCoverage struct {
	RiverID  int64           `json:"river_id"`
	Name     string          `json:"name"`
	LengthM  float64         `json:"length_m"` // of its routes, in measure; 0: it has no line, and nothing can be found
	Levels   []LevelCoverage `json:"levels"`   // highest first
	Findings []Finding       `json:"findings"`
}

// LevelCoverage is what a level has on a river: metres of each bank that a reach has, of the river's length.
type LevelCoverage struct {
	Level   geo.Level `json:"level"`
	Reaches int       `json:"reaches"`
	Left    geo.Share `json:"left"`
	Right   geo.Share `json:"right"`
}

// CoverageTotals sums the coverage of rivers.
type CoverageTotals struct {
	Rivers      int         `json:"rivers"`
	WithoutLine int         `json:"rivers_without_line"` // among them: nothing can be told of these
	Rules       []RuleTotal `json:"rules"`               // every rule that was looked for, also where it found nothing
}

// RuleTotal is what a rule found at a level. The banks are never added to each other; an item that both have counts once.
type RuleTotal struct {
	Rule   Rule                   `json:"rule"`
	Level  geo.Level              `json:"level"`
	Metres map[geo.Bank]geo.Share `json:"metres"`
	Items  geo.Share              `json:"items"`
}

// Coverage tells what rivers have and what they lack on a day (Q8): each is given what was found of it, one after the other,
// and the totals over all come at the end.
func Coverage(rivers iter.Seq[RiverFacts], rules CoverageRules, asOf geo.Date, each func(RiverCoverage)) CoverageTotals {
	if len(rules.Boards) == 0 {
		rules.Boards = []BoardRule{{Min: 1}}
	}
	var out CoverageTotals
	sums := map[looked]*RuleTotal{}
	for f := range rivers {
		c := newCover(f, rules, asOf)
		c.look()
		c.addTo(sums)
		out.Rivers++
		if c.out.LengthM == 0 {
			out.WithoutLine++
		}
		each(c.out)
	}
	out.Rules = make([]RuleTotal, 0, len(sums))
	for _, t := range sums {
		out.Rules = append(out.Rules, *t)
	}
	slices.SortFunc(out.Rules, func(a, b RuleTotal) int { return cmp.Or(cmp.Compare(a.Level, b.Level), cmp.Compare(a.Rule, b.Rule)) })
	return out
}
