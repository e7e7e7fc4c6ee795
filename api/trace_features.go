package api

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"

	"github.com/twpayne/go-geom"

	"hetu/geo"
	"hetu/geo/duty"
	"hetu/geo/lref"
	"hetu/geo/network"
)

// wayFeature is a thing on the way.
type wayFeature struct {
	Type       string          `json:"type"`
	ID         int64           `json:"id"`
	Properties wayProperties   `json:"properties"`
	Geometry   json.RawMessage `json:"geometry"`
}

type wayProperties struct {
	Code         *string    `json:"code"`
	Name         *string    `json:"name"`
	Kind         string     `json:"kind"`
	State        *string    `json:"state"`
	Level        *geo.Level `json:"level"`
	DistanceM    float64    `json:"distance_m"` // along the water from the start; of a reach to where the way first meets it
	EdgeID       int64      `json:"edge_id"`
	RouteID      int64      `json:"route_id"`
	MeasureM     float64    `json:"measure_m"`
	MeasureLabel string     `json:"measure_label"`
	MeasureFrom  string     `json:"measure_from"` // stored, or nearest: that of the nearest point of the route
	FromM        *float64   `json:"from_m,omitempty"`
	ToM          *float64   `json:"to_m,omitempty"`
	Bank         geo.Bank   `json:"bank"`
	OffsetM      float64    `json:"offset_m"` // from the centre line: left negative, right positive
	Point        geo.LonLat `json:"point"`    // of the route
}

// traceFeatures serves GET .../navigation/{mode}/{features}: what lies on the way, in order of distance (Q4).
func (s *server) traceFeatures(w http.ResponseWriter, r *http.Request) error {
	name, err := tracePath(r, "features")
	if err != nil {
		return err
	}
	kind, ok := siteKinds()[name]
	if !ok {
		return geo.FieldErrorf(geo.CodeNotFound, "features", "there is no %q on the way; known are flowlines, ids, monitoring-sections, outfalls, notice-boards, problems, reaches, dams", name)
	}
	t, err := s.traceAsked(r)
	if err != nil {
		return err
	}
	parts, sum, err := t.walk(false)
	if err != nil {
		return err
	}
	way := wayOf(parts)
	placed, err := s.placed(r.Context(), t, kind, way.routes)
	if err != nil {
		return err
	}
	for i := range placed {
		at := &placed[i]
		if _, off := t.graph.OnRoute(at.Route, at.AtM); off != nil && at.ToM == nil && way.parts[at.Route] != nil {
			label := lref.Label(at.AtM)
			t.miss(kind, at.Code, at.Name, &label)
		}
	}
	features := way.features(placed)
	matched := len(features)
	features = features[min(t.skip, matched):min(t.skip+t.limit, matched)]
	for i := range features {
		features[i].Geometry = shapeOf(placed, features[i].ID)
	}
	total := sum()
	halts := t.tail(network.Sum{Halts: total.Halts}, 0, 0).Halts
	return writeFeatures(w, struct {
		traceHead
		Features  []wayFeature `json:"features"`
		Matched   int          `json:"matched"`
		Truncated bool         `json:"truncated"`
		Parts     int          `json:"parts"` // of the network that were walked
		Halts     []haltAt     `json:"halts"`
	}{t.head("places without a stored measure are put at the nearest point of their route"), features, matched, t.skip+len(features) < matched, total.Parts, halts})
}

// way is what a trace covers, by route.
type way struct {
	routes []int64
	parts  map[int64][]network.Part
}

func wayOf(parts func(func(network.Part) bool)) way {
	out := way{parts: map[int64][]network.Part{}}
	for p := range parts {
		if out.parts[p.Route] == nil {
			out.routes = append(out.routes, p.Route)
		}
		out.parts[p.Route] = append(out.parts[p.Route], p)
	}
	return out
}

