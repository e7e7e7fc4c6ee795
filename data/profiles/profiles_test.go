package profiles_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hetu/data/profiles"
	"hetu/geo"
	"hetu/geo/demarc"
	"hetu/geo/duty"
	"hetu/geo/quality"
	"hetu/geo/rules"
)

func builtIn(t *testing.T) *profiles.Set {
	t.Helper()
	s, err := profiles.Load("")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func get(t *testing.T, id string) rules.Profile {
	t.Helper()
	p, err := builtIn(t).Get(id)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func day(s string) geo.Date {
	d, err := geo.ParseDate(s)
	if err != nil {
		panic(err)
	}
	return d
}

// What is built in: every profile with its source, and the rules of domain 2.4 and 4.7.
func TestBuiltIn(t *testing.T) {
	t.Parallel()
	var ids []string
	for _, p := range builtIn(t).All() {
		ids = append(ids, p.ID)
		if p.Title.Zh == "" || p.Title.En == "" || p.Source.Text == "" || p.Source.Mark == "" || p.Date == "" {
			t.Errorf("%s: %+v", p.ID, p)
		}
	}
	want := []string{
		"board-each-reach", "board-hebei", "board-jiangsu", "board-wujiang", "patrol-aheqi", "patrol-seed-city", "patrol-seed-town", "patrol-sixian", "quality-river",
		"stakes-basic", "stakes-dense", "stakes-rural", "stakes-wild", "tolerance-default",
		"width-coast", "width-huojia", "width-kaiping", "width-national", "width-pingyuan", "width-qa", "width-wuwei",
	}
	if diff := cmp.Diff(want, ids); diff != "" {
		t.Error(diff)
	}
	hebei, jiangsu := get(t, "board-hebei"), get(t, "board-jiangsu")
	if diff := cmp.Diff(&duty.UpdateDuty{Profile: "board-hebei", Days: 15}, hebei.Update); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]duty.BoardRule{{DivisionLevel: geo.Village, Min: 1, EveryM: 8000}}, hebei.Boards); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(&duty.UpdateDuty{Profile: "board-jiangsu", Days: 30, Working: true}, jiangsu.Update); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(&rules.BoardSize{WidthM: 1.5, HeightM: 1}, jiangsu.Size); diff != "" {
		t.Error(diff)
	}
	village := duty.PatrolRule{Profile: "patrol-aheqi", Level: geo.Village, Period: duty.EachWeek, Min: 1, MinMinutes: 30, MinMetres: 2000, MinGapH: 96, From: 3, To: 12}
	if aheqi := get(t, "patrol-aheqi").Patrols; !slices.Contains(aheqi, village) {
		t.Errorf("%+v", aheqi)
	}
	if _, err := builtIn(t).Get("board-nowhere"); geo.CodeOf(err) != geo.CodeNotFound {
		t.Errorf("got %v", err)
	}
}

