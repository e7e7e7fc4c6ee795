package api

import (
	"context"
	"math"
	"net/http"
	"slices"

	"hetu/geo"
	"hetu/geo/lref"
	"hetu/geo/network"
	"hetu/geo/stationing"
)

const (
	// nearestWithinM is how far is looked for things where nothing is said, and maxNearestM how far at most.
	nearestWithinM = 10_000.0
	maxNearestM    = 100_000.0
	// stakePrecisionM is to how many metres the place of a stake is told to those who may not see it exactly.
	stakePrecisionM = 50.0
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
	graph, version, err := s.networkFor(r.Context(), q)
	if err != nil {
		return err
	}
	a, err := s.Store.Nearest(r.Context(), graph, q)
	if err != nil {
		return err
	}
	if graph == nil {
		version = a.Version
	}
	if q.Kind == stationing.Stakes && (s.MayDraftFunc == nil || !s.MayDraftFunc(r)) {
		coarsen(&a)
	}
	return writeJSON(w, struct {
		head
		stationing.Nearest
	}{headOf(at, min(version, a.Version), a.How), a})
}

// networkFor gives the network that a question needs: one by air is answered without, so that it waits for none to be read.
func (s *server) networkFor(ctx context.Context, q stationing.NearestQuestion) (*network.Graph, int64, error) {
	if q.By == stationing.ByWater {
		return s.Waters.Graph(ctx, q.At)
	}
	graph, version, _ := s.Waters.Held(q.At)
	return graph, version, nil
}

// coarsen tells the places of stakes no more exactly than a public map may: their exact ones are for staff.
func coarsen(a *stationing.Nearest) {
	round := func(m stationing.Metres) stationing.Metres {
		return stationing.Metres(math.Round(float64(m)/stakePrecisionM) * stakePrecisionM)
	}
	for i := range a.Things {
		t := &a.Things[i]
		t.AirM = round(t.AirM)
		for k := range t.Point {
			t.Point[k] = math.Round(t.Point[k]*1000) / 1000 // 50 m and a little to either side
		}
		if t.WaterM != nil {
			*t.WaterM = round(*t.WaterM)
		}
		if t.MeasureM != nil {
			*t.MeasureM = round(*t.MeasureM)
			*t.Label = lref.Label(float64(*t.MeasureM))
		}
	}
	precision := stationing.Metres(stakePrecisionM)
	a.PrecisionM = &precision
}
