package duty_test

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"hetu/geo"
	"hetu/geo/duty"
)

// The rules of 4.7, as the profiles have them.
var (
	seedTown      = duty.PatrolRule{Level: geo.Town, Period: duty.EachMonth, Min: 4, MinTenDays: 1}
	seedCity      = duty.PatrolRule{Level: geo.City, Period: duty.EachQuarter, Min: 1}
	siVillage     = duty.PatrolRule{Level: geo.Village, Period: duty.EachMonth, Min: 2, MinMinutes: 5, MinMetres: 300}
	aheqiVillage  = duty.PatrolRule{Level: geo.Village, Period: duty.EachWeek, Min: 1, MinMinutes: 30, MinMetres: 2000, MinGapH: 96, From: time.March, To: time.December}
	twiceInWinter = duty.PatrolRule{Period: duty.EachMonth, Min: 2, From: time.November, To: time.February}
)

// walk is a patrol at a time of China, of minutes and metres.
func walk(id int64, at string, minutes, metres float64) duty.Patrol {
	start, err := time.Parse("2006-01-02 15:04 -0700", at+" +0800")
	if err != nil {
		panic(err)
	}
	return duty.Patrol{ID: id, Start: start, Minutes: minutes, Metres: metres}
}

// on makes patrols of an hour and 3 km on days of June 2018.
func on(days ...int) []duty.Patrol {
	var out []duty.Patrol
	for i, d := range days {
		out = append(out, walk(int64(i+1), fmt.Sprintf("2018-06-%02d 09:00", d), 60, 3000))
	}
	return out
}

// checked writes a check in a line.
func checked(c duty.PatrolCheck) string {
	out := fmt.Sprintf("%s..%s %v", c.From, c.To, c.Counted)
	for _, r := range c.Refused {
		out += fmt.Sprintf(" refused %d %v", r.ID, r.Faults)
	}
	for _, l := range c.Lacks {
		out += fmt.Sprintf(" %s %s..%s %d/%d", l.Fault, l.From, l.To, l.Have, l.Need)
	}
	if c.Pass != (len(c.Lacks) == 0) {
		out += " ?"
	}
	if !c.Required {
		out += " not required"
	}
	return out
}

// Scenario 14 and the other rules of 4.7.
func TestCheckPatrols(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		rule    duty.PatrolRule
		patrols []duty.Patrol
		day     string
		want    string
	}{
		{"4 on 1 to 8", seedTown, on(1, 3, 5, 8), "2018-06-15", "2018-06-01..2018-07-01 [1 2 3 4] too_few_in_ten_days 2018-06-11..2018-06-21 0/1 too_few_in_ten_days 2018-06-21..2018-07-01 0/1"},
		{"2, 1 and 1", seedTown, on(2, 10, 20, 21), "2018-06-15", "2018-06-01..2018-07-01 [1 2 3 4]"},
		{"1, 1 and 1", seedTown, on(2, 11, 30), "2018-06-15", "2018-06-01..2018-07-01 [1 2 3] too_few 2018-06-01..2018-07-01 3/4"},
		{"none", seedCity, nil, "2018-06-15", "2018-04-01..2018-07-01 [] too_few 2018-04-01..2018-07-01 0/1"},
		{"one a quarter", seedCity, on(30), "2018-04-01", "2018-04-01..2018-07-01 [1]"},
		{"4 minutes", siVillage, []duty.Patrol{walk(1, "2018-06-01 09:00", 4, 400), walk(2, "2018-06-09 09:00", 5, 300)}, "2018-06-01", "2018-06-01..2018-07-01 [2] refused 1 [too_short] too_few 2018-06-01..2018-07-01 1/2"},
		{"299 m", siVillage, []duty.Patrol{walk(1, "2018-06-01 09:00", 5, 299), walk(2, "2018-06-09 09:00", 5, 300)}, "2018-06-01", "2018-06-01..2018-07-01 [2] refused 1 [too_near] too_few 2018-06-01..2018-07-01 1/2"},
		{"96 h, counted from the end", aheqiVillage, []duty.Patrol{walk(1, "2018-06-01 09:00", 60, 2000), walk(2, "2018-06-05 09:59", 60, 2000)}, "2018-06-05", "2018-06-04..2018-06-11 [] refused 2 [too_soon] too_few 2018-06-04..2018-06-11 0/1"},
		{"and reached", aheqiVillage, []duty.Patrol{walk(2, "2018-06-05 10:00", 60, 2000), walk(1, "2018-06-01 09:00", 60, 2000)}, "2018-06-10", "2018-06-04..2018-06-11 [2]"},
		{"after one that does not count", aheqiVillage, []duty.Patrol{walk(1, "2018-06-04 09:00", 10, 2000), walk(2, "2018-06-05 09:00", 30, 2000)}, "2018-06-05", "2018-06-04..2018-06-11 [2] refused 1 [too_short]"},
		{"in winter", aheqiVillage, []duty.Patrol{walk(1, "2018-02-05 09:00", 60, 2000)}, "2018-02-05", "2018-02-05..2018-02-12 [] refused 1 [out_of_season] not required"},
		{"a week half in winter", aheqiVillage, nil, "2018-03-02", "2018-02-26..2018-03-05 [] not required"},
		{"a season over the new year", twiceInWinter, nil, "2018-01-02", "2018-01-01..2018-02-01 [] too_few 2018-01-01..2018-02-01 0/2"},
		{"out of that season", twiceInWinter, nil, "2018-03-02", "2018-03-01..2018-04-01 [] not required"},
		{"one begun before the other ended, and no rule of hours between", siVillage, []duty.Patrol{walk(1, "2018-06-01 09:00", 60, 400), walk(2, "2018-06-01 09:30", 60, 400)}, "2018-06-01", "2018-06-01..2018-07-01 [1 2]"},
		{"midnight in China", seedCity, []duty.Patrol{walk(1, "2018-07-01 00:30", 60, 0)}, "2018-06-30", "2018-04-01..2018-07-01 [] too_few 2018-04-01..2018-07-01 0/1"},
	}
	for _, tt := range tests {
		if got := checked(duty.CheckPatrols(tt.rule, tt.patrols, day(tt.day))); got != tt.want {
			t.Errorf("%s:\ngot  %s\nwant %s", tt.name, got, tt.want)
		}
	}
}

// The periods of each kind part the days: a day lies in its own, and the next begins where one ends.
func TestPatrolPeriods(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		d := day("2015-01-01").AddDays(rapid.IntRange(0, 5000).Draw(rt, "day"))
		rule := duty.PatrolRule{Period: rapid.SampledFrom([]duty.PatrolPeriod{duty.EachWeek, duty.EachTenDays, duty.EachMonth, duty.EachQuarter}).Draw(rt, "period")}
		c := duty.CheckPatrols(rule, nil, d)
		next := duty.CheckPatrols(rule, nil, c.To)
		if !(geo.Period{From: c.From, To: c.To}).Contains(d) || next.From.String() != c.To.String() {
			rt.Errorf("%s: %s to %s, then from %s", d, c.From, c.To, next.From)
		}
	})
}
