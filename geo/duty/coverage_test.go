package duty_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"hetu/geo"
	"hetu/geo/duty"
)

const sliver = 0.01

func cover(t *testing.T, rules duty.CoverageRules, rivers ...duty.RiverFacts) ([]duty.RiverCoverage, duty.CoverageTotals) {
	t.Helper()
	rules.OverlapM = sliver
	var out []duty.RiverCoverage
	totals := duty.Coverage(slices.Values(rivers), rules, day("2018-06-01"), func(c duty.RiverCoverage) { out = append(out, c) })
	return out, totals
}

// total writes what a rule found in all: items, then metres by bank.
func total(t duty.CoverageTotals, rule duty.Rule, level geo.Level) string {
	for _, r := range t.Rules {
		if r.Rule != rule || r.Level != level {
			continue
		}
		out := fmt.Sprintf("%v/%v", r.Items.Part, r.Items.Whole)
		for _, b := range []geo.Bank{geo.Left, geo.Right, geo.Both} {
			if m, ok := r.Metres[b]; ok {
				out += fmt.Sprintf(" %s %s%%", b, m.Percent())
			}
		}
		return out
	}
	return "not looked for"
}

// told writes the findings of a rule: bank, stretches with their reaches, metres, percent.
func told(c duty.RiverCoverage, rule duty.Rule) []string {
	var out []string
	for _, f := range c.Findings {
		if f.Rule != rule {
			continue
		}
		line := fmt.Sprintf("%d %s:", f.Level, f.Bank)
		for _, s := range f.Stretches {
			line += fmt.Sprintf(" %g-%g %v", s.FromM, s.ToM, s.Reaches)
		}
		out = append(out, fmt.Sprintf("%s = %g m %s%%", line, f.Metres.Part, f.Metres.Percent()))
	}
	return out
}

// jiuyuan is what F06, F07 and F11 give: 16 rivers in 26 town reaches, 38 chiefs, 11 town boards, each of one reach.
func jiuyuan() []duty.RiverFacts {
	var rivers []duty.RiverFacts
	reach := int64(0)
	for i := range int64(16) {
		r := duty.RiverFacts{ID: 1 + i, Levels: []geo.Level{geo.Town}, Routes: []duty.RouteSpan{{RouteID: 1 + i, Range: duty.Range{ToM: 2000}}}}
		cuts := []float64{0, 2000}
		if i < 10 {
			cuts = []float64{0, 1000, 2000}
		}
		for k := range len(cuts) - 1 {
			reach++
			r.Reaches = append(r.Reaches, duty.Reach{ID: reach, RouteID: 1 + i, Level: geo.Town, BankScope: geo.Both, FromM: cuts[k], ToM: cuts[k+1]})
			seats := 1
			if reach <= 12 {
				seats = 2
			}
			for range seats {
				r.Posts = append(r.Posts, postOf(reach, "chief", term("2017-12-01", "", false)))
			}
			if reach%2 == 1 && reach <= 21 {
				r.Boards = append(r.Boards, duty.BoardSite{ID: reach, Level: geo.Town, ReachIDs: []int64{reach}})
			}
		}
		rivers = append(rivers, r)
	}
	return rivers
}

func postOf(reach int64, role string, appointments ...duty.Appointment) duty.Post {
	return duty.Post{ReachID: &reach, Level: geo.Town, Role: role, Appointments: appointments}
}

func term(from, to string, acting bool) duty.Appointment {
	a := duty.Appointment{Person: "示例", Acting: acting, Valid: geo.Period{From: day(from)}}
	if to != "" {
		a.Valid.To = day(to)
	}
	return a
}