// The widths of domain.md 4.2: by class, by flood, by the river's own width; what is not known takes the widest.
func TestWidthProfiles(t *testing.T) {
	t.Parallel()
	tests := []struct {
		profile string
		at      demarc.Situation
		least   float64
		most    float64
		protect float64
		mark    string
	}{
		{"width-national", demarc.Situation{Basis: demarc.LeveeToe, LeveeClass: 1}, 20, 30, 300, "M"},
		{"width-national", demarc.Situation{Basis: demarc.LeveeToe, LeveeClass: 3}, 10, 20, 200, "M"},
		{"width-national", demarc.Situation{Basis: demarc.LeveeToe, LeveeClass: 5}, 5, 10, 100, "M"},
		{"width-national", demarc.Situation{Basis: demarc.LeveeToe}, 20, 30, 300, "M"},
		{"width-kaiping", demarc.Situation{Basis: demarc.LeveeToe, LeveeClass: 4}, 15, 15, 20, "V"},
		{"width-kaiping", demarc.Situation{Basis: demarc.Revetment}, 10, 10, 10, "V"},
		{"width-huojia", demarc.Situation{Basis: demarc.NaturalBank}, 5, 5, 0, "V"},
		{"width-coast", demarc.Situation{Basis: demarc.DesignFlood, ReturnYears: 50}, 20, 20, 0, "V"},
		{"width-coast", demarc.Situation{Basis: demarc.DesignFlood}, 25, 25, 0, "V"},
		{"width-coast", demarc.Situation{Basis: demarc.NaturalBank, ReturnYears: 20, RiverWidthM: 4}, 5, 5, 0, "V"},
		{"width-coast", demarc.Situation{Basis: demarc.NaturalBank, RiverWidthM: 9}, 10, 10, 0, "V"},
		{"width-coast", demarc.Situation{Basis: demarc.NaturalBank, RiverWidthM: 40}, 25, 25, 0, "V"},
		{"width-coast", demarc.Situation{Basis: demarc.NaturalBank, Where: "built_up"}, 10, 10, 0, "V"},
		{"width-qa", demarc.Situation{Basis: demarc.LeveeToe}, 8, 15, 0, "V"},
		{"width-qa", demarc.Situation{Basis: demarc.LeveeToe, Where: "sea_dyke"}, 30, 50, 0, "V"},
		{"width-wuwei", demarc.Situation{Basis: demarc.LeveeToe, Where: "sandy_base"}, 30, 165, 200, "V"},
		{"width-pingyuan", demarc.Situation{Basis: demarc.NaturalBank}, 18, 18, 50, "V"},
	}
	for _, tt := range tests {
		r, ok := get(t, tt.profile).Width.Of(tt.at)
		if !ok || r.LeastM != tt.least || r.MostM != tt.most || r.ProtectionMostM != tt.protect || r.Mark != tt.mark || r.Source == "" {
			t.Errorf("%s %+v: %+v, %v", tt.profile, tt.at, r, ok)
		}
	}
	if r, ok := get(t, "width-national").Width.Of(demarc.Situation{Basis: demarc.NaturalBank}); ok {
		t.Errorf("a rule that is not there: %+v", r)
	}
}

// Scenario 9 with the profile's own limits.
func TestQualityProfile(t *testing.T) {
	t.Parallel()
	standard := get(t, "quality-river").Quality
	got := standard.Grade([]quality.Value{
		{Indicator: "NH3-N", Value: 1.2, Unit: "mg/L"}, {Indicator: "TP", Value: 0.15, Unit: "mg/L"}, {Indicator: "CODMn", Value: 5, Unit: "mg/L"},
	})
	if got.Class.String() != "IV" || !cmp.Equal(got.Worst, []string{"NH3-N"}) || standard.StablePct != 10 {
		t.Errorf("%+v", got)
	}
	if oxygen := standard.Grade([]quality.Value{{Indicator: "DO", Value: 4.9, Unit: "mg/L"}}).Class; oxygen != 4 {
		t.Errorf("oxygen: %s", oxygen)
	}
}

// Scenario 12 with the profiles and the calendar that are built in.
func TestDutiesOfProfiles(t *testing.T) {
	t.Parallel()
	h := duty.BoardHistory{Posts: []duty.Spell[duty.Post]{{Value: duty.Post{Level: geo.County, Role: "chief", Appointments: []duty.Appointment{
		{Person: "示例", Valid: geo.Period{From: day("2017-06-01"), To: day("2018-04-02")}},
	}}}}}
	rules := []duty.UpdateDuty{*get(t, "board-hebei").Update, *get(t, "board-jiangsu").Update}
	s := duty.StalenessOf(duty.BoardText{Level: geo.County, Made: day("2017-08-01")}, h.Truth(), rules, builtIn(t).Calendar(), day("2018-04-18"))
	if !s.Stale || s.Since.String() != "2018-04-02" || !s.Duties[0].Overdue || s.Duties[1].Overdue || s.Duties[1].Due.String() != "2018-05-16" {
		t.Errorf("%+v", s)
	}
}

