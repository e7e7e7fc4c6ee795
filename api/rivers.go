package api

import (
	"net/http"

	"hetu/geo"
	"hetu/geo/duty"
)

const (
	howRivers = "rivers in force on the day whose name, alias or English name has what is looked for, the best match first; without it all, those of the highest level first"
	howRiver  = "the river in force on the day, with the rivers that flow into it and its reaches"
	howPlaces = "divisions and sites of notice boards in force on the day whose name has what is looked for, the best match first"
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
	found, version, err := s.Store.Rivers(r.Context(), at, q, limit)
	if err != nil {
		return err
	}
	return writeJSON(w, struct {
		head
		Count  int                `json:"count"`
		Rivers []duty.ListedRiver `json:"rivers"`
	}{headOf(at, version, howRivers), len(found), found})
}

// river serves GET /api/v1/rivers/{id}: one river with its tributaries and reaches.
func (s *server) river(w http.ResponseWriter, r *http.Request) error {
	_, at, err := s.asked(r)
	if err != nil {
		return err
	}
	id, err := pathID(r, "river")
	if err != nil {
		return err
	}
	found, err := s.Store.River(r.Context(), at, id)
	if err != nil {
		return geo.AtField(err, "id")
	}
	return writeJSON(w, struct {
		head
		duty.RiverDetail
	}{headOf(at, found.Version, howRiver), found})
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
	found, version, err := s.Store.Places(r.Context(), at, q, limit)
	if err != nil {
		return err
	}
	return writeJSON(w, struct {
		head
		Count  int          `json:"count"`
		Places []duty.Place `json:"places"`
	}{headOf(at, version, howPlaces), len(found), found})
}
