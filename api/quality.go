package api

import (
	"net/http"

	"hetu/geo"
	"hetu/geo/quality"
	"hetu/geo/rules"
)

// qualityAnswer is the answer to Q17.
type qualityAnswer struct {
	head
	River int64     `json:"river_id"`
	From  *geo.Date `json:"from"`
	To    *geo.Date `json:"to"`
	quality.Profile
}

const howQuality = "the newest valid sampling of each section in the period, its class that of its worst indicator, against the section's target; sections, outfalls and tributary mouths in order of K"

// riverQuality serves GET /api/v1/hydro/rivers/{id}/quality: the water quality along a river (Q17).
func (s *server) riverQuality(w http.ResponseWriter, r *http.Request) error {
	p, at, err := s.asked(r, "from", "to", "profile")
	if err != nil {
		return err
	}
	id, err := pathID(r, "river")
	if err != nil {
		return err
	}
	between, err := p.days()
	if err != nil {
		return err
	}
	profile, err := s.ruleProfile(p, defaultQuality, rules.WaterQuality)
	if err != nil {
		return err
	}
	water, version, err := s.Store.WaterOf(r.Context(), at, id, between)
	if err != nil {
		return pathFault(err)
	}
	return writeJSON(w, qualityAnswer{
		head: headOf(at, version, howQuality).by(profile), River: id, From: dayOrNull(between.From), To: dayOrNull(between.To), Profile: profile.Quality.Along(water),
	})
}

// days reads from and to, both included; what is not given is open.
func (p params) days() (out geo.Period, err error) {
	for _, x := range []struct {
		name string
		day  *geo.Date
	}{{"from", &out.From}, {"to", &out.To}} {
		if !p.values.Has(x.name) {
			continue
		}
		if *x.day, err = geo.ParseDate(p.values.Get(x.name)); err != nil {
			return out, geo.InvalidField(x.name, "%q is no day; write 2017-04-01", p.values.Get(x.name))
		}
	}
	if !out.To.IsZero() && out.To.Before(out.From) {
		return out, geo.InvalidField("to", "%s lies before from, %s", out.To, out.From)
	}
	return out, nil
}
