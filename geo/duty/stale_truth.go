package duty

import (
	"slices"
	"time"

	"hetu/geo"
)

// Spell is a value over the days on which it holds.
type Spell[T any] struct {
	Valid geo.Period
	Value T
}

// BoardHistory is all that a board has to show, over time.
type BoardHistory struct {
	Posts      []Spell[Post] // of the board's reaches, and of the other levels that it shows; each with its appointments
	Places     []Spell[ShownPlace]
	Phones     []Spell[string] // for supervision
	Boundaries []Spell[string] // SHA-256 of the announced boundary
	QRs        []Spell[string]
}

// Truth cuts the history where anything in it changes.
func (h BoardHistory) Truth() []Truth {
	days := map[time.Time]geo.Date{{}: {}} // the zero day is since ever
	cut := func(p geo.Period) {
		days[p.From.Time()] = p.From
		days[p.To.Time()] = p.To
	}
	for _, s := range h.Posts {
		cut(s.Valid)
		for _, a := range s.Value.Appointments {
			cut(a.Valid)
		}
	}
	for _, s := range h.Places {
		cut(s.Valid)
	}
	for _, spells := range [][]Spell[string]{h.Phones, h.Boundaries, h.QRs} {
		for _, s := range spells {
			cut(s.Valid)
		}
	}
	out := make([]Truth, 0, len(days))
	for _, d := range days {
		out = append(out, Truth{d, h.at(d)})
	}
	slices.SortFunc(out, func(a, b Truth) int { return a.From.Time().Compare(b.From.Time()) })
	return out
}

// at is what the board has to show on a day; on the zero day what holds since ever.
func (h BoardHistory) at(d geo.Date) Content {
	out := Content{Chiefs: []ShownChief{}, Phone: textAt(h.Phones, d), Boundary: textAt(h.Boundaries, d), QR: textAt(h.QRs, d)}
	for _, s := range h.Places {
		if holdsOn(s.Valid, d) {
			out.Places = append(out.Places, s.Value)
		}
	}
	for _, s := range h.Posts {
		if !holdsOn(s.Valid, d) {
			continue
		}
		for _, a := range s.Value.Appointments {
			if holdsOn(a.Valid, d) {
				out.Chiefs = append(out.Chiefs, shownChief(s.Value, a))
			}
		}
	}
	return out
}

func shownChief(p Post, a Appointment) ShownChief {
	text := func(s *string) string {
		if s == nil {
			return ""
		}
		return *s
	}
	return ShownChief{
		Level: p.Level, Role: p.Role, DualRole: p.DualRole, Acting: a.Acting, Title: p.Title, Name: a.Person, Position: text(a.Position), Phone: text(p.PhonePublic),
	}
}

// holdsOn is [geo.Period.Contains], but that the zero day lies before every other.
func holdsOn(p geo.Period, d geo.Date) bool {
	return !d.Before(p.From) && (p.To.IsZero() || d.Before(p.To))
}

// textAt is the first text that holds on a day.
func textAt(spells []Spell[string], d geo.Date) string {
	for _, s := range spells {
		if holdsOn(s.Valid, d) {
			return s.Value
		}
	}
	return ""
}