// Days of the notices, and of years that have none.
func TestCalendarOfNotices(t *testing.T) {
	t.Parallel()
	c := builtIn(t).Calendar()
	tests := []struct {
		day            string
		working, known bool
	}{
		{"2017-01-02", false, true}, // a Monday off for the Sunday
		{"2017-09-30", true, true},
		{"2018-12-29", true, true}, // by the notice of 2019
		{"2018-12-31", false, true},
		{"2019-05-03", false, true}, // by the second notice of 2019
		{"2024-02-09", true, true},  // employers were only encouraged to give the day off
		{"2024-02-18", true, true},
		{"2025-10-08", false, true},
		{"2026-02-23", false, true},
		{"2026-02-28", true, true},
		{"2026-11-27", true, true},
		{"2026-11-28", false, true},
		{"2021-10-01", true, false},
		{"2027-01-01", true, false},
	}
	for _, tt := range tests {
		if working, known := c.Working(day(tt.day)); working != tt.working || known != tt.known {
			t.Errorf("%s: got working %v, known %v", tt.day, working, known)
		}
	}
	if due, only := c.After(day("2019-12-30"), 3); due.String() != "2020-01-02" || !cmp.Equal(only, []int{2020}) {
		t.Errorf("into a year without a notice: %s, %v", due, only)
	}
	off := map[int]int{} // days that the notice of a year has, as it says itself
	for _, n := range c.Notices() {
		for _, h := range n.Holidays {
			off[n.Year] += h.From.DaysUntil(h.To)
		}
		if len(n.Numbers) == 0 {
			t.Errorf("%d has no number", n.Year)
		}
	}
	want := map[int]int{2017: 2 + 7 + 3 + 1 + 3 + 8, 2018: 1 + 7 + 3 + 3 + 1 + 1 + 7, 2019: 3 + 7 + 1 + 4 + 1 + 1 + 7, 2023: 3 + 7 + 1 + 5 + 3 + 8, 2024: 1 + 8 + 3 + 5 + 1 + 3 + 7, 2025: 1 + 8 + 3 + 5 + 3 + 8, 2026: 3 + 9 + 3 + 5 + 3 + 3 + 7}
	if diff := cmp.Diff(want, off); diff != "" {
		t.Error(diff)
	}
}

const whole = `id: own
title: { zh: 本地, en: Own }
source: { text: 本地规定, mark: V }
date: 2026
`

