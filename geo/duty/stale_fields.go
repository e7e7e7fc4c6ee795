package duty

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"hetu/geo"
)

// fieldsOf gives the fields that a board shows, each with how it is compared.
func fieldsOf(shown Content, level geo.Level) []field {
	out := append(placeFields(shown), chiefFields(shown, level)...)
	single := func(reason StaleReason, of func(Content) string) {
		if was := of(shown); was != "" {
			out = append(out, field{reason: reason, shown: was, same: func(c Content) bool { return of(c) == was }, now: of})
		}
	}
	single(StalePhone, func(c Content) string { return c.Phone })
	single(StaleBoundary, func(c Content) string { return c.Boundary })
	single(StaleQR, func(c Content) string { return c.QR })
	return out
}

// placeFields gives the names and the ends that a board shows: right when they are those of one of its reaches.
func placeFields(shown Content) []field {
	var out []field
	for _, p := range shown.Places {
		add := func(reason StaleReason, same func(ShownPlace) bool, write func(ShownPlace) string) {
			if write(p) == "" {
				return
			}
			out = append(out, field{
				reason: reason, shown: write(p),
				same: func(c Content) bool { return slices.ContainsFunc(c.Places, same) },
				now: func(c Content) string {
					var texts []string
					for _, q := range c.Places {
						texts = append(texts, write(q))
					}
					return strings.Join(texts, "; ")
				},
			})
		}
		names := func(q ShownPlace) bool { return shows(p.River, q.River) && shows(p.Reach, q.Reach) }
		add(StaleName, names, func(q ShownPlace) string { return joined(" ", q.River, q.Reach) })
		add(StaleReach, func(q ShownPlace) bool {
			return shows(p.Start, q.Start) && shows(p.End, q.End) && sameLength(p.LengthM, q.LengthM)
		}, ends)
	}
	return out
}

// shows tells whether a text says what is so; nothing says nothing wrong.
func shows(text, so string) bool { return text == "" || text == so }

// sameLength follows rule G19: a length in a text is right within 1 % or 50 m, for it is printed rounded.
func sameLength(text, so *float64) bool {
	return text == nil || so != nil && math.Abs(*text-*so) <= max(50, *so/100)
}

func ends(p ShownPlace) string {
	length := ""
	if p.LengthM != nil {
		length = fmt.Sprintf("%.0f m", *p.LengthM)
	}
	return joined(", ", joined("–", p.Start, p.End), length)
}

// joined joins what is not empty.
func joined(by string, texts ...string) string {
	return strings.Join(slices.DeleteFunc(texts, func(t string) bool { return t == "" }), by)
}

// seatKind is a level's seats of one role. Dual chiefs are two of one kind.
type seatKind struct {
	level geo.Level
	role  string
}

// chiefFields compares the chiefs of every kind that the board shows, and of its own level. Levels and roles that it does not
// show are not its matter.
func chiefFields(shown Content, level geo.Level) []field {
	if shown.Chiefs == nil {
		return nil
	}
	kinds := []seatKind{{level, "chief"}, {level, "lake_chief"}, {level, "reservoir_chief"}}
	for _, c := range shown.Chiefs {
		kinds = append(kinds, seatKind{c.Level, c.Role})
	}
	slices.SortFunc(kinds, func(a, b seatKind) int { return cmp.Or(cmp.Compare(a.level, b.level), cmp.Compare(a.role, b.role)) })
	var out []field
	for _, k := range slices.Compact(kinds) {
		of := func(c Content) []ShownChief {
			return slices.DeleteFunc(slices.Clone(c.Chiefs), func(s ShownChief) bool { return s.Level != k.level || s.Role != k.role })
		}
		mine := of(shown)
		add := func(reason StaleReason, write func(ShownChief) string) {
			now := func(c Content) string { return written(of(c), write) }
			was := now(shown)
			if reason != StaleChief && was == "" {
				return
			}
			out = append(out, field{reason: reason, level: &k.level, shown: was, now: now, same: func(c Content) bool {
				if reason == StaleChief {
					return now(c) == was
				}
				return details(mine, of(c), write)
			}})
		}
		add(StaleChief, func(s ShownChief) string { return s.who() })
		add(StalePost, func(s ShownChief) string { return joined(" ", s.Title, s.Position) })
		add(StalePhone, func(s ShownChief) string { return s.Phone })
	}
	return out
}

// who is the name as a board shows it; that somebody is acting 代管 is part of it.
func (s ShownChief) who() string {
	if s.Acting {
		return s.Name + " (代管)"
	}
	return s.Name
}

// written lists what chiefs have, in an order that does not depend on theirs.
func written(chiefs []ShownChief, write func(ShownChief) string) string {
	var out []string
	for _, c := range chiefs {
		out = append(out, write(c))
	}
	slices.Sort(out)
	return joined("; ", out...)
}

// details tells whether what is shown of each chief is so of the chief of that name. Of one who is not in office any more
// that is not asked: the name is out of date.
func details(shown, so []ShownChief, write func(ShownChief) string) bool {
	for _, s := range shown {
		same := func(c ShownChief) bool { return c.who() == s.who() }
		if slices.ContainsFunc(so, same) && !slices.ContainsFunc(so, func(c ShownChief) bool { return same(c) && shows(write(s), write(c)) }) {
			return false
		}
	}
	return true
}