// Scenario 2: no reach is without a chief. Scenario 3: 15 of 26 reaches are without a town board; one of another level does
// not help; one that names a second reach does.
func TestCoverageOfJiuyuan(t *testing.T) {
	t.Parallel()
	rivers := jiuyuan()
	_, totals := cover(t, duty.CoverageRules{}, rivers...)
	for _, rule := range []duty.Rule{duty.NoChiefPost, duty.ChiefVacant, duty.ChiefActing, duty.SeatVacant} {
		if got := total(totals, rule, geo.Town); got != "0/26 left 0.00% right 0.00%" {
			t.Errorf("%s: %s", rule, got)
		}
	}
	if got := total(totals, duty.NoReach, geo.Town); got != "0/16 left 0.00% right 0.00%" {
		t.Errorf("no reach: %s", got)
	}
	if got := total(totals, duty.NoBoard, geo.Town); got != "15/26 left 62.50% right 62.50%" {
		t.Errorf("no board: %s", got)
	}
	rivers[0].Boards = append(rivers[0].Boards, duty.BoardSite{ID: 90, Level: geo.City, ReachIDs: []int64{2}})
	if _, totals = cover(t, duty.CoverageRules{}, rivers...); total(totals, duty.NoBoard, geo.Town) != "15/26 left 62.50% right 62.50%" {
		t.Errorf("a city's board: %s", total(totals, duty.NoBoard, geo.Town))
	}
	rivers[0].Boards[0].ReachIDs = []int64{1, 2}
	if _, totals = cover(t, duty.CoverageRules{}, rivers...); total(totals, duty.NoBoard, geo.Town) != "14/26 left 59.38% right 59.38%" {
		t.Errorf("a board of two reaches: %s", total(totals, duty.NoBoard, geo.Town))
	}
}

// One river with everything that can be missing.
func TestCoverageFindings(t *testing.T) {
	t.Parallel()
	river := int64(7)
	r := duty.RiverFacts{
		ID: river, Name: "东门河", Levels: []geo.Level{geo.County, geo.Town}, Routes: []duty.RouteSpan{{RouteID: 70, Range: duty.Range{ToM: 10000}}},
		Reaches: []duty.Reach{
			{ID: 1, RouteID: 70, Level: geo.Town, BankScope: geo.Both, FromM: 0, ToM: 4000},
			{ID: 2, RouteID: 70, Level: geo.Town, BankScope: geo.Left, FromM: 3500, ToM: 8000},
			{ID: 3, RouteID: 70, Level: geo.Town, BankScope: geo.Right, FromM: 4000, ToM: 10000.005},
			{ID: 4, RouteID: 70, Level: geo.Town, BankScope: geo.Left, FromM: 9000, ToM: 10000},
		},
		Posts: []duty.Post{
			postOf(1, "chief", term("2017-01-01", "", false)),
			postOf(1, "chief", term("2017-01-01", "2018-03-01", false)),
			postOf(2, "chief", term("2017-01-01", "2018-03-01", false), term("2018-03-01", "", true)),
			postOf(3, "chief", term("2017-01-01", "2018-06-01", false)),
			postOf(3, "civil_chief", term("2017-01-01", "", false)),
			{RiverID: &river, Level: geo.County, Role: "chief", Appointments: []duty.Appointment{term("2017-01-01", "2018-05-01", false)}},
		},
		Boards:     []duty.BoardSite{{ID: 1, Level: geo.Town, ReachIDs: []int64{1, 3}}},
		Boundaries: []duty.BankSpan{{RouteID: 70, Bank: geo.Left, Range: duty.Range{ToM: 10000}}, {RouteID: 70, Bank: geo.Right, Range: duty.Range{ToM: 6000}}},
		Sections:   []duty.RoutePlace{{RouteID: 70, MeasureM: 4000}, {RouteID: 70, MeasureM: 10000}},
		Plans:      []duty.PlanOf{{ReachID: new(int64(1))}, {Closed: true}},
	}
	covered, totals := cover(t, duty.CoverageRules{}, r)
	want := map[duty.Rule][]string{
		duty.NoReach:      {"4 left: 8000-9000 [] = 1000 m 10.00%"},
		duty.Overlap:      {"4 left: 3500-4000 [1 2] = 500 m 5.26%"},
		duty.NoChiefPost:  {"4 left: 9000-10000 [4] = 1000 m 10.53%"},
		duty.ChiefVacant:  {"3 left: 0-10000 [] = 10000 m 100.00%", "3 right: 0-10000 [] = 10000 m 100.00%", "4 right: 4000-10000 [3] = 6000 m 60.00%"},
		duty.ChiefActing:  {"4 left: 3500-8000 [2] = 4500 m 47.37%"},
		duty.SeatVacant:   {"4 left: 0-4000 [1] = 4000 m 42.11%", "4 right: 0-4000 [1] = 4000 m 40.00%"},
		duty.NoBoard:      {"4 left: 3500-8000 [2] 9000-10000 [4] = 5500 m 57.89%"},
		duty.NoBoundary:   {"0 right: 6000-10000 [] = 4000 m 40.00%", "4 right: 6000-10000 [3] = 4000 m 40.00%"},
		duty.NoSection:    {"4 left: 0-4000 [1] = 4000 m 42.11%", "4 right: 0-4000 [1] = 4000 m 40.00%"},
		duty.NoCivilChief: {"0 left: 0-10000 [] = 10000 m 100.00%", "0 right: 0-4000 [] = 4000 m 40.00%", "4 left: 0-4000 [1] 3500-8000 [2] 9000-10000 [4] = 9500 m 100.00%", "4 right: 0-4000 [1] = 4000 m 40.00%"},
		duty.NoPlan:       {"0 left: 4000-10000 [] = 6000 m 60.00%", "0 right: 4000-10000 [] = 6000 m 60.00%", "4 left: 4000-8000 [2] 9000-10000 [4] = 5000 m 52.63%", "4 right: 4000-10000 [3] = 6000 m 60.00%"},
	}
	for rule, lines := range want {
		if diff := cmp.Diff(lines, told(covered[0], rule)); diff != "" {
			t.Errorf("%s: %s", rule, diff)
		}
	}
	levels := []duty.LevelCoverage{
		{Level: geo.County, Left: geo.Share{Whole: 10000}, Right: geo.Share{Whole: 10000}},
		{Level: geo.Town, Reaches: 4, Left: geo.Share{Part: 9000, Whole: 10000}, Right: geo.Share{Part: 10000, Whole: 10000}},
	}
	if diff := cmp.Diff(levels, covered[0].Levels); diff != "" {
		t.Error(diff)
	}
	if got := total(totals, duty.SeatVacant, geo.Town); got != "1/4 left 42.11% right 40.00%" { // a reach of both banks is one
		t.Error(got)
	}
}