// features tells what the way comes to, the nearest first, each once: a dam at a node lies on each route there, and the shortest way to it
// counts.
func (w way) features(placed []duty.SiteOn) []wayFeature {
	out := make([]wayFeature, 0, len(placed))
	for i := range placed {
		if f, ok := w.feature(&placed[i]); ok {
			out = append(out, f)
		}
	}
	slices.SortFunc(out, func(a, b wayFeature) int {
		return cmp.Or(cmp.Compare(a.Properties.DistanceM, b.Properties.DistanceM), cmp.Compare(a.ID, b.ID), cmp.Compare(a.Properties.RouteID, b.Properties.RouteID))
	})
	told := map[int64]bool{}
	return slices.DeleteFunc(out, func(f wayFeature) bool {
		again := told[f.ID]
		told[f.ID] = true
		return again
	})
}

// feature tells a site that the way comes to, at the nearest of the parts that have it.
func (w way) feature(s *duty.SiteOn) (out wayFeature, ok bool) {
	for i := range w.parts[s.Route] {
		p := &w.parts[s.Route][i]
		m := s.AtM
		if s.ToM != nil { // of a reach that which is met first
			low, high := max(s.AtM, p.FromM), min(*s.ToM, p.ToM)
			if high-low < traceSlackM {
				continue
			}
			if m = low; p.Falling {
				m = high
			}
		}
		if d, on := p.DistanceAt(m); on && (!ok || d < out.Properties.DistanceM) {
			ok = true
			out.Properties = propertiesOf(s, m)
			out.Properties.DistanceM, out.Properties.EdgeID = rounded(d, 1000), p.Edge
		}
	}
	out.Type, out.ID = "Feature", s.ID
	return out, ok
}

func propertiesOf(s *duty.SiteOn, m float64) wayProperties {
	p := wayProperties{
		Code: s.Code, Name: s.Name, Kind: s.Kind, State: s.State, Level: s.Level, RouteID: s.Route, MeasureM: rounded(m, 1000), MeasureLabel: lref.Label(m),
		MeasureFrom: "nearest", Bank: s.Side, OffsetM: rounded(s.OffsetM, 1000), Point: geo.LonLat{s.OnLon, s.OnLat},
	}
	if s.Stored {
		p.MeasureFrom = "stored"
	}
	if s.ToM != nil {
		p.FromM, p.ToM = &s.AtM, s.ToM
	}
	return p
}

// shapeOf gives the geometry of a site as GeoJSON.
func shapeOf(placed []duty.SiteOn, id int64) json.RawMessage {
	i, _ := slices.BinarySearchFunc(placed, id, func(s duty.SiteOn, id int64) int { return cmp.Compare(s.ID, id) })
	switch g := placed[i].Geom.(type) {
	case *geom.LineString:
		return append(appendPositions([]byte(`{"type":"LineString","coordinates":`), g.FlatCoords(), g.Stride()), '}')
	case *geom.Point:
		inner := appendPositions(nil, g.FlatCoords(), g.Stride())
		return append(append([]byte(`{"type":"Point","coordinates":`), inner[1:len(inner)-1]...), '}')
	default:
		return json.RawMessage("null")
	}
}

func writeFeatures(w http.ResponseWriter, v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("write the answer: %w", err)
	}
	w.Header().Set("Content-Type", typeGeoJSON)
	w.Header().Set("Cache-Control", "no-cache")
	_, _ = w.Write(append(body, '\n'))
	return nil
}

// handovers serves GET /api/v1/hydro/rivers/{id}/handovers?level=: where a river passes borders, and who hands over to whom (Q6).
func (s *server) handovers(w http.ResponseWriter, r *http.Request) error {
	p, at, err := s.asked(r, "level")
	if err != nil {
		return err
	}
	level, err := p.level(geo.County)
	if err != nil {
		return err
	}
	id, err := pathID(r, "river")
	if err != nil {
		return err
	}
	found, err := s.Store.Handovers(r.Context(), at, id, level)
	if err != nil {
		return geo.AtField(err, "id")
	}
	return writeJSON(w, struct {
		head
		duty.Handovers
	}{headOf(at, found.Version, fmt.Sprintf("where the reaches of each route of the river pass from one division of level %d into another, of overlapping reaches those nearest that level; "+
		"where there are none of that level, where the line crosses the outlines of divisions, which are told elsewhere too, against the reaches", level)), found})
}
