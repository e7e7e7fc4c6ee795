package api_test

import (
	"context"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hetu/data/pg"
	"hetu/data/sample"
	"hetu/geo"
	"hetu/geo/duty"
)

// counties fills a batch with the two sample counties.
func counties(t *testing.T, b *pg.Batch) {
	t.Helper()
	addCounties(t, func(rows ...pg.Row) error { return b.Add(t.Context(), rows...) })
}

func addCounties(t *testing.T, add func(...pg.Row) error) {
	t.Helper()
	if err := sample.Counties(t.Context(), func(_ context.Context, rows ...pg.Row) error { return add(rows...) }); err != nil {
		t.Fatal(err)
	}
}

func countsOf(t *testing.T, srv *httptest.Server, division, asOf string) duty.Counts {
	t.Helper()
	var c duty.Counts
	if status := get(t, srv, "/api/v1/counts?division="+division+"&as_of="+asOf, &c); status != 200 {
		t.Fatalf("counts of %s: status %d", division, status)
	}
	return c
}

func at(counts []duty.LevelCount, level geo.Level, kinds ...string) int {
	n := 0
	for _, c := range counts {
		if c.Level == level && (len(kinds) == 0 || slices.Contains(kinds, c.Kind)) {
			n += c.Count
		}
	}
	return n
}

// The figures of 九原区 (S-1b), through the HTTP API. The numbers are those of the facts' list.
func TestFactsOfJiuyuan(t *testing.T) {
	t.Parallel()
	srv := serve(t, counties)
	c := countsOf(t, srv, "150207", "2018-01-01")
	figures := map[string][2]int{
		"F01 towns and streets":         {at(c.Divisions, geo.Town), 8},
		"F01 rivers":                    {c.Rivers.Count, 16},
		"F02 rivers of 50 km² and more": {c.Rivers.Basin50, 5},
		"F03 seasonal rivers":           {c.Rivers.Seasonal, 15},
		"F04 district rivers":           {c.Rivers.ManagedAt[geo.County], 6},
		"F04 of these also city rivers": {c.Rivers.ManagedAt[geo.City], 4},
		"F05 district chiefs":           {at(c.Persons, geo.County, "chief"), 5},
		"F05 posts of district chiefs":  {at(c.Posts, geo.County, "chief"), 6},
		"F06 town reaches":              {at(c.Reaches, geo.Town), 26},
		"F07 town chiefs":               {at(c.Persons, geo.Town, "chief"), 38},
		"F08 reaches without chief":     {c.Uncovered, 0},
		"F11 city boards":               {at(c.Boards, geo.City), 4},
		"F11 district boards":           {at(c.Boards, geo.County), 2},
		"F11 town boards":               {at(c.Boards, geo.Town), 11},
		// F13, 12 plans in drafting and 4 rivers without one, is not told to anyone: a plan that is not approved counts as none.
		"F13 plans in drafting":               {c.Plans["draft"], 0},
		"F13 rivers without an approved plan": {c.Plans["none"], 16},
	}
	for name, f := range figures {
		if f[0] != f[1] {
			t.Errorf("%s: got %d, want %d", name, f[0], f[1])
		}
	}
	for _, l := range slices.Concat(c.Divisions, c.Reaches, c.Posts, c.Boards) {
		if len(l.Sources) == 0 {
			t.Errorf("a count has no source: %+v", l)
		}
	}

	var rivers struct{ Rivers []duty.ListedRiver }
	get(t, srv, "/api/v1/rivers?limit=1000", &rivers)
	var names []string
	for _, r := range rivers.Rivers {
		if r.Division != nil && r.Division.Code != nil && *r.Division.Code == "150207" {
			names = append(names, r.Name)
		}
	}
	want := strings.Fields("黄河 昆都仑河 二道沙河 四道沙河 梅力更沟 乌兰不浪沟 大坝沟 哈德门沟 门道沟 东柏树沟 西柏树沟 胡鲁斯太沟 阿贵沟 花沟 白石头沟 虎奔汉沟")
	slices.Sort(names)
	slices.Sort(want)
	if diff := cmp.Diff(want, names); diff != "" {
		t.Error(diff)
	}
}

// The figures of 清镇市 (S-6), and the contradictions of its sources, which are told and not settled.
func TestFactsOfQingzhen(t *testing.T) {
	t.Parallel()
	srv := serve(t, counties)
	c := countsOf(t, srv, "520181", "2018-01-01")
	figures := map[string][2]int{
		"F39 towns 镇":              {at(c.Divisions, geo.Town, "镇"), 6},
		"F39 townships 乡":          {at(c.Divisions, geo.Town, "乡"), 3},
		"F39 communities 社区":       {at(c.Divisions, geo.Town, "社区"), 7},
		"F39 villages":             {at(c.Divisions, geo.Village), 181},
		"F42 county rivers":        {c.Rivers.HighestLevels[geo.County], 14},
		"F42 rivers in all":        {c.Rivers.Count, 74},
		"F44 county boards":        {at(c.Boards, geo.County), 56},
		"F44 town, village boards": {at(c.Boards, geo.Town) + at(c.Boards, geo.Village), 71},
	}
	for name, f := range figures {
		if f[0] != f[1] {
			t.Errorf("%s: got %d, want %d", name, f[0], f[1])
		}
	}
	area := slices.IndexFunc(c.Claims, func(c duty.Claim) bool { return c.Measure == "area_km2" })
	if area < 0 || c.Claims[area].Value != 1387 {
		t.Errorf("F39 area: %+v", c.Claims)
	}
	rules := map[string]string{}
	for _, x := range c.Contradictions {
		rules[x.Rule] += x.Detail + "\n"
	}
	for rule, want := range map[string]string{
		"one_measure_two_figures": "town_rivers: 54",
		"parts_do_not_sum":        "14 + 54 = 68, but 74",
		"claim_against_store":     "town_rivers: 60 stored, claimed 54",
	} {
		if !strings.Contains(rules[rule], want) {
			t.Errorf("F42 %s: got %q, want %q in it", rule, rules[rule], want)
		}
	}
}