// The board rules of Hebei (a board for each village, one more for each begun 8 km) and Jiangsu (two of the province's a county).
func TestBoardsOfDivisions(t *testing.T) {
	t.Parallel()
	r := duty.RiverFacts{
		ID: 1, Levels: []geo.Level{geo.Province}, Routes: []duty.RouteSpan{{RouteID: 1, Range: duty.Range{ToM: 30000}}},
		Divisions: []duty.DivisionRun{
			{DivisionID: 51, Level: geo.Village, RouteID: 1, Range: duty.Range{ToM: 8000}},
			{DivisionID: 52, Level: geo.Village, RouteID: 1, Range: duty.Range{FromM: 8000, ToM: 14000}},
			{DivisionID: 52, Level: geo.Village, RouteID: 1, Range: duty.Range{FromM: 20000, ToM: 23000}},
			{DivisionID: 31, Level: geo.County, RouteID: 1, Range: duty.Range{ToM: 30000}},
		},
		Boards: []duty.BoardSite{{Level: geo.Town, Divisions: []int64{51, 31}}, {Level: geo.Province, Divisions: []int64{52, 31}}},
	}
	tests := []struct {
		name  string
		rule  duty.BoardRule
		level geo.Level
		want  string
	}{
		{"Hebei", duty.BoardRule{DivisionLevel: geo.Village, Min: 1, EveryM: 8000}, geo.Village, "1/2 both 52.94%"},
		{"one a village", duty.BoardRule{DivisionLevel: geo.Village, Min: 1}, geo.Village, "0/2 both 0.00%"},
		{"Jiangsu", duty.BoardRule{DivisionLevel: geo.County, BoardLevel: geo.Province, Min: 2}, geo.County, "1/1 both 100.00%"},
		{"for rivers of cities", duty.BoardRule{DivisionLevel: geo.County, BoardLevel: geo.City, Min: 2}, geo.County, "not looked for"},
	}
	for _, tt := range tests {
		covered, totals := cover(t, duty.CoverageRules{Boards: []duty.BoardRule{tt.rule}}, r)
		if got := total(totals, duty.FewBoards, tt.level); got != tt.want {
			t.Errorf("%s: %s", tt.name, got)
		}
		for _, f := range covered[0].Findings {
			for _, s := range f.Stretches {
				if f.Rule == duty.FewBoards && (*s.Have != 1 || *s.Need != 2) {
					t.Errorf("%s: %d of %d", tt.name, *s.Have, *s.Need)
				}
			}
		}
	}
}

