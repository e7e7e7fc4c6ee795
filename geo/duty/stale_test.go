package duty_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"hetu/geo"
	"hetu/geo/duty"
)

// The duties of Hebei and of Jiangsu (2.4), as the profiles have them.
func duties() []duty.UpdateDuty {
	return []duty.UpdateDuty{{Profile: "hebei", Days: 15}, {Profile: "jiangsu", Days: 30, Working: true}}
}

// year2018 has the notice 国办发明电〔2017〕12号 as far as the tests need it.
func year2018(t *testing.T) duty.Calendar {
	t.Helper()
	c, err := duty.NewCalendar([]duty.HolidayNotice{{
		Year: 2018, Numbers: []string{"国办发明电〔2017〕12号"},
		Holidays: []geo.Period{
			{From: day("2018-01-01"), To: day("2018-01-02")},
			{From: day("2018-02-15"), To: day("2018-02-22")},
			{From: day("2018-04-05"), To: day("2018-04-08")},
			{From: day("2018-04-29"), To: day("2018-05-02")},
			{From: day("2018-06-18"), To: day("2018-06-19")},
			{From: day("2018-09-24"), To: day("2018-09-25")},
			{From: day("2018-10-01"), To: day("2018-10-08")},
		},
		Working: []geo.Date{day("2018-02-11"), day("2018-02-24"), day("2018-04-08"), day("2018-04-28"), day("2018-09-29"), day("2018-09-30")},
	}})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func named(name, from, to string, acting bool) duty.Appointment {
	a := term(from, to, acting)
	a.Person = name
	return a
}

// history is of a board with one county post.
func history(appointments ...duty.Appointment) duty.BoardHistory {
	return duty.BoardHistory{Posts: []duty.Spell[duty.Post]{{Value: duty.Post{Level: geo.County, Role: "chief", Appointments: appointments}}}}
}

func countyBoard(made string, chiefs ...duty.ShownChief) duty.BoardText {
	return duty.BoardText{Level: geo.County, Made: day(made), Content: duty.Content{Chiefs: chiefs}}
}

func county(name string) duty.ShownChief {
	return duty.ShownChief{Level: geo.County, Role: "chief", Name: name}
}

// since is how a board stands, in a line: stale since, and for each duty its due date and the days overdue.
func since(s duty.Staleness) string {
	if !s.Stale {
		return "right"
	}
	out := "since " + s.Since.String()
	for _, d := range s.Duties {
		out += fmt.Sprintf(", %s due %s", d.Profile, d.Due)
		if d.Overdue {
			out += fmt.Sprintf(" overdue %d", d.DaysOverdue)
		}
	}
	return out
}

// Scenario 12, 东门河左二支流: the chief's post ends, none is new. Stale from that day; overdue on day 16 under 15 calendar days,
// not under 30 working days, which end on 2018-05-16: 5 to 7 April and 29 April to 1 May are off, 8 and 28 April are worked.
func TestChiefGone(t *testing.T) {
	t.Parallel()
	calendar, text := year2018(t), countyBoard("2017-08-01", county("甲"))
	const due = "since 2018-04-02, hebei due 2018-04-17"
	tests := []struct {
		name, asOf, want string
	}{
		{"the last day", "2018-04-01", "right"},
		{"the day it ends", "2018-04-02", due + ", jiangsu due 2018-05-16"},
		{"day 15", "2018-04-17", due + ", jiangsu due 2018-05-16"},
		{"day 16", "2018-04-18", due + " overdue 1, jiangsu due 2018-05-16"},
		{"the last working day", "2018-05-16", due + " overdue 29, jiangsu due 2018-05-16"},
		{"the day after", "2018-05-17", due + " overdue 30, jiangsu due 2018-05-16 overdue 1"},
	}
	truths := map[string][]duty.Truth{
		"vacant": history(named("甲", "2017-06-01", "2018-04-02", false)).Truth(),
		"acting": history(named("甲", "2017-06-01", "2018-04-02", false), named("乙", "2018-04-02", "", true)).Truth(),
	}
	for kind, truth := range truths {
		for _, tt := range tests {
			if got := since(duty.StalenessOf(text, truth, duties(), calendar, day(tt.asOf))); got != tt.want {
				t.Errorf("%s, %s:\ngot  %s\nwant %s", kind, tt.name, got, tt.want)
			}
		}
	}
	got := duty.StalenessOf(text, truths["acting"], nil, calendar, day("2018-04-18")).Fields
	if len(got) != 1 || got[0].Reason != duty.StaleChief || *got[0].Level != geo.County || got[0].Shown != "甲" || got[0].Now != "乙 (代管)" {
		t.Errorf("fields: %+v", got)
	}
}

// Scenario 13, 猫跳河: the chief changes in April, the board is replaced in May; it is stale between the two dates only.
func TestBoardReplaced(t *testing.T) {
	t.Parallel()
	truth := history(named("甲", "2017-06-01", "2018-04-10", false), named("乙", "2018-04-10", "", false)).Truth()
	before, after := countyBoard("2017-08-01", county("甲")), countyBoard("2018-05-08", county("乙"))
	for asOf, want := range map[string]string{
		"2018-04-09": "right", "2018-04-10": "since 2018-04-10", "2018-05-07": "since 2018-04-10", "2018-05-08": "right", "2019-01-01": "right",
	} {
		text := before
		if !day(asOf).Before(after.Made) {
			text = after
		}
		if got := since(duty.StalenessOf(text, truth, nil, duty.Calendar{}, day(asOf))); got != want {
			t.Errorf("%s: got %s, want %s", asOf, got, want)
		}
	}
}

// Every kind of field, each alone.
func TestStaleFields(t *testing.T) {
	t.Parallel()
	shown := duty.Content{
		Places: []duty.ShownPlace{{River: "东门河", Reach: "上段", Start: "甲桥", End: "乙桥", LengthM: new(4400.0)}},
		Chiefs: []duty.ShownChief{
			{Level: geo.County, Role: "chief", Title: "县级河长", Name: "甲", Position: "副县长", Phone: "0851-1"},
			{Level: geo.Town, Role: "chief", DualRole: "party", Name: "丙"},
			{Level: geo.Town, Role: "chief", DualRole: "government", Name: "丁"},
		},
		Phone: "12314", Boundary: "aa", QR: "t1",
	}
	tests := []struct {
		name   string
		change func(*duty.Content)
		want   []duty.StaleReason
	}{
		{"nothing", func(*duty.Content) {}, nil},
		{"the order of chiefs", func(c *duty.Content) { c.Chiefs = []duty.ShownChief{c.Chiefs[2], c.Chiefs[1], c.Chiefs[0]} }, nil},
		{"a level that it does not show", func(c *duty.Content) {
			c.Chiefs = append(c.Chiefs, duty.ShownChief{Level: geo.Village, Role: "chief", Name: "戊"})
		}, nil},
		{"one of dual chiefs", func(c *duty.Content) { c.Chiefs[2].Name = "戊" }, []duty.StaleReason{duty.StaleChief}},
		{"a seat is empty", func(c *duty.Content) { c.Chiefs = c.Chiefs[:2] }, []duty.StaleReason{duty.StaleChief}},
		{"acting", func(c *duty.Content) { c.Chiefs[0].Acting = true }, []duty.StaleReason{duty.StaleChief}},
		{"position", func(c *duty.Content) { c.Chiefs[0].Position = "县长" }, []duty.StaleReason{duty.StalePost}},
		{"chief's phone", func(c *duty.Content) { c.Chiefs[0].Phone = "0851-2" }, []duty.StaleReason{duty.StalePhone}},
		{"phone", func(c *duty.Content) { c.Phone = "12345" }, []duty.StaleReason{duty.StalePhone}},
		{"end", func(c *duty.Content) { c.Places[0].End = "丙桥" }, []duty.StaleReason{duty.StaleReach}},
		{"length by 50 m", func(c *duty.Content) { c.Places[0].LengthM = new(4450.0) }, nil},
		{"length by 51 m", func(c *duty.Content) { c.Places[0].LengthM = new(4451.0) }, []duty.StaleReason{duty.StaleReach}},
		{"name", func(c *duty.Content) { c.Places[0].Reach = "上游段" }, []duty.StaleReason{duty.StaleName}},
		{"a second reach", func(c *duty.Content) {
			c.Places = append([]duty.ShownPlace{{River: "东门河", Reach: "下段", Start: "乙桥"}}, c.Places...)
		}, nil},
		{"boundary", func(c *duty.Content) { c.Boundary = "bb" }, []duty.StaleReason{duty.StaleBoundary}},
		{"QR", func(c *duty.Content) { c.QR = "t2" }, []duty.StaleReason{duty.StaleQR}},
		{"two", func(c *duty.Content) { c.QR, c.Phone = "t2", "12345" }, []duty.StaleReason{duty.StalePhone, duty.StaleQR}},
	}
	for _, tt := range tests {
		now := shown
		now.Places, now.Chiefs = append([]duty.ShownPlace{}, shown.Places...), append([]duty.ShownChief{}, shown.Chiefs...)
		tt.change(&now)
		truth := []duty.Truth{{Content: shown}, {From: day("2018-03-01"), Content: now}}
		var got []duty.StaleReason
		for _, f := range duty.StalenessOf(duty.BoardText{Level: geo.County, Made: day("2018-01-01"), Content: shown}, truth, nil, duty.Calendar{}, day("2018-06-01")).Fields {
			got = append(got, f.Reason)
			if f.Since.String() != "2018-03-01" || f.Shown == f.Now {
				t.Errorf("%s: %+v", tt.name, f)
			}
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s: %s", tt.name, diff)
		}
		if s := duty.StalenessOf(duty.BoardText{Level: geo.County}, truth, nil, duty.Calendar{}, day("2018-06-01")); s.Stale {
			t.Errorf("%s: a board that shows nothing is stale: %+v", tt.name, s.Fields)
		}
	}
}

// Since when, where it is not simply the day of the change.
func TestStaleSince(t *testing.T) {
	t.Parallel()
	twice := history(named("甲", "2017-01-01", "2018-02-01", false), named("乙", "2018-02-01", "2018-03-01", false), named("甲", "2018-03-01", "2018-04-02", false)).Truth()
	tests := []struct {
		name       string
		text       duty.BoardText
		asOf, want string
	}{
		{"a chief who came back", countyBoard("2017-06-01", county("甲")), "2018-03-15", "right"},
		{"and went for good", countyBoard("2017-06-01", county("甲")), "2018-04-10", "since 2018-04-02, hebei due 2018-04-17, jiangsu due 2018-05-16"},
		{"old text put up anew after the change", countyBoard("2018-04-20", county("甲")), "2018-04-25", "since 2018-04-20, hebei due 2018-04-17 overdue 8, jiangsu due 2018-05-16"},
		{"never right", countyBoard("2018-03-26", county("丙")), "2018-03-27", "since 2018-03-26, hebei due 2018-04-10, jiangsu due 2018-05-09"},
		{"what it shows is not stored", duty.BoardText{Level: geo.County, Made: day("2018-02-10")}, "2018-03-15", "since 2018-03-01, hebei due 2018-03-16, jiangsu due 2018-04-13"},
		{"nor from when", duty.BoardText{Level: geo.County}, "2018-03-15", "right"},
	}
	for _, tt := range tests {
		if got := since(duty.StalenessOf(tt.text, twice, duties(), year2018(t), day(tt.asOf))); got != tt.want {
			t.Errorf("%s:\ngot  %s\nwant %s", tt.name, got, tt.want)
		}
	}
}

// A board is stale on exactly the days on which its chief is not the one in office, since the first day of that time.
func TestStaleDayByDay(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		first := day("2020-01-01")
		who := rapid.SliceOfN(rapid.SampledFrom([]string{"", "甲", "乙"}), 10, 10).Draw(rt, "in office each day")
		var held []duty.Appointment
		for i, name := range who {
			if name != "" {
				held = append(held, duty.Appointment{Person: name, Valid: geo.Period{From: first.AddDays(i), To: first.AddDays(i + 1)}})
			}
		}
		truth := history(held...).Truth()
		made := rapid.IntRange(0, 9).Draw(rt, "made")
		text := countyBoard(first.AddDays(made).String(), county("甲"))
		run := -1
		for i := made; i < len(who); i++ {
			switch {
			case who[i] == "甲":
				run = -1
			case run < 0:
				run = i
			}
			got := duty.StalenessOf(text, truth, nil, duty.Calendar{}, first.AddDays(i))
			if got.Stale != (run >= 0) || got.Stale && got.Since.String() != first.AddDays(run).String() {
				rt.Errorf("day %d of %q, made on %d: %s", i, who, made, since(got))
			}
		}
	})
}

