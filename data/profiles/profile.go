package profiles

import (
	"slices"

	"hetu/geo"
	"hetu/geo/duty"
	"hetu/geo/quality"
)

// Text is a text in both languages of the house.
type Text struct {
	Zh string `json:"zh"`
	En string `json:"en"`
}

// Source is where a rule was read. Mark is S for the work summaries that the project was made from, V for what was checked in
// public material, M for what is from memory, D for what was derived.
type Source struct {
	Text string `json:"text"`
	URL  string `json:"url,omitempty"`
	Mark string `json:"mark"`
}

// BoardSize is how large a board has to be.
type BoardSize struct {
	WidthM  float64 `json:"width_m"`
	HeightM float64 `json:"height_m"`
}

// Tolerance is what is too small to be meant.
type Tolerance struct {
	OverlapM  float64 `json:"overlap_m"`  // of stretches of a route
	OverlapM2 float64 `json:"overlap_m2"` // of areas
}

// Profile is a set of rules with its source. A part that it does not have is nil or empty.
type Profile struct {
	ID     string
	Title  Text
	Source Source
	Date   string // of the source: 2022, 2022-06, 2022-06-08 or unknown
	Note   Text

	Update    *duty.UpdateDuty
	Boards    []duty.BoardRule
	Size      *BoardSize
	Patrols   []duty.PatrolRule
	Quality   *quality.Standard
	Tolerance *Tolerance
}

// Set is all profiles that were loaded, and the calendar.
type Set struct {
	profiles []Profile // by id
	calendar duty.Calendar
}

// All gives the profiles by id.
func (s *Set) All() []Profile { return slices.Clone(s.profiles) }

// Get gives one profile.
func (s *Set) Get(id string) (Profile, error) {
	i := slices.IndexFunc(s.profiles, func(p Profile) bool { return p.ID == id })
	if i < 0 {
		return Profile{}, geo.Errorf(geo.CodeNotFound, "there is no rule profile %q", id)
	}
	return s.profiles[i], nil
}

// Calendar gives the working days.
func (s *Set) Calendar() duty.Calendar { return s.calendar }