// A division without an outline is taken from its reaches, beside those that have one; where a level has neither, the totals tell that
// nothing was measured. Of a part of a river only what lies on it counts.
func TestBoardsOfDivisionsByOutlinesAndReaches(t *testing.T) {
	t.Parallel()
	rules := duty.CoverageRules{Boards: []duty.BoardRule{{DivisionLevel: geo.Village, Min: 1}}}
	r := duty.RiverFacts{
		ID: 1, Levels: []geo.Level{geo.County}, Routes: []duty.RouteSpan{{RouteID: 1, Range: duty.Range{ToM: 10000}}},
		Reaches: []duty.Reach{{ID: 1, RouteID: 1, Level: geo.County, ToM: 10000, BankScope: geo.Both, DivisionID: 3}},
	}
	_, totals := cover(t, rules, r)
	if got := totals.NothingToMeasure(rules.Boards); !slices.Equal(got, []geo.Level{geo.Village}) {
		t.Errorf("with neither outlines nor reaches: nothing to measure at %v", got)
	}
	r.Divisions = []duty.DivisionRun{{DivisionID: 51, Level: geo.Village, RouteID: 1, Range: duty.Range{ToM: 6000}}, {DivisionID: 52, Level: geo.Village, RouteID: 1, Range: duty.Range{FromM: 6000, ToM: 10000}}}
	r.Reaches = append(r.Reaches, duty.Reach{ID: 2, RouteID: 1, Level: geo.Village, FromM: 1000, ToM: 2000, BankScope: geo.Both, DivisionID: 53})
	_, totals = cover(t, rules, r)
	if got := total(totals, duty.FewBoards, geo.Village); got != "3/3 both 100.00%" || len(totals.NothingToMeasure(rules.Boards)) != 0 {
		t.Error(got)
	}
	_, totals = cover(t, rules, r.Within(map[int64]bool{53: true}))
	if got := total(totals, duty.FewBoards, geo.Village); got != "2/2 both 100.00%" {
		t.Errorf("of a part: %s", got)
	}
}

// A river without a line is counted and nothing is made up of it.
func TestCoverageWithoutLine(t *testing.T) {
	t.Parallel()
	covered, totals := cover(t, duty.CoverageRules{}, duty.RiverFacts{ID: 1, Levels: []geo.Level{geo.Town}})
	if len(covered[0].Findings) != 0 || totals.Rivers != 1 || totals.WithoutLine != 1 || len(totals.Rules) != 0 {
		t.Errorf("%+v %+v", covered, totals)
	}
}

// With any reaches, missing and doubled metres of each bank are what counting metre by metre gives.
func TestCoverageAgreesWithARaster(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		r := duty.RiverFacts{ID: 1, Levels: []geo.Level{geo.Town}, Routes: []duty.RouteSpan{{RouteID: 1, Range: duty.Range{ToM: rasterM}}}}
		on := map[geo.Bank][]duty.Range{}
		for i, x := range drawRanges(rt, "reaches") {
			scope := rapid.SampledFrom([]geo.Bank{geo.Left, geo.Right, geo.Both}).Draw(rt, "scope")
			r.Reaches = append(r.Reaches, duty.Reach{ID: int64(i), RouteID: 1, Level: geo.Town, BankScope: scope, FromM: x.FromM, ToM: x.ToM})
			for _, b := range []geo.Bank{geo.Left, geo.Right} {
				if scope == geo.Both || scope == b {
					on[b] = append(on[b], x)
				}
			}
		}
		_, totals := cover(t, duty.CoverageRules{}, r)
		for _, b := range []geo.Bank{geo.Left, geo.Right} {
			missing, doubled := 0.0, 0.0
			for _, n := range raster(on[b]) {
				if n == 0 {
					missing++
				}
				if n > 1 {
					doubled++
				}
			}
			for _, x := range totals.Rules {
				if want := map[duty.Rule]float64{duty.NoReach: missing, duty.Overlap: doubled}; x.Level == geo.Town {
					if w, ok := want[x.Rule]; ok && x.Metres[b].Part != w {
						rt.Errorf("%s %s: got %v, want %v", x.Rule, b, x.Metres[b].Part, w)
					}
				}
			}
		}
	})
}

