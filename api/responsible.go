package api

import (
	"net/http"

	"hetu/geo"
	"hetu/geo/duty"
)

const howResponsible = "the rivers whose management area holds the position, and those nearest by bank line, else by centre line; " +
	"on each bank every reach of the measure there, with who holds its posts on the day"

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
	if q.RadiusM, err = p.radius(); err != nil {
		return err
	}
	answer, err := s.Store.Responsible(r.Context(), q)
	switch {
	case err == nil:
		return writeJSON(w, struct {
			head
			duty.Answer
		}{headOf(q.At, answer.Version, howResponsible), answer})
	case !q.At.KnownAt.IsZero() && geo.CodeOf(err) == geo.CodeUnavailable:
		return geo.Wrapf(err, geo.CodeUnavailable, "what was known at an earlier time is for the database to say, which does not answer now; without known_at the question is answered")
	default:
		return err
	}
}
