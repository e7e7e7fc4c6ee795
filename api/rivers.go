package api

import (
	"net/http"
	"strconv"

	"github.com/gorilla/mux"

	"hetu/geo"
	"hetu/geo/duty"
)

// rivers serves GET /api/v1/rivers?q=&limit=&as_of=&known_at=: rivers by name or alias, each with a point that lies on it.
func (s *server) rivers(w http.ResponseWriter, r *http.Request) error {
	p, at, err := s.asked(r, "q", "limit")
	if err != nil {
		return err
	}
	limit, err := p.limit(50, 1000)
	if err != nil {
		return err
	}
	q, err := p.text("q")
	if err != nil {
		return err
	}
	found, err := s.Store.Rivers(r.Context(), at, q, limit)
	if err != nil {
		return err
	}
	return writeJSON(w, struct {
		AsOf   geo.Date           `json:"as_of"`
		Count  int                `json:"count"`
		Rivers []duty.ListedRiver `json:"rivers"`
	}{at.AsOf, len(found), found})
}

// river serves GET /api/v1/rivers/{id}: one river with its tributaries and reaches.
func (s *server) river(w http.ResponseWriter, r *http.Request) error {
	_, at, err := s.asked(r)
	if err != nil {
		return err
	}
	raw := mux.Vars(r)["id"]
	id, err := strconv.ParseInt(raw, 10, 64)
	if err != nil {
		return geo.Errorf(geo.CodeNotFound, "%q is no river's id; ids are whole numbers, found by /api/v1/rivers?q=", raw)
	}
	found, err := s.Store.River(r.Context(), at, id)
	if err != nil {
		return err
	}
	return writeJSON(w, found)
}

// places serves GET /api/v1/places?q=: divisions and board sites by name.
func (s *server) places(w http.ResponseWriter, r *http.Request) error {
	p, at, err := s.asked(r, "q", "limit")
	if err != nil {
		return err
	}
	limit, err := p.limit(20, 100)
	if err != nil {
		return err
	}
	q, err := p.text("q")
	if err != nil {
		return err
	}
	if q == "" {
		return geo.InvalidField("q", "is missing; give a part of a name")
	}
	found, err := s.Store.Places(r.Context(), at, q, limit)
	if err != nil {
		return err
	}
	return writeJSON(w, struct {
		AsOf   geo.Date     `json:"as_of"`
		Count  int          `json:"count"`
		Places []duty.Place `json:"places"`
	}{at.AsOf, len(found), found})
}
