package duty

import (
	"slices"
	"time"

	"hetu/geo"
)

// PatrolPeriod is the time over which patrols are counted.
type PatrolPeriod string

// The periods. A ten days 旬 is 1 to 10, 11 to 20 and 21 to the end of a month; a week begins on Monday.
const (
	EachWeek    PatrolPeriod = "week"
	EachTenDays PatrolPeriod = "ten_days"
	EachMonth   PatrolPeriod = "month"
	EachQuarter PatrolPeriod = "quarter"
)

// PatrolRule is how often and how thoroughly a chief of a level goes on patrol 巡河. Zero values ask for nothing.
type PatrolRule struct {
	Profile    string
	Level      geo.Level
	Period     PatrolPeriod
	Min        int        // patrols that count, in the period
	MinTenDays int        // and in each ten days of a month
	MinMinutes float64    // of a patrol, or it does not count
	MinMetres  float64    // likewise
	MinGapH    float64    // hours from the end of a patrol that counts to the start of the next that does
	From, To   time.Month // of the season, both included; 0: all year
}

// Patrol is one patrol of a chief.
type Patrol struct {
	ID      int64
	Start   time.Time
	Minutes float64
	Metres  float64
}

// PatrolFault is why a chief fails, or a patrol does not count.
type PatrolFault string

// The faults.
const (
	TooFew        PatrolFault = "too_few"
	TooFewTenDays PatrolFault = "too_few_in_ten_days"
	TooShort      PatrolFault = "too_short"     // in minutes
	TooNear       PatrolFault = "too_near"      // in metres
	TooSoon       PatrolFault = "too_soon"      // after the one before
	OffSeason     PatrolFault = "out_of_season" // the rule asks for nothing then
)

// PatrolCheck is how a chief's patrols stand against a rule in one period.
type PatrolCheck struct {
	Profile  string        `json:"profile"`
	From     geo.Date      `json:"from"`     // of the period
	To       geo.Date      `json:"to"`       // the day after it
	Required bool          `json:"required"` // the season is on for all of the period
	Pass     bool          `json:"pass"`
	Counted  []int64       `json:"counted"`
	Refused  []RefusedWalk `json:"refused"`
	Lacks    []PatrolLack  `json:"lacks"`
}

// RefusedWalk is a patrol of the period that does not count.
type RefusedWalk struct {
	ID     int64         `json:"id"`
	Faults []PatrolFault `json:"faults"`
}

// PatrolLack is a stretch of time with too few patrols.
type PatrolLack struct {
	Fault PatrolFault `json:"fault"`
	From  geo.Date    `json:"from"`
	To    geo.Date    `json:"to"`
	Have  int         `json:"have"`
	Need  int         `json:"need"`
}

// CheckPatrols holds one chief's patrols against a rule in the period that has a day (4.7). Patrols before the period matter
// for the hours between two; their order does not.
func CheckPatrols(rule PatrolRule, patrols []Patrol, day geo.Date) PatrolCheck {
	period := rule.Period.around(day)
	out := PatrolCheck{
		Profile: rule.Profile, From: period.From, To: period.To, Required: rule.inSeason(period.From) && rule.inSeason(period.To.AddDays(-1)),
		Counted: []int64{}, Refused: []RefusedWalk{}, Lacks: []PatrolLack{},
	}
	var days []geo.Date // of the patrols that count
	var last time.Time  // end of the one before that counts
	patrols = slices.SortedStableFunc(slices.Values(patrols), func(a, b Patrol) int { return a.Start.Compare(b.Start) })
	for _, p := range patrols {
		d := geo.DateOf(p.Start)
		faults := rule.faults(p, last)
		if len(faults) == 0 {
			last = p.Start.Add(time.Duration(p.Minutes * float64(time.Minute)))
		}
		switch {
		case !period.Contains(d):
		case len(faults) > 0:
			out.Refused = append(out.Refused, RefusedWalk{p.ID, faults})
		default:
			days, out.Counted = append(days, d), append(out.Counted, p.ID)
		}
	}
	if out.Required {
		out.Lacks = rule.lacks(period, days)
	}
	out.Pass = len(out.Lacks) == 0
	return out
}

// faults tells why a patrol does not count.
func (r PatrolRule) faults(p Patrol, last time.Time) []PatrolFault {
	var out []PatrolFault
	if !r.inSeason(geo.DateOf(p.Start)) {
		out = append(out, OffSeason)
	}
	if !(p.Minutes >= r.MinMinutes) { // NaN counts for nothing
		out = append(out, TooShort)
	}
	if !(p.Metres >= r.MinMetres) {
		out = append(out, TooNear)
	}
	// Without a rule of the hours between, a patrol may begin before the one before it ended: they are counted one by one.
	if gap := time.Duration(r.MinGapH * float64(time.Hour)); gap > 0 && !last.IsZero() && p.Start.Sub(last) < gap {
		out = append(out, TooSoon)
	}
	return out
}

func (r PatrolRule) lacks(period geo.Period, days []geo.Date) []PatrolLack {
	out := []PatrolLack{}
	lack := func(fault PatrolFault, p geo.Period, need int) {
		have := 0
		for _, d := range days {
			if p.Contains(d) {
				have++
			}
		}
		if have < need {
			out = append(out, PatrolLack{fault, p.From, p.To, have, need})
		}
	}
	lack(TooFew, period, r.Min)
	if r.MinTenDays > 0 {
		for d := period.From; d.Before(period.To); {
			ten := EachTenDays.around(d)
			lack(TooFewTenDays, ten, r.MinTenDays)
			d = ten.To
		}
	}
	return out
}

// inSeason tells whether the rule asks for patrols on a day. A season may go over the end of the year.
func (r PatrolRule) inSeason(d geo.Date) bool {
	m := d.Time().Month()
	switch {
	case r.From == 0:
		return true
	case r.From <= r.To:
		return m >= r.From && m <= r.To
	default:
		return m >= r.From || m <= r.To
	}
}

// around is the period that has a day.
func (p PatrolPeriod) around(d geo.Date) geo.Period {
	y, m, day := d.Time().Date()
	switch p {
	case EachWeek:
		monday := d.AddDays(-(int(d.Weekday()) + 6) % 7)
		return geo.Period{From: monday, To: monday.AddDays(7)}
	case EachTenDays:
		from := min((day-1)/10, 2)*10 + 1
		to := geo.NewDate(y, m, from+10)
		if from == 21 {
			to = geo.NewDate(y, m+1, 1)
		}
		return geo.Period{From: geo.NewDate(y, m, from), To: to}
	case EachQuarter:
		first := (m-1)/3*3 + 1
		return geo.Period{From: geo.NewDate(y, first, 1), To: geo.NewDate(y, first+3, 1)}
	default: // EachMonth
		return geo.Period{From: geo.NewDate(y, m, 1), To: geo.NewDate(y, m+1, 1)}
	}
}