// BenchmarkCoverage is a river of 10,000 reaches with all that belongs to them: the report of a province is asked for while
// somebody waits.
func BenchmarkCoverage(b *testing.B) {
	r := duty.RiverFacts{ID: 1, Levels: []geo.Level{geo.Town}, Routes: []duty.RouteSpan{{RouteID: 1, Range: duty.Range{ToM: 1e6}}}}
	for i := range int64(10_000) {
		from := float64(i) * 100
		r.Reaches = append(r.Reaches, duty.Reach{ID: i, RouteID: 1, Level: geo.Town, BankScope: geo.Both, FromM: from, ToM: from + 99})
		r.Posts = append(r.Posts, postOf(i, "chief", term("2017-01-01", "", false)), postOf(i, "civil_chief", term("2017-01-01", "", false)))
		r.Boards = append(r.Boards, duty.BoardSite{ID: i, Level: geo.Town, ReachIDs: []int64{i}})
		r.Boundaries = append(r.Boundaries, duty.BankSpan{RouteID: 1, Bank: geo.Left, Range: duty.Range{FromM: from, ToM: from + 50}})
		r.Plans = append(r.Plans, duty.PlanOf{ReachID: &r.Reaches[i].ID})
	}
	for b.Loop() {
		duty.Coverage(slices.Values([]duty.RiverFacts{r}), duty.CoverageRules{OverlapM: sliver}, day("2018-06-01"), func(duty.RiverCoverage) {})
	}
}

// A section where a reach ends is on it at the route's own end alone, also where only a part of the river is looked at.
func TestSectionAtTheEndOfAPart(t *testing.T) {
	t.Parallel()
	river := duty.RiverFacts{
		ID: 1, Levels: []geo.Level{geo.Town}, Routes: []duty.RouteSpan{{RouteID: 1, Range: duty.Range{ToM: 10000}}},
		Reaches: []duty.Reach{
			{ID: 1, RouteID: 1, Level: geo.Town, ToM: 4000, BankScope: geo.Both, DivisionID: 1},
			{ID: 2, RouteID: 1, Level: geo.Town, FromM: 4000, ToM: 10000, BankScope: geo.Both, DivisionID: 2},
		},
	}
	for _, tt := range []struct {
		at    float64
		whole bool // of the river
		of    int64
		want  string
	}{
		{4000, true, 0, "1/2"}, {4000, false, 1, "1/1"}, {4000, false, 2, "0/1"}, {10000, false, 2, "0/1"}, {10000, true, 0, "1/2"}, {0, false, 1, "0/1"},
	} {
		facts := river
		facts.Sections = []duty.RoutePlace{{RouteID: 1, MeasureM: tt.at}}
		if !tt.whole {
			facts = facts.Within(map[int64]bool{tt.of: true})
		}
		totals := duty.Coverage(slices.Values([]duty.RiverFacts{facts}), duty.CoverageRules{OverlapM: 0.01}, day("2018-01-01"), func(duty.RiverCoverage) {})
		for _, r := range totals.Rules {
			if got := fmt.Sprintf("%v/%v", r.Items.Part, r.Items.Whole); r.Rule == duty.NoSection && r.Level == geo.Town && got != tt.want {
				t.Errorf("section at %v, division %d: without one are %s, want %s", tt.at, tt.of, got, tt.want)
			}
		}
	}
}
