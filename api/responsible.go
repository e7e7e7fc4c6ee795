package api

import (
	"net/http"

	"hetu/geo"
	"hetu/geo/duty"
)

// maxRadius bounds how far a river is looked for, in metres.
const maxRadius = 5000

// responsible serves GET /api/v1/responsible?lon=&lat=[&radius=][&as_of=][&known_at=]: who answers for the river here (Q1).
func (s *server) responsible(w http.ResponseWriter, r *http.Request) error {
	p, at, err := s.asked(r, "lon", "lat", "radius")
	if err != nil {
		return err
	}
	q := duty.Question{At: at}
	if q.Lon, q.Lat, err = p.position(s.Extent); err != nil {
		return err
	}
	if p.values.Has("radius") {
		if q.RadiusM, err = p.number("radius"); err != nil {
			return err
		}
		if q.RadiusM <= 0 || q.RadiusM > maxRadius {
			return geo.InvalidField("radius", "%g is not between 0 and %d metres", q.RadiusM, maxRadius)
		}
	}
	answer, err := s.Store.Responsible(r.Context(), q)
	switch {
	case err == nil:
		return writeJSON(w, answer)
	case !q.At.KnownAt.IsZero() && geo.CodeOf(err) == geo.CodeUnavailable:
		return geo.Wrapf(err, geo.CodeUnavailable, "what was known at an earlier time is for the database to say, which does not answer now; without known_at the question is answered")
	default:
		return err
	}
}

// counts serves GET /api/v1/counts?division=&as_of=: the stored figures of a division, with their sources and the claims
// that sources make beside them.
func (s *server) counts(w http.ResponseWriter, r *http.Request) error {
	p, at, err := s.asked(r, "division")
	if err != nil {
		return err
	}
	division, err := p.text("division")
	if err != nil {
		return err
	}
	counts, err := s.Store.Counts(r.Context(), at, division)
	if err != nil {
		return err
	}
	return writeJSON(w, struct {
		AsOf geo.Date `json:"as_of"`
		duty.Counts
	}{at.AsOf, counts})
}
