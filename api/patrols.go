package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"

	"hetu/geo"
	"hetu/geo/duty"
	"hetu/geo/rules"
)

const (
	maxPatrolBytes = 1 << 20
	maxPatrols     = 5000
	maxPatrolMin   = 31 * 24 * 60
	maxPatrolM     = 1e6

	howPatrols = "the patrols that were sent were held one by one, in order of time, against the profile's rule of the level, and those that count were counted " +
		"in the period that holds as_of; days are those of China"
)

// sentPatrols is the body of a question about one chief's patrols.
type sentPatrols struct {
	Patrols *[]sentPatrol `json:"patrols"`
}

// sentPatrol is one as it was sent; nil is what was not: taken for 0 it would be judged as a patrol of no length.
type sentPatrol struct {
	ID      *int64     `json:"id"`
	Start   *time.Time `json:"start"`
	Minutes *float64   `json:"minutes"`
	Metres  *float64   `json:"metres"`
}

// patrols serves POST /api/v1/patrols/check?profile=&level=: whether one chief's patrols are enough by a rule profile, in the period that
// has the day (domain 4.7). Nothing of it is stored.
func (s *server) patrols(w http.ResponseWriter, r *http.Request) error {
	p, at, err := s.asked(r, "profile", "level")
	if err != nil {
		return err
	}
	if !at.KnownAt.IsZero() {
		return geo.InvalidField("known_at", "has no say in it: the patrols are those that are sent")
	}
	profile, err := s.ruleProfile(p, defaultPatrols, rules.Patrols)
	if err != nil {
		return err
	}
	level, err := p.level(geo.Town)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(profile.Patrols, func(rule duty.PatrolRule) bool { return rule.Level == level })
	if i < 0 {
		return geo.InvalidField("level", "the profile %s asks for no patrols at level %d; it does at %s", profile.ID, level, geo.Listed(patrolLevels(profile)))
	}
	body, err := readBody(w, r, maxPatrolBytes, "application/json")
	if err != nil {
		return err
	}
	sent, err := readPatrols(body)
	if err != nil {
		return err
	}
	return writeJSON(w, struct {
		head
		Level geo.Level `json:"level"`
		duty.PatrolCheck
	}{headOf(at, 0, howPatrols).by(profile), level, duty.CheckPatrols(profile.Patrols[i], sent, at.AsOf)})
}

func patrolLevels(p rules.Profile) []geo.Level {
	var out []geo.Level
	for _, rule := range p.Patrols {
		out = append(out, rule.Level)
	}
	return out
}

// readPatrols reads what was sent: every member known, every number one that a patrol can have, no id twice.
func readPatrols(body []byte) ([]duty.Patrol, error) {
	if err := (jsonShape{deepestJSON, 200_000, 50_000}).hold(body); err != nil {
		return nil, err
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	var sent sentPatrols
	if err := d.Decode(&sent); err != nil {
		if e, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
			return nil, geo.InvalidField("/"+e.Field, "is a %s; a %s belongs there", e.Value, e.Type)
		}
		return nil, geo.Wrapf(err, geo.CodeInvalid, `the body is not read: %v; send {"patrols": [{"id": 1, "start": "2018-06-01T09:00:00+08:00", "minutes": 30, "metres": 2000}]}`, err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, geo.Errorf(geo.CodeInvalid, "something follows the body's object; send one")
	}
	if sent.Patrols == nil {
		return nil, geo.InvalidField("/patrols", "is missing; send a list, which is empty where nobody went")
	}
	if n := len(*sent.Patrols); n > maxPatrols {
		return nil, geo.InvalidField("/patrols", "holds %d; at most %d are looked at", n, maxPatrols)
	}
	seen := map[int64]bool{}
	out := make([]duty.Patrol, 0, len(*sent.Patrols))
	for i, p := range *sent.Patrols {
		at := fmt.Sprintf("/patrols/%d/", i)
		switch {
		case p.ID == nil:
			return nil, geo.InvalidField(at+"id", "is missing; give a whole number, by which the answer names the patrol")
		case p.Start == nil:
			return nil, geo.InvalidField(at+"start", "is missing; write a time as 2018-06-01T09:00:00+08:00")
		case p.Start.Year() < 1900 || p.Start.Year() > 2200:
			return nil, geo.InvalidField(at+"start", "%s is no time of a patrol", p.Start.Format(time.RFC3339))
		case p.Minutes == nil:
			return nil, geo.InvalidField(at+"minutes", "is missing; give how long it was")
		case !(*p.Minutes >= 0 && *p.Minutes <= maxPatrolMin):
			return nil, geo.InvalidField(at+"minutes", "%g is not between 0 and %d", *p.Minutes, maxPatrolMin)
		case p.Metres == nil:
			return nil, geo.InvalidField(at+"metres", "is missing; give how far it went")
		case !(*p.Metres >= 0 && *p.Metres <= maxPatrolM):
			return nil, geo.InvalidField(at+"metres", "%g is not between 0 and %g", *p.Metres, maxPatrolM)
		case seen[*p.ID]:
			return nil, geo.InvalidField(at+"id", "%d stands twice", *p.ID)
		}
		seen[*p.ID] = true
		out = append(out, duty.Patrol{ID: *p.ID, Start: *p.Start, Minutes: *p.Minutes, Metres: *p.Metres})
	}
	return out, nil
}
