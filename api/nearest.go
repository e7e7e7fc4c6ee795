package api

import (
	"net/http"
	"slices"

	"hetu/geo"
	"hetu/geo/stationing"
)

const (
	// nearestWithinM is how far is looked for things where nothing is said, and maxNearestM how far at most.
	nearestWithinM = 10_000.0
	maxNearestM    = 100_000.0
)

// nearest serves GET /api/v1/nearest?lon=&lat=&kind=[&by=air|water][&limit=][&within=]: what stands nearest to a position (Q13).
func (s *server) nearest(w http.ResponseWriter, r *http.Request) error {
	p, at, err := s.asked(r, "lon", "lat", "kind", "by", "limit", "within")
	if err != nil {
		return err
	}
	q := stationing.NearestQuestion{At: at, By: stationing.ByAir}
	if q.Lon, q.Lat, err = p.position(s.Extent); err != nil {
		return err
	}
	kinds := []stationing.Kind{stationing.Boards, stationing.Outfalls, stationing.Sections, stationing.Stakes}
	if q.Kind = stationing.Kind(p.values.Get("kind")); !slices.Contains(kinds, q.Kind) {
		return geo.InvalidField("kind", "%q is none of notice-boards, outfalls, monitoring-sections, stakes", string(q.Kind))
	}
	if p.values.Has("by") {
		if q.By = p.values.Get("by"); q.By != stationing.ByAir && q.By != stationing.ByWater {
			return geo.InvalidField("by", "%q is neither air nor water", q.By)
		}
	}
	if q.Limit, err = p.limit(10, 100); err != nil {
		return err
	}
	if q.WithinM, err = p.numberWithin("within", nearestWithinM, 1, maxNearestM); err != nil {
		return err
	}
	q.StakeGridM = s.stakeGridM(r)
	graph, version, err := s.Waters.Graph(r.Context(), at)
	if err != nil {
		return err
	}
	a, err := s.Store.Nearest(r.Context(), viewOf(r.Context()), graph, q)
	if err != nil {
		return err
	}
	return writeJSON(w, struct {
		head
		stationing.Nearest
	}{headOf(at, min(version, a.Version), a.How), a})
}

// stakeGridM is the grid that stakes are told by to who asks, but for those that stand where he has a role; 0, to those who have one everywhere: exactly.
func (s *server) stakeGridM(r *http.Request) float64 {
	if viewOf(r.Context()).All {
		return 0
	}
	return s.PublicPrecisionM
}