func TestCalendar(t *testing.T) {
	t.Parallel()
	c := year2018(t)
	tests := []struct {
		from string
		n    int
		want string
		only []int
	}{
		{"2018-02-09", 1, "2018-02-11", nil}, // a Sunday that is worked
		{"2018-02-14", 2, "2018-02-23", nil}, // over the Spring Festival
		{"2018-02-14", 3, "2018-02-24", nil},
		{"2018-12-28", 1, "2018-12-31", nil},
		{"2018-12-28", 2, "2019-01-01", []int{2019}}, // a holiday, but no notice of that year is known
		{"2017-12-29", 1, "2018-01-02", []int{2017}},
		{"2018-03-01", 0, "2018-03-01", nil},
	}
	for _, tt := range tests {
		due, only := c.After(day(tt.from), tt.n)
		if due.String() != tt.want || !cmp.Equal(only, tt.only) {
			t.Errorf("%d working days after %s: got %s %v, want %s %v", tt.n, tt.from, due, only, tt.want, tt.only)
		}
	}
	refused := map[string]duty.HolidayNotice{
		"no weekend":     {Year: 2018, Working: []geo.Date{day("2018-02-12")}},
		"another year":   {Year: 2018, Working: []geo.Date{day("2019-02-10")}},
		"ends before":    {Year: 2018, Holidays: []geo.Period{{From: day("2018-02-12"), To: day("2018-02-12")}}},
		"a whole season": {Year: 2018, Holidays: []geo.Period{{From: day("2018-02-12"), To: day("2018-06-12")}}},
		"both":           {Year: 2018, Holidays: []geo.Period{{From: day("2018-02-10"), To: day("2018-02-12")}}, Working: []geo.Date{day("2018-02-10")}},
	}
	for name, n := range refused {
		if _, err := duty.NewCalendar([]duty.HolidayNotice{n}); geo.CodeOf(err) != geo.CodeInvalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := duty.NewCalendar([]duty.HolidayNotice{{Year: 2018}, {Year: 2018}}); geo.CodeOf(err) != geo.CodeInvalid {
		t.Errorf("a year twice: %v", err)
	}
}
