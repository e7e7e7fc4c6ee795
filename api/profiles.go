package api

import (
	"net/http"
	"slices"

	"hetu/geo"
	"hetu/geo/duty"
	"hetu/geo/rules"
)

// Rules are the rule profiles that answers follow; data/profiles has them.
type Rules interface {
	// All gives every profile, by id.
	All() []rules.Profile
	// Get gives one; geo.CodeNotFound when there is none of that id.
	Get(id string) (rules.Profile, error)
	// Calendar gives the working days.
	Calendar() duty.Calendar
}

// The profiles that are followed when none is asked for.
const (
	defaultCoverage  = "board-each-reach"
	defaultBoards    = "board-hebei"
	defaultPatrols   = "patrol-seed-town"
	defaultQuality   = "quality-river"
	defaultTolerance = "tolerance-default"
)

// profile reads which profile is to be followed, and holds it to have the part that the question is about.
func (s *server) ruleProfile(p params, fallback string, part rules.Part) (rules.Profile, error) {
	if s.Rules == nil {
		return rules.Profile{}, geo.Errorf(geo.CodeUnavailable, "this server has no rule profiles")
	}
	id := fallback
	if p.values.Has("profile") {
		id = p.values.Get("profile")
	}
	found, err := s.Rules.Get(id)
	if err != nil || !slices.Contains(found.Parts(), part) {
		return rules.Profile{}, geo.InvalidField("profile", "%q is no profile with rules of %s; there are %s", id, part, geo.Listed(s.profilesWith(part)))
	}
	return found, nil
}

// tolerance gives the profile that says what is too small to be meant. An answer that needs it is refused rather than made without it.
func (s *server) tolerance() (rules.Profile, error) {
	if s.Rules == nil {
		return rules.Profile{}, geo.Errorf(geo.CodeUnavailable, "this server has no rule profiles")
	}
	p, err := s.Rules.Get(defaultTolerance)
	if err != nil || p.Tolerance == nil {
		return rules.Profile{}, geo.Errorf(geo.CodeUnavailable, "this server has no rule profile %s with a tolerance, which says how short a gap is none", defaultTolerance)
	}
	return p, nil
}

func (s *server) profilesWith(part rules.Part) []string {
	var out []string
	for _, p := range s.Rules.All() {
		if slices.Contains(p.Parts(), part) {
			out = append(out, p.ID)
		}
	}
	return out
}

// listedProfile is a rule profile in a list.
type listedProfile struct {
	ID     string       `json:"id"`
	Rule   string       `json:"rule_profile"` // as answers that follow it name it
	Title  rules.Text   `json:"title"`
	Source rules.Source `json:"source"`
	Date   string       `json:"date"` // of the source: 2022, 2022-06, 2022-06-08 or unknown
	Note   *rules.Text  `json:"note"`
	Parts  []rules.Part `json:"parts"`
}

// profiles serves GET /api/v1/profiles: the rule profiles that answers can follow, each with its source.
func (s *server) profiles(w http.ResponseWriter, r *http.Request) error {
	if _, err := parseParams(r); err != nil {
		return err
	}
	if s.Rules == nil {
		return geo.Errorf(geo.CodeUnavailable, "this server has no rule profiles")
	}
	out := []listedProfile{}
	for _, p := range s.Rules.All() {
		l := listedProfile{ID: p.ID, Rule: p.Version(), Title: p.Title, Source: p.Source, Date: p.Date, Parts: p.Parts()}
		if p.Note != (rules.Text{}) {
			l.Note = &p.Note
		}
		out = append(out, l)
	}
	return writeJSON(w, struct {
		Count    int             `json:"count"`
		Profiles []listedProfile `json:"profiles"`
	}{len(out), out})
}