// An operator's folder: what is broken is refused with its place and the reason.
func TestRefused(t *testing.T) {
	t.Parallel()
	patrol := whole + "patrol:\n  - { level: town, period: month, min: 4 }\n"
	tests := []struct {
		name, file, text string
		want             []string // place and a part of the reason
	}{
		{"right", "a.yaml", patrol, nil},
		{"unknown key", "a.yaml", patrol + "boards: 3\n", []string{"a.yaml:7:1: ", "boards"}},
		{"unknown key inside", "a.yaml", whole + "board:\n  update:\n    days: 15\n    count: calendar_days\n    weeks: 2\n", []string{"a.yaml:9:5: ", "weeks"}},
		{"wrong type", "a.yaml", whole + "board:\n  update: { days: soon, count: calendar_days }\n", []string{"a.yaml:6:19: has to be a number"}},
		{"a part of a day", "a.yaml", whole + "board:\n  update: { days: 1.5, count: calendar_days }\n", []string{"a.yaml:6:19: board.update.days has to be a whole number from 1 to 366, not 1.5"}},
		{"a number in quotes", "a.yaml", whole + "board:\n  update: { days: \"15\", count: calendar_days }\n", []string{"a.yaml:6:19: has to be a number"}},
		{"an alias", "a.yaml", strings.Replace(patrol, "zh: 本地, en: Own", "zh: &t 本地, en: *t", 1), nil},
		{"a list for a part", "a.yaml", whole + "board: [1]\n", []string{"a.yaml:5:8: "}},
		{"a key twice", "a.yaml", patrol + "date: 2025\n", []string{"a.yaml:7:1: ", "date"}},
		{"no YAML", "a.yaml", "id: [own\n", []string{"a.yaml:1:"}},
		{"negative days", "a.yaml", whole + "board:\n  update:\n    days: -15\n    count: calendar_days\n", []string{"a.yaml:7:11: board.update.days has to be a whole number from 1 to 366, not -15"}},
		{"no days", "a.yaml", whole + "board:\n  update: { count: calendar_days }\n", []string{"a.yaml:6:", "board.update.days has to be"}},
		{"a count that is none", "a.yaml", whole + "board:\n  update: { days: 3, count: weeks }\n", []string{"a.yaml:6:29: board.update.count has to be one of [calendar_days working_days], not \"weeks\""}},
		{"no source", "a.yaml", strings.Replace(patrol, "source: { text: 本地规定, mark: V }\n", "", 1), []string{"a.yaml:1:1: source.text is missing or empty", "source.mark"}},
		{"no mark", "a.yaml", strings.Replace(patrol, ", mark: V", "", 1), []string{"a.yaml:3:", "source.mark has to be one of [D M S V]"}},
		{"no date", "a.yaml", strings.Replace(patrol, "date: 2026\n", "", 1), []string{"date has to be the day, month or year"}},
		{"a date that is none", "a.yaml", strings.Replace(patrol, "date: 2026", "date: 2026-13", 1), []string{"a.yaml:4:7: date has to be"}},
		{"no id", "a.yaml", strings.Replace(patrol, "id: own", "id: Own rules", 1), []string{"a.yaml:1:5: id has to be"}},
		{"the id of one that is built in", "a.yaml", strings.Replace(patrol, "id: own", "id: board-hebei", 1), []string{"a.yaml:1:5: id \"board-hebei\" is the id of board-hebei.yaml already"}},
		{"no rule", "a.yaml", whole, []string{"a.yaml:1:1: the profile has no rule"}},
		{"empty", "a.yaml", "", []string{"a.yaml:1:1: the file is empty"}},
		{"two documents", "a.yaml", patrol + "---\n" + patrol, []string{"a.yaml:1:1: the file has more than one document"}},
		{"a level that is none", "a.yaml", strings.Replace(patrol, "town", "parish", 1), []string{"a.yaml:6:14: patrol[0].level has to be one of [city county province town village], not \"parish\""}},
		{"negative gap", "a.yml", strings.Replace(patrol, "min: 4", "min: 4, min_gap_h: -1", 1), []string{"a.yml:6:", "patrol[0].min_gap_h has to be a number that is not negative"}},
		{"not a number", "a.yaml", strings.Replace(patrol, "min: 4", "min: 4, min_metres: .nan", 1), []string{"a.yaml:6:55: has to be a number"}},
		{"a number that is none", "a.yaml", strings.Replace(patrol, "min: 4", "min:", 1), []string{"a.yaml:6:"}},
		{"month 13", "a.yaml", strings.Replace(patrol, "min: 4", "min: 4, season: { from: 3, to: 13 }", 1), []string{"patrol[0].season.to has to be a whole number from 1 to 12, not 13"}},
		{"a limit that turns back", "a.yaml", whole + `quality:
  stable_pct: 10
  indicators:
    - code: TP
      name: { zh: 总磷, en: TP }
      unit: mg/L
      limits: { upper: [0.02, 0.1, 0.05, 0.3, 0.4] }
      source: { text: x, mark: M }
`, []string{"a.yaml:11:36: quality.indicators[0].limits.upper[2] 0.05 is stricter than the class above, which has 0.1"}},
		{"four limits", "a.yaml", whole + "quality:\n  indicators:\n    - { code: TP, name: { zh: 总磷, en: TP }, unit: mg/L, limits: { upper: [1, 2, 3, 4] }, source: { text: x, mark: M } }\n", []string{"limits has to be upper or lower, with five numbers"}},
		{"a width the wrong way round", "a.yaml", whole + "width:\n  - { basis: levee_toe, width_m: [20, 10] }\n", []string{"a.yaml:6:34: width[0].width_m 20 is more than 10"}},
		{"a width that is none", "a.yaml", whole + "width:\n  - { basis: levee_toe, width_m: [] }\n", []string{"width[0].width_m has to be one number"}},
		{"a basis that is none", "a.yaml", whole + "width:\n  - { basis: dam, width_m: [5] }\n", []string{"width[0].basis has to be one of"}},
		{"a year that is there", "calendar-own.yaml", whole + "notices:\n  - { year: 2018, numbers: [x], working: [2018-02-11] }\n", []string{"calendar-own.yaml:6:13: notices[0].year 2018 has a notice in calendar-cn.yaml already"}},
		{"a working day that is no weekend's", "calendar-own.yaml", whole + "notices:\n  - { year: 2030, numbers: [x], working: [2030-02-11] }\n", []string{"calendar-own.yaml:6:", "2030-02-11 is a Monday"}},
		{"a day that is none", "calendar-own.yaml", whole + "notices:\n  - { year: 2030, numbers: [x], working: [2030-02-30] }\n", []string{"calendar-own.yaml:6:43: notices[0].working[0] \"2030-02-30\" is no date"}},
		{"a notice without a number", "calendar-own.yaml", whole + "notices:\n  - { year: 2030, working: [2030-02-10] }\n", []string{"notices[0].numbers is missing or empty"}},
		{"another year's notice", "calendar-own.yaml", whole + "notices:\n  - { year: 2030, numbers: [x], working: [2030-02-10] }\n", nil},
		{"too large", "a.yaml", patrol + strings.Repeat("# long\n", 200_000), []string{"a.yaml cannot be read: it is larger"}},
		{"not a profile at all", "readme.txt", "hello: [", nil},
	}
	for _, tt := range tests {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, tt.file), []byte(tt.text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := profiles.Load(dir)
		if (err == nil) != (tt.want == nil) {
			t.Errorf("%s: got %v", tt.name, err)
			continue
		}
		for _, part := range tt.want {
			if !strings.Contains(err.Error(), part) {
				t.Errorf("%s: %q is not in\n%v", tt.name, part, err)
			}
		}
		if err != nil && geo.CodeOf(err) != geo.CodeInvalid {
			t.Errorf("%s: code %s", tt.name, geo.CodeOf(err))
		}
	}
}

// All faults of all files are told at once; one id in two files of the folder is one.
func TestAllFaultsAtOnce(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	patrol := whole + "patrol:\n  - { level: town, period: month, min: 4 }\n"
	for name, text := range map[string]string{
		"a.yaml": patrol, "b.yaml": patrol, "c.yaml": strings.Replace(patrol, "min: 4", "min: -4, min_minutes: -1", 1),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	_, err := profiles.Load(dir)
	e, ok := errors.AsType[*geo.Error](err)
	if !ok || len(e.Fields) != 4 {
		t.Fatalf("got %v", err)
	}
	want := filepath.Join(dir, "b.yaml") + ":1:5"
	if e.Fields[0].Name != want || !strings.Contains(e.Fields[0].Detail, "a.yaml already") {
		t.Errorf("got %+v, want %s", e.Fields[0], want)
	}
	if _, err := profiles.Load(filepath.Join(dir, "nowhere")); geo.CodeOf(err) != geo.CodeInvalid {
		t.Errorf("a folder that is not there: %v", err)
	}
}
