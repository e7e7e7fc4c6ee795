package profiles

import (
	"slices"

	"hetu/geo"
	"hetu/geo/duty"
	"hetu/geo/rules"
)

// Set is all profiles that were loaded, and the calendar.
type Set struct {
	profiles []rules.Profile // by id
	calendar duty.Calendar
}

// All gives the profiles by id.
func (s *Set) All() []rules.Profile { return slices.Clone(s.profiles) }

// Get gives one profile.
func (s *Set) Get(id string) (rules.Profile, error) {
	i := slices.IndexFunc(s.profiles, func(p rules.Profile) bool { return p.ID == id })
	if i < 0 {
		return rules.Profile{}, geo.Errorf(geo.CodeNotFound, "there is no rule profile %q", id)
	}
	return s.profiles[i], nil
}

// Calendar gives the working days.
func (s *Set) Calendar() duty.Calendar { return s.calendar }
