package api_test

import (
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twpayne/go-geom"

	"hetu/data/pg"
	"hetu/geo"
	"hetu/geo/duty"
)

// share is a rate as an answer writes it.
type share struct {
	Part, Whole float64
	Percent     *json.Number
}

func (s share) String() string {
	if s.Percent == nil {
		return fmt.Sprintf("%v/%v", s.Part, s.Whole)
	}
	return fmt.Sprintf("%v/%v %s", s.Part, s.Whole, *s.Percent)
}

type coverageBody struct {
	RuleProfile string `json:"rule_profile"`
	How         string
	Truncated   bool
	Findings    int
	Stretches   int
	Totals      struct {
		Rivers int
		Rules  []struct {
			Rule   duty.Rule
			Level  geo.Level
			Metres map[geo.Bank]share
			Items  share
		}
	}
	Rivers []struct {
		RiverID  int64 `json:"river_id"`
		Name     string
		Levels   []struct{ Level geo.Level }
		Findings []struct {
			Rule      duty.Rule
			Level     geo.Level
			Bank      geo.Bank
			Metres    share
			Stretches []duty.Stretch
		}
	}
}

func (b coverageBody) items(rule duty.Rule, level geo.Level) string {
	for _, r := range b.Totals.Rules {
		if r.Rule == rule && r.Level == level {
			return r.Items.String()
		}
	}
	return "not looked for"
}

func coverageOf(t *testing.T, srv *httptest.Server, query string) coverageBody {
	t.Helper()
	var b coverageBody
	if status := get(t, srv, "/api/v1/coverage?"+query, &b); status != http.StatusOK {
		t.Fatalf("coverage %s: status %d", query, status)
	}
	return b
}

