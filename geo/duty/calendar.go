package duty

import (
	"cmp"
	"slices"
	"time"

	"hetu/geo"
)

// Calendar tells working days 工作日: Monday to Friday, but for the holidays and the shifted working days 调休 that the State
// Council's notices set. The zero value knows no notice.
type Calendar struct {
	notices []HolidayNotice
	set     map[int64]bool // by the day's number: whether a day that a notice names is worked
}

// HolidayNotice is what the State Council's General Office 国务院办公厅 sets for a year; a few of its days may lie in the year
// before.
type HolidayNotice struct {
	Year     int      `json:"year"`
	Numbers  []string `json:"numbers"` // of the notices: 国办发明电〔2017〕12号
	Holidays []geo.Period
	Working  []geo.Date // at weekends
}

// NewCalendar makes a calendar of notices. A year that has two, a day that is both holiday and working day, a holiday that
// ends before it begins or lasts beyond reason, a working day that is none's weekend, and a day far from the notice's year
// are refused.
func NewCalendar(notices []HolidayNotice) (Calendar, error) {
	c := Calendar{notices: slices.Clone(notices), set: map[int64]bool{}}
	slices.SortFunc(c.notices, func(a, b HolidayNotice) int { return cmp.Compare(a.Year, b.Year) })
	for i, n := range c.notices {
		if i > 0 && c.notices[i-1].Year == n.Year {
			return Calendar{}, geo.Errorf(geo.CodeInvalid, "the year %d has two notices", n.Year)
		}
		for _, h := range n.Holidays {
			if days := h.From.DaysUntil(h.To); days < 1 || days > 15 {
				return Calendar{}, geo.Errorf(geo.CodeInvalid, "%d: a holiday of %d days from %s", n.Year, days, h.From)
			}
			for d := h.From; d.Before(h.To); d = d.AddDays(1) {
				if err := c.put(n, d, false); err != nil {
					return Calendar{}, err
				}
			}
		}
		for _, d := range n.Working {
			if !weekend(d) {
				return Calendar{}, geo.Errorf(geo.CodeInvalid, "%d: %s is a %s: only a weekend can be made a working day", n.Year, d, d.Weekday())
			}
			if err := c.put(n, d, true); err != nil {
				return Calendar{}, err
			}
		}
	}
	return c, nil
}

func (c *Calendar) put(n HolidayNotice, d geo.Date, working bool) error {
	if y := d.Time().Year(); y != n.Year && (y != n.Year-1 || d.Time().Month() != time.December) {
		return geo.Errorf(geo.CodeInvalid, "%d: %s is not a day of that year or of the December before", n.Year, d)
	}
	if _, ok := c.set[number(d)]; ok {
		return geo.Errorf(geo.CodeInvalid, "%d: %s is named twice", n.Year, d)
	}
	c.set[number(d)] = working
	return nil
}

func number(d geo.Date) int64 { return d.Time().Unix() / 86400 }

func weekend(d geo.Date) bool { return d.Weekday() == time.Saturday || d.Weekday() == time.Sunday }

// Notices gives the notices that the calendar knows, by year.
func (c Calendar) Notices() []HolidayNotice { return slices.Clone(c.notices) }

// Working tells whether a day is a working day. Known is false where the year has no notice: weekends alone are told then.
func (c Calendar) Working(d geo.Date) (working, known bool) {
	known = slices.ContainsFunc(c.notices, func(n HolidayNotice) bool { return n.Year == d.Time().Year() })
	if set, ok := c.set[number(d)]; ok {
		return set, known
	}
	return !weekend(d), known
}

// After gives the nth working day after a day, and the years on the way of which no notice is known, so that weekends only
// were counted: holidays there would make the day later.
func (c Calendar) After(d geo.Date, n int) (due geo.Date, weekendsOnly []int) {
	for n > 0 {
		d = d.AddDays(1)
		working, known := c.Working(d)
		if y := d.Time().Year(); !known && !slices.Contains(weekendsOnly, y) {
			weekendsOnly = append(weekendsOnly, y)
		}
		if working {
			n--
		}
	}
	return d, weekendsOnly
}
