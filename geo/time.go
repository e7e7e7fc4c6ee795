package geo

import (
	"fmt"
	"time"
)

// Date is a civil day of Asia/Shanghai. The zero value is no day: an open end of a [Period].
type Date struct{ t time.Time }

// shanghai is the civil time of the whole country: UTC+8, no daylight saving since 1991.
func shanghai() *time.Location { return time.FixedZone("Asia/Shanghai", 8*3600) }

// NewDate makes a day from its numbers.
func NewDate(year int, month time.Month, day int) Date {
	return Date{time.Date(year, month, day, 0, 0, 0, 0, time.UTC)}
}

// DateOf gives the civil day of an instant.
func DateOf(t time.Time) Date {
	y, m, d := t.In(shanghai()).Date()
	return NewDate(y, m, d)
}

// ParseDate reads 2026-11-24, or an RFC 3339 timestamp, which is cut to its civil day. Years 1000 to 9999.
func ParseDate(s string) (Date, error) {
	if t, err := time.Parse(time.DateOnly, s); err == nil && t.Year() >= 1000 {
		return Date{t}, nil
	}
	if t, err := time.Parse(time.RFC3339, s); err == nil && t.Year() >= 1000 && DateOf(t).t.Year() <= 9999 {
		return DateOf(t), nil
	}
	return Date{}, fmt.Errorf("%q is no date: write 2026-11-24", s)
}

// IsZero tells whether this is no day.
func (d Date) IsZero() bool { return d.t.IsZero() }

// Time is midnight UTC of the same year, month and day, as databases take dates.
func (d Date) Time() time.Time { return d.t }

// String is 2026-11-24, or "" for no day.
func (d Date) String() string {
	if d.IsZero() {
		return ""
	}
	return d.t.Format(time.DateOnly)
}

// MarshalText writes the day as [Date.String] does.
func (d Date) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads what [ParseDate] reads; an empty text is no day.
func (d *Date) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*d = Date{}
		return nil
	}
	parsed, err := ParseDate(string(text))
	*d = parsed
	return err
}

// Before tells whether d comes before e.
func (d Date) Before(e Date) bool { return d.t.Before(e.t) }

// AddDays gives the day n days later.
func (d Date) AddDays(n int) Date { return Date{d.t.AddDate(0, 0, n)} }

// DaysUntil counts the days from d to e: 1 when e is the day after d.
func (d Date) DaysUntil(e Date) int { return int((e.t.Unix() - d.t.Unix()) / 86400) }

// Weekday tells which day of the week it is.
func (d Date) Weekday() time.Weekday { return d.t.Weekday() }

// Period is the civil days [From, To); a zero end is open.
type Period struct{ From, To Date }

// Since is the period from a day on.
func Since(d Date) Period { return Period{From: d} }

// Contains tells whether d lies in the period.
func (p Period) Contains(d Date) bool {
	return (p.From.IsZero() || !d.Before(p.From)) && (p.To.IsZero() || d.Before(p.To))
}