// Scenario 1: 九原 has 16 rivers, 5 of 50 km² and more, 15 seasonal, 6 of the district, 4 also of the city, 26 reaches. All other figures
// of the article are held by TestFactsOfJiuyuan.
func TestScenario_01(t *testing.T) {
	t.Parallel()
	c := countsOf(t, serve(t, counties), "150207", "2018-01-01")
	got := []int{c.Rivers.Count, c.Rivers.Basin50, c.Rivers.Seasonal, c.Rivers.ManagedAt[geo.County], c.Rivers.ManagedAt[geo.City], at(c.Reaches, geo.Town)}
	if want := []int{16, 5, 15, 6, 4, 26}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// Scenario 2: 5 district and 38 town chiefs; persons are not posts; no reach is without a chief.
func TestScenario_02(t *testing.T) {
	t.Parallel()
	srv := serve(t, counties)
	var c struct {
		Posts, Persons []duty.LevelCount
		Uncovered      int `json:"reaches_without_chief"`
		Rates          struct {
			Reaches []struct {
				Level geo.Level
				share
			} `json:"reaches_with_chief"`
		}
	}
	get(t, srv, "/api/v1/counts?division=150207&as_of=2018-01-01", &c)
	got := []int{at(c.Persons, geo.County, "chief"), at(c.Posts, geo.County, "chief"), at(c.Persons, geo.Town, "chief"), at(c.Posts, geo.Town, "chief"), c.Uncovered}
	if want := []int{5, 6, 38, 38, 0}; !slices.Equal(got, want) {
		t.Errorf("persons and posts: got %v, want %v", got, want)
	}
	for _, r := range c.Rates.Reaches {
		if r.Level == geo.Town && r.String() != "26/26 100.00" {
			t.Errorf("town reaches with a chief: %s", r)
		}
	}
	b := coverageOf(t, srv, "division=150207&as_of=2018-01-01&level=4")
	for _, rule := range []duty.Rule{duty.NoChiefPost, duty.ChiefVacant, duty.ChiefActing, duty.SeatVacant} {
		if got := b.items(rule, geo.Town); got != "0/26 0.00" {
			t.Errorf("%s: %s", rule, got)
		}
	}
	before := coverageOf(t, srv, "division=150207&as_of=2017-11-30&level=4&summary=true")
	if got := before.items(duty.ChiefVacant, geo.Town); got != "26/26 100.00" {
		t.Errorf("the day before the list of chiefs: vacant %s", got)
	}
}

// Scenario 3: 17 boards, 4 of the city, 2 of the district, 11 of towns; 15 of 26 town reaches are without a board; a board that names a
// second reach lowers the number by one.
func TestScenario_03(t *testing.T) {
	t.Parallel()
	srv := serve(t, counties)
	c := countsOf(t, srv, "150207", "2018-01-01")
	if got := []int{at(c.Boards, geo.City), at(c.Boards, geo.County), at(c.Boards, geo.Town)}; !slices.Equal(got, []int{4, 2, 11}) {
		t.Errorf("boards: %v", got)
	}
	b := coverageOf(t, srv, "division=150207&as_of=2018-01-01")
	if got := b.items(duty.NoBoard, geo.Town); got != "15/26 57.69" || !strings.HasPrefix(b.RuleProfile, "board-each-reach@") || b.Truncated {
		t.Errorf("no board: %s by %s", got, b.RuleProfile)
	}
	listed := map[int64]bool{}
	for _, r := range b.Rivers {
		for _, f := range r.Findings {
			if f.Rule != duty.NoBoard || f.Level != geo.Town {
				continue
			}
			for _, s := range f.Stretches {
				listed[s.Reaches[0]] = true
				if !strings.HasPrefix(s.FromLabel, "K") || !strings.HasPrefix(s.ToLabel, "K") || s.ToM <= s.FromM {
					t.Errorf("a stretch without its place: %+v", s)
				}
			}
		}
	}
	if len(listed) != 15 {
		t.Errorf("%d reaches are listed", len(listed))
	}
	second := serve(t, func(t *testing.T, b *pg.Batch) {
		t.Helper()
		countiesWith(t, b, func(row pg.Row, seen map[string][]pg.Row) pg.Row {
			board, ok := row.(pg.Board)
			if !ok || board.Level != geo.Town || len(seen["board4"]) > 0 || !strings.HasPrefix(board.Code, "150207") {
				return row
			}
			for _, other := range seen["reach"] {
				if r := other.(pg.Reach); r.Level == geo.Town && !slices.Contains(board.Reaches, r.Key) { //nolint:forcetypeassert // as it was kept
					board.Reaches = append(slices.Clone(board.Reaches), r.Key)
					break
				}
			}
			seen["board4"] = append(seen["board4"], board)
			return board
		})
	})
	if got := coverageOf(t, second, "division=150207&as_of=2018-01-01").items(duty.NoBoard, geo.Town); got != "14/26 53.85" {
		t.Errorf("with a board of two reaches: %s", got)
	}
}

// Scenario 5: 社区 of 清镇 are of town rank, their chiefs town chiefs; what lies below them are villages.
func TestScenario_05(t *testing.T) {
	t.Parallel()
	srv := serve(t, counties)
	whole := countsOf(t, srv, "520181", "2018-01-01")
	if n := at(whole.Divisions, geo.Town, "社区"); n != 7 {
		t.Errorf("%d communities of town rank", n)
	}
	for n := 1; n <= 7; n++ {
		code := fmt.Sprintf("520181%03d000", n)
		c := countsOf(t, srv, code, "2018-01-01")
		if at(c.Divisions, geo.Town, "社区") != 1 || at(c.Divisions, geo.Village) == 0 || len(c.Divisions) != 2 {
			t.Errorf("%s: %+v", code, c.Divisions)
		}
		if chiefs := at(c.Posts, geo.Town, "chief"); chiefs != 2*at(c.Reaches, geo.Town) {
			t.Errorf("%s: %d town chiefs for %d reaches", code, chiefs, at(c.Reaches, geo.Town))
		}
	}
}

// Scenario 9: NH3-N 1.2, TP 0.15, CODMn 5 are class IV by NH3-N; the target is III: fail, by NH3-N.
func TestScenario_09(t *testing.T) {
	t.Parallel()
	srv := serve(t, func(t *testing.T, b *pg.Batch) {
		t.Helper()
		riverWithSections(t, b, []map[string]float64{{"NH3-N": 1.2, "TP": 0.15, "CODMn": 5}})
	})
	a := qualityOf(t, srv, "")
	if len(a.Axis) != 1 || !strings.HasPrefix(a.RuleProfile, "quality-river@") {
		t.Fatalf("%+v", a)
	}
	s := a.Axis[0].Section
	if s.Class != 4 || s.Pass || !slices.Equal(s.Worst, []string{"NH3-N"}) || !slices.Equal(s.Reasons, []string{"NH3-N"}) || a.Rate.String() != "0/1 0.00" {
		t.Errorf("got %+v, rate %s", s, a.Rate)
	}
}

// Scenario 8: 54 sections with 26 passing are 48.15 %, 250 with 155 are 62.00 %; one without a sample is in no rate, and is listed.
func TestScenario_08(t *testing.T) {
	t.Parallel()
	type sections struct {
		Count   int
		Passing share
		ByKind  []struct {
			Kind    string
			Count   int
			Passing share
		} `json:"by_kind"`
		Without struct {
			Count int
			List  []struct{ Name string }
		} `json:"without_sample"`
	}
	ask := func(srv *httptest.Server, query string) sections {
		var c struct{ Sections sections }
		if status := get(t, srv, "/api/v1/counts?"+query, &c); status != http.StatusOK {
			t.Fatalf("status %d", status)
		}
		return c.Sections
	}
	// F45: of 54 river sections 26 pass by 27 April; the 9 of drinking-water sources, which pass, are told apart.
	sample := ask(serve(t, counties), "division=520181&as_of=2017-04-27")
	var kinds []string
	for _, k := range sample.ByKind {
		kinds = append(kinds, fmt.Sprint(k.Kind, " ", k.Count, " ", k.Passing))
	}
	if diff := cmp.Diff([]string{"county 54 26/54 48.15", "drinking_source 9 9/9 100.00"}, kinds); diff != "" || sample.Count != 63 || sample.Passing.String() != "26/54 48.15" {
		t.Errorf("清镇: %+v %s", sample, diff)
	}
	values := func(n, passing int) []map[string]float64 {
		var out []map[string]float64
		for i := range n {
			v := map[string]float64{"NH3-N": 1.2}
			if i < passing {
				v["NH3-N"] = 0.8
			}
			out = append(out, v)
		}
		return append(out, nil)
	}
	for _, tt := range []struct {
		n, passing int
		want       string
	}{{54, 26, "26/54 48.15"}, {250, 155, "155/250 62.00"}} {
		srv := serve(t, func(t *testing.T, b *pg.Batch) {
			t.Helper()
			riverWithSections(t, b, values(tt.n, tt.passing))
		})
		got := ask(srv, "as_of=2018-01-01")
		if got.Count != tt.n+1 || got.Passing.String() != tt.want || got.Without.Count != 1 || got.Without.List[0].Name != fmt.Sprintf("断面%03d", tt.n+1) {
			t.Errorf("counts: %+v, want %s", got, tt.want)
		}
		along := qualityOf(t, srv, "as_of=2018-01-01")
		if along.Rate.String() != tt.want || len(along.WithoutSample) != 1 || len(along.Axis) != tt.n+1 {
			t.Errorf("along the river: %s, %+v", along.Rate, along.WithoutSample)
		}
		for i := 1; i < len(along.Axis); i++ {
			if along.Axis[i-1].Section.MeasureM >= along.Axis[i].Section.MeasureM {
				t.Fatalf("not in order of K: %+v", along.Axis[i])
			}
		}
	}
}

type staleBody struct {
	RuleProfile    string `json:"rule_profile"`
	Stale, Overdue share
	Truncated      bool
	Boards         []struct {
		ID          int64
		Level       geo.Level
		Rivers      []string
		Since, Due  string
		Overdue     bool
		DaysOverdue int `json:"days_overdue"`
		Reasons     []duty.StaleField
	}
}

func staleOf(t *testing.T, srv *httptest.Server, query string) staleBody {
	t.Helper()
	var b staleBody
	if status := get(t, srv, "/api/v1/boards/stale?"+query, &b); status != http.StatusOK {
		t.Fatalf("stale %s: status %d", query, status)
	}
	return b
}

// Scenario 12: the county chief of 东门河左二支流 left on 7 May 2018 and none followed. Its four boards are stale from that day; on day 16
// they are overdue in Hebei, and not in Jiangsu, which allows 30 working days. Who is responsible tells vacancy and acting chief:
// TestScenario12Vacancy.
func TestScenario_12(t *testing.T) {
	t.Parallel()
	srv := serve(t, counties)
	for _, tt := range []struct {
		day, profile string
		boards, late int
	}{
		{"2018-05-06", "board-hebei", 0, 0},
		{"2018-05-07", "board-hebei", 4, 0},
		{"2018-05-22", "board-hebei", 4, 0},
		{"2018-05-23", "board-hebei", 4, 4},
		{"2018-05-23", "board-jiangsu", 4, 0},
		{"2018-06-19", "board-jiangsu", 4, 0},
		{"2018-06-21", "board-jiangsu", 4, 4},
	} {
		b := staleOf(t, srv, "division=520181&as_of="+tt.day+"&profile="+tt.profile)
		late, found := 0, 0
		for _, x := range b.Boards {
			if !slices.Contains(x.Rivers, "东门河左二支流") {
				continue
			}
			found++
			if x.Since != "2018-05-07" || x.Level != geo.County || x.Reasons[0].Reason != duty.StaleChief {
				t.Errorf("%s: %+v", tt.day, x)
			}
			if x.Overdue {
				late++
			}
		}
		if found != tt.boards || late != tt.late || !strings.HasPrefix(b.RuleProfile, tt.profile+"@") {
			t.Errorf("%s by %s: %d boards stale, %d overdue, want %d and %d", tt.day, tt.profile, found, late, tt.boards, tt.late)
		}
	}
	only := staleOf(t, srv, "division=520181&as_of=2018-05-23&overdue=true")
	for _, x := range only.Boards {
		if !x.Overdue {
			t.Errorf("asked for overdue ones: %+v", x)
		}
	}
}

// Scenario 13: 猫跳河's boards are stale from the change of its chief until they were replaced, and no others are at any time but those
// of scenario 12: what boards show of every level, the sample has right.
func TestScenario_13(t *testing.T) {
	t.Parallel()
	srv := serve(t, counties)
	for day, want := range map[string]int{"2018-04-15": 0, "2018-04-16": 4, "2018-05-06": 4, "2018-05-07": 8, "2018-05-17": 8, "2018-05-18": 4, "2026-01-01": 4} {
		b := staleOf(t, srv, "as_of="+day)
		if len(b.Boards) != want || b.Stale.Part != float64(want) || b.Stale.Whole != 144 {
			t.Errorf("%s: %d stale, %s", day, len(b.Boards), b.Stale)
			for _, x := range b.Boards {
				t.Logf("%v %+v", x.Rivers, x.Reasons)
			}
		}
	}
}

// Scenario 35: ten outfalls, 7 approved, 2 to be approved, 1 to close; monitored are 9 of 9, and the closing one is shown as left out.
func TestScenario_35(t *testing.T) {
	t.Parallel()
	var c struct {
		Outfalls struct {
			Count     int
			Approval  map[string]int
			Monitored share
			LeftOut   []duty.Name `json:"left_out"`
		}
	}
	get(t, serve(t, counties), "/api/v1/counts?division=520181&as_of=2018-01-01", &c)
	o := c.Outfalls
	if o.Count != 10 || o.Approval["approved"] != 7 || o.Approval["pending"] != 2 || o.Approval["closing"] != 1 || o.Monitored.String() != "9/9 100.00" ||
		len(o.LeftOut) != 1 || o.LeftOut[0].Name != "示例入河排污口10" {
		t.Errorf("got %+v", o)
	}
}

type qualityBody struct {
	RuleProfile   string                  `json:"rule_profile"`
	Rate          share                   `json:"rate"`
	WithoutSample []struct{ Name string } `json:"without_sample"`
	WithoutPlace  []any                   `json:"without_place"`
	Axis          []struct {
		Kind    string
		Section struct {
			Name           string
			MeasureM       float64 `json:"measure_m"`
			Class          int
			Pass, Unstable bool
			Worst, Reasons []string
			SampledOn      string `json:"sampled_on"`
			Trend          string
			Passed         share
		}
		Outfall *struct {
			Name     string
			MeasureM float64 `json:"measure_m"`
			Bank     geo.Bank
		}
		Tributary *struct {
			Name     string
			MeasureM float64 `json:"measure_m"`
			OffM     float64 `json:"off_m"`
			Bank     geo.Bank
			Label    string
		}
	}
}

// qualityOf asks for the quality along the river called 示例河.
func qualityOf(t *testing.T, srv *httptest.Server, query string) qualityBody {
	t.Helper()
	return qualityAlong(t, srv, "示例河", query)
}

func qualityAlong(t *testing.T, srv *httptest.Server, river, query string) qualityBody {
	t.Helper()
	var list struct{ Rivers []duty.ListedRiver }
	get(t, srv, "/api/v1/rivers?q="+river, &list)
	if len(list.Rivers) == 0 {
		t.Fatalf("there is no %s", river)
	}
	var b qualityBody
	if status := get(t, srv, fmt.Sprintf("/api/v1/hydro/rivers/%d/quality?%s", list.Rivers[0].ID, query), &b); status != http.StatusOK {
		t.Fatalf("quality of %s: status %d", river, status)
	}
	return b
}

// Along 东门河 lie sections, outfalls and the mouths of its tributaries, in order of K; in November its sections fail.
func TestQualityAlongRiver(t *testing.T) {
	t.Parallel()
	srv := serve(t, counties)
	b := qualityAlong(t, srv, "东门河", "as_of=2018-01-01")
	kinds := map[string]int{}
	for _, x := range b.Axis {
		kinds[x.Kind]++
		if x.Kind == "tributary" && (x.Tributary.OffM > 1 || x.Tributary.Bank == geo.Centre || x.Tributary.Label == "") {
			t.Errorf("a mouth lies off the river, or comes from nowhere: %+v", x.Tributary)
		}
		if x.Kind == "section" && (x.Section.Pass || x.Section.SampledOn != "2017-11-14" || x.Section.Trend != "better") {
			t.Errorf("%+v", x.Section)
		}
	}
	if kinds["outfall"] != 3 || kinds["section"] == 0 || kinds["tributary"] == 0 || b.Rate.Part != 0 || len(b.WithoutPlace) != 0 {
		t.Errorf("%v, rate %s", kinds, b.Rate)
	}
	lower := qualityAlong(t, srv, "长冲河", "as_of=2018-01-01&from=2017-05-01")
	found := 0
	for _, x := range lower.Axis {
		if x.Section.Name != "长冲河下游断面" {
			continue
		}
		found++
		if !x.Section.Unstable || x.Section.Passed.String() != "4/8 50.00" {
			t.Errorf("长冲河下游断面 passes one time and fails the next: %+v", x.Section)
		}
	}
	if found != 1 {
		t.Errorf("长冲河下游断面 is there %d times", found)
	}
	if early := qualityAlong(t, srv, "东门河", "as_of=2017-01-15"); early.Rate.Whole != 0 || len(early.WithoutSample) != kinds["section"] {
		t.Errorf("before the first sample: %+v", early)
	}
}

// countiesWith fills a batch with the two counties, each row as change gives it. seen has the rows before it, by entity.
func countiesWith(t *testing.T, b *pg.Batch, change func(row pg.Row, seen map[string][]pg.Row) pg.Row) {
	t.Helper()
	seen := map[string][]pg.Row{}
	addCounties(t, func(rows ...pg.Row) error {
		for _, row := range rows {
			row = change(row, seen)
			seen[row.Entity()] = append(seen[row.Entity()], row)
			if err := b.Add(t.Context(), row); err != nil {
				return err
			}
		}
		return nil
	})
}

// riverWithSections adds 示例河, with a section for each set of values of one day; nil is a section without a sample.
func riverWithSections(t *testing.T, b *pg.Batch, values []map[string]float64) {
	t.Helper()
	record := func(key string) pg.Record {
		return pg.Record{Key: pg.Key(key), Valid: geo.Since(geo.NewDate(2017, 1, 1)), Source: "test"}
	}
	line := geom.NewLineStringFlat(geom.XYM, []float64{109.9, 40.7, 10000, 109.9, 40.61, 0})
	rows := []pg.Row{
		pg.River{Record: record("river"), Name: "示例河", RiverKind: "river"},
		pg.Route{Record: record("route"), River: "river", MeasureOrigin: "mouth", FlowDir: "with", LengthM: 10000, Geom: line},
	}
	target := 3
	for i, of := range values {
		m := float64(20 + 30*i)
		key := fmt.Sprintf("section%d", i)
		rows = append(rows, pg.Section{
			Record: record(key), Name: fmt.Sprintf("断面%03d", i+1), Kind: "control", River: "river", Route: "route", MeasureM: &m, TargetClass: &target,
			Geom: geom.NewPointFlat(geom.XY, []float64{109.9, 40.61 + 0.09*m/10000}),
		})
		for indicator, v := range of {
			rows = append(rows, pg.Sample{
				Record: record(key + indicator), Section: pg.Key(key), TakenAt: time.Date(2017, 11, 14, 2, 0, 0, 0, time.UTC), Indicator: indicator, Value: &v,
				Unit: "mg/L", Usable: true,
			})
		}
	}
	if err := b.Add(t.Context(), rows...); err != nil {
		t.Fatal(err)
	}
}

// Bad input of the reviews is told by the parameter's name.
func TestBadInputOfReviews(t *testing.T) {
	t.Parallel()
	srv := serve(t, counties)
	tests := []struct {
		path    string
		status  int
		pointer string
	}{
		{"/api/v1/profiles?x=1", 400, "x"},
		{"/api/v1/coverage?river=abc", 400, "river"},
		{"/api/v1/coverage?river=", 400, "river"},
		{"/api/v1/coverage?river=1.5", 400, "river"},
		{"/api/v1/coverage?river=424242", 404, "river"},
		{"/api/v1/coverage?river=0", 400, "river"},
		{"/api/v1/coverage?river=99999999999999999999", 400, "river"},
		{"/api/v1/coverage?division=999999", 404, "division"},
		{"/api/v1/coverage?division=", 400, "division"},
		{"/api/v1/coverage?division=" + strings.Repeat("9", 200), 400, "division"},
		{"/api/v1/coverage?level=0", 400, "level"},
		{"/api/v1/coverage?level=6", 400, "level"},
		{"/api/v1/coverage?level=street", 400, "level"},
		{"/api/v1/coverage?level=04", 400, "level"},
		{"/api/v1/coverage?level=", 400, "level"},
		{"/api/v1/coverage?profile=", 400, "profile"},
		{"/api/v1/coverage?profile=none", 400, "profile"},
		{"/api/v1/coverage?profile=quality-river", 400, "profile"},
		{"/api/v1/coverage?profile=board-wujiang", 400, "profile"},
		{"/api/v1/coverage?summary=yes", 400, "summary"},
		{"/api/v1/coverage?limit=0", 400, "limit"},
		{"/api/v1/coverage?limit=100001", 400, "limit"},
		{"/api/v1/coverage?as_of=2018-13-01", 400, "as_of"},
		{"/api/v1/coverage?known_at=yesterday", 400, "known_at"},
		{"/api/v1/coverage?bank=left", 400, "bank"},
		{"/api/v1/coverage?level=4&level=5", 400, "level"},
		{"/api/v1/boards/stale?river=x", 400, "river"},
		{"/api/v1/boards/stale?river=424242", 404, "river"},
		{"/api/v1/boards/stale?division=1", 404, "division"},
		{"/api/v1/boards/stale?profile=board-each-reach", 400, "profile"},
		{"/api/v1/boards/stale?overdue=1", 400, "overdue"},
		{"/api/v1/boards/stale?limit=10001", 400, "limit"},
		{"/api/v1/boards/stale?level=4", 400, "level"},
		{"/api/v1/boards/stale?as_of=", 400, "as_of"},
		{"/api/v1/hydro/rivers/abc/quality", 404, "id"},
		{"/api/v1/hydro/rivers/424242/quality", 404, "id"},
		{"/api/v1/hydro/rivers/1/quality?from=2017", 400, "from"},
		{"/api/v1/hydro/rivers/1/quality?to=", 400, "to"},
		{"/api/v1/hydro/rivers/1/quality?from=2017-05-01&to=2017-04-30", 400, "to"},
		{"/api/v1/hydro/rivers/1/quality?profile=board-hebei", 400, "profile"},
		{"/api/v1/hydro/rivers/1/quality?limit=3", 400, "limit"},
		{"/api/v1/counts?profile=patrol-sixian", 400, "profile"},
		{"/api/v1/counts?level=4", 400, "level"},
	}
	for _, tt := range tests {
		var p problemBody
		resp := do(t, srv, http.MethodGet, tt.path, &p)
		if resp.StatusCode != tt.status || p.Status != tt.status || p.Detail == "" {
			t.Errorf("%s: status %d, body %+v", tt.path, resp.StatusCode, p)
		}
		if tt.pointer != "" && (len(p.Errors) != 1 || p.Errors[0].Pointer != tt.pointer) {
			t.Errorf("%s: names %+v, want %s", tt.path, p.Errors, tt.pointer)
		}
	}
}

// A level is given by its number or its name, wherever it is asked for.
func TestLevelByNumberOrName(t *testing.T) {
	t.Parallel()
	srv := serve(t, counties)
	var list struct{ Rivers []duty.ListedRiver }
	get(t, srv, "/api/v1/rivers?q=昆都仑河", &list)
	if len(list.Rivers) != 1 {
		t.Fatalf("%d rivers", len(list.Rivers))
	}
	for path, most := range map[string]int{
		"/api/v1/coverage?division=150207&as_of=2018-01-01&level=": 4, fmt.Sprintf("/api/v1/hydro/rivers/%d/handovers?level=", list.Rivers[0].ID): 4,
	} {
		var byNumber, byName map[string]any
		if a, b := get(t, srv, path+fmt.Sprint(most), &byNumber), get(t, srv, path+"town", &byName); a != http.StatusOK || b != http.StatusOK {
			t.Errorf("%s: status %d by number, %d by name", path, a, b)
		}
		if diff := cmp.Diff(byNumber, byName); diff != "" || byName["level"] != float64(most) {
			t.Errorf("%s: %s", path, diff)
		}
	}
}

// Profiles are listed with their sources; the list of findings is cut, and the totals stay whole.
func TestProfilesAndLimits(t *testing.T) {
	t.Parallel()
	srv := serve(t, counties)
	var list struct {
		Count    int
		Profiles []struct {
			ID, Date string
			Title    struct{ Zh, En string }
			Source   struct{ Text, Mark string }
			Parts    []string
		}
	}
	get(t, srv, "/api/v1/profiles", &list)
	if list.Count != len(list.Profiles) || list.Count < 10 {
		t.Errorf("%d profiles", list.Count)
	}
	for _, p := range list.Profiles {
		if p.ID == "" || p.Title.Zh == "" || p.Title.En == "" || p.Source.Text == "" || p.Source.Mark == "" || p.Date == "" || len(p.Parts) == 0 {
			t.Errorf("%+v", p)
		}
	}
	whole, cut, summary := coverageOf(t, srv, "as_of=2018-01-01&limit=100000"), coverageOf(t, srv, "as_of=2018-01-01&limit=3"), coverageOf(t, srv, "as_of=2018-01-01&summary=true")
	if whole.Truncated || !cut.Truncated || cut.Stretches != 3 || cut.Findings != whole.Findings || summary.Truncated || len(summary.Rivers) != 0 {
		t.Errorf("%d findings; of them %v %d; summary %v", whole.Findings, cut.Truncated, cut.Stretches, summary.Truncated)
	}
	a, _ := json.Marshal(whole.Totals)
	for _, other := range []coverageBody{cut, summary} {
		if b, _ := json.Marshal(other.Totals); string(a) != string(b) {
			t.Errorf("the totals differ:\n%s\n%s", a, b)
		}
	}
	first := staleOf(t, srv, "as_of=2018-05-10&limit=3")
	if len(first.Boards) != 3 || !first.Truncated || first.Stale.Part != 8 || first.Boards[0].Since != "2018-04-16" {
		t.Errorf("%+v", first)
	}
}

// A town's coverage is that of its own stretches: what the towns of 九原 have and lack sums to what the district has and lacks.
func TestCoverageOfATown(t *testing.T) {
	t.Parallel()
	srv := serve(t, counties)
	noBoard := func(b coverageBody) (out struct{ items, left, right share }) {
		for _, r := range b.Totals.Rules {
			if r.Rule == duty.NoBoard && r.Level == geo.Town {
				out.items, out.left, out.right = r.Items, r.Metres[geo.Left], r.Metres[geo.Right]
			}
		}
		return out
	}
	county := noBoard(coverageOf(t, srv, "division=150207&as_of=2018-01-01&level=4"))
	if county.items.String() != "15/26 57.69" || county.left.Part <= 0 || county.left.Part >= county.left.Whole || county.right.Part <= 0 {
		t.Fatalf("the district: %+v", county)
	}
	var items, left, right share
	towns, reaches := 0, map[int64]bool{}
	for n := range 300 {
		code := fmt.Sprintf("150207%03d000", n)
		var b coverageBody
		if get(t, srv, "/api/v1/coverage?as_of=2018-01-01&level=4&division="+code, &b) != http.StatusOK {
			continue
		}
		towns++
		of := noBoard(b)
		for _, x := range []struct{ sum, add *share }{{&items, &of.items}, {&left, &of.left}, {&right, &of.right}} {
			x.sum.Part, x.sum.Whole = x.sum.Part+x.add.Part, x.sum.Whole+x.add.Whole
		}
		for _, river := range b.Rivers {
			for _, f := range river.Findings {
				if f.Level != geo.Town {
					t.Errorf("%s: %s of level %d is found", code, f.Rule, f.Level)
				}
				for _, s := range f.Stretches {
					if f.Rule == duty.NoBoard {
						reaches[s.Reaches[0]] = true
					}
				}
			}
		}
	}
	near := func(a, b float64) bool { return math.Abs(a-b) < 0.1 }
	if towns != 8 || len(reaches) != 15 || items.Part != county.items.Part || items.Whole != county.items.Whole {
		t.Errorf("%d towns lack boards at %d reaches, %v; the district %s", towns, len(reaches), items, county.items)
	}
	if !near(left.Part, county.left.Part) || !near(left.Whole, county.left.Whole) || !near(right.Part, county.right.Part) || !near(right.Whole, county.right.Whole) {
		t.Errorf("metres without a board: the towns have %v left and %v right, the district %v and %v", left, right, county.left, county.right)
	}
}

// Hebei counts boards by village. The sample has neither outlines of villages nor reaches of them: that nothing is found says nothing, and
// the answer tells that it could not measure. Of counties it can, by their outlines.
func TestCoverageWithNothingToMeasureBy(t *testing.T) {
	t.Parallel()
	srv := serve(t, counties)
	b := coverageOf(t, srv, "as_of=2018-01-01&profile=board-hebei&summary=true")
	if got := b.items(duty.FewBoards, geo.Village); got != "0/0" || !strings.Contains(b.How, "few_boards at level 5 has nothing to be measured by") {
		t.Errorf("few boards: %s, %s", got, b.How)
	}
	if b := coverageOf(t, srv, "as_of=2018-01-01&summary=true"); strings.Contains(b.How, "nothing to be measured") {
		t.Errorf("a rule of reaches: %s", b.How)
	}
}
