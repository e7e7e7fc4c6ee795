package api

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/twpayne/go-geom/encoding/geojson"

	"hetu/geo"
	"hetu/geo/access"
	"hetu/geo/duty"
	"hetu/geo/lref"
	"hetu/geo/network"
	"hetu/geo/stationing"
)

// stationingStore answers what lies where along rivers, each question from one snapshot.
type stationingStore interface {
	// Locate answers river + K -> place; geo.CodeNotFound when the river is not known, geo.CodeInvalid when K is not on it.
	Locate(ctx context.Context, q stationing.LocateQuestion) (stationing.Located, error)
	// MeasureOn answers point -> K on a river; geo.CodeNotFound, with how far it is, when the river is farther off than asked for.
	MeasureOn(ctx context.Context, river stationing.On, q stationing.PositionQuestion) (stationing.Hydrolocated, error)
	// Hydrolocate answers which river a position lies on; geo.CodeNotFound likewise.
	Hydrolocate(ctx context.Context, q stationing.PositionQuestion) (stationing.Hydrolocated, error)
	// Segment answers range -> lines.
	Segment(ctx context.Context, q stationing.SegmentQuestion) (stationing.Segment, error)
	// Nearest answers what is nearest to a position, by air or along the network; by air g may be nil, and no ways are told. Stakes are told exactly that
	// stand where the view has a role.
	Nearest(ctx context.Context, view access.View, g *network.Graph, q stationing.NearestQuestion) (stationing.Nearest, error)
}

const (
	// maxOffsetM bounds how far from the centre line a point is placed or looked for: there projection is right to a millimetre.
	maxOffsetM = 2000.0
	// hydrolocationWithinM is how far a river is looked for where nothing is said.
	hydrolocationWithinM = 200.0
)

// locate serves GET /api/v1/hydro/rivers/{id}/locate?m=|stake=[&route=][&offset=]: the place of a measure (Q5).
func (s *server) locate(w http.ResponseWriter, r *http.Request) error {
	p, on, err := s.askedOn(r, "m", "stake", "offset")
	if err != nil {
		return err
	}
	q := stationing.LocateQuestion{On: on}
	if q.Measure, err = p.measureOrStake(); err != nil {
		return err
	}
	if q.OffsetM, err = p.numberWithin("offset", 0, -maxOffsetM, maxOffsetM); err != nil {
		return err
	}
	a, err := s.Store.Locate(r.Context(), q)
	if err != nil {
		return geo.AtField(err, "id")
	}
	return writeJSON(w, struct {
		head
		stationing.Located
	}{headOf(on.At, a.Version, a.How), a})
}

// measure serves GET /api/v1/hydro/rivers/{id}/measure?lon=&lat=[&route=][&max_offset=]: where on a river a position lies (Q5).
func (s *server) measure(w http.ResponseWriter, r *http.Request) error {
	p, on, err := s.askedOn(r, "lon", "lat", "max_offset")
	if err != nil {
		return err
	}
	q, err := s.positionAsked(p, on.At, maxOffsetM)
	if err != nil {
		return err
	}
	a, err := s.Store.MeasureOn(r.Context(), on, q)
	if err != nil {
		return geo.AtField(err, "id")
	}
	return writeHydrolocated(w, q, a)
}

// hydrolocation serves GET /api/v1/hydro/hydrolocation?lon=&lat=[&max_offset=]: which river a position lies on, and where (Q5).
func (s *server) hydrolocation(w http.ResponseWriter, r *http.Request) error {
	p, at, err := s.asked(r, "lon", "lat", "max_offset")
	if err != nil {
		return err
	}
	q, err := s.positionAsked(p, at, hydrolocationWithinM)
	if err != nil {
		return err
	}
	a, err := s.Store.Hydrolocate(r.Context(), q)
	if err != nil {
		return err
	}
	return writeHydrolocated(w, q, a)
}

func writeHydrolocated(w http.ResponseWriter, q stationing.PositionQuestion, a stationing.Hydrolocated) error {
	return writeJSON(w, struct {
		head
		MaxOffsetM float64 `json:"max_offset_m"`
		stationing.Hydrolocated
	}{headOf(q.At, a.Version, a.How), q.MaxM, a})
}

// segment serves GET /api/v1/hydro/rivers/{id}/segment?from=&to=[&bank=][&route=]: a range as lines (Q5), a GeoJSON FeatureCollection.
func (s *server) segment(w http.ResponseWriter, r *http.Request) error {
	p, on, err := s.askedOn(r, "from", "to", "bank")
	if err != nil {
		return err
	}
	q := stationing.SegmentQuestion{On: on, Bank: geo.Both}
	if q.From, err = p.measured("from"); err != nil {
		return err
	}
	if q.To, err = p.measured("to"); err != nil {
		return err
	}
	if p.values.Has("bank") {
		switch q.Bank = geo.Bank(p.values.Get("bank")); q.Bank {
		case geo.Left, geo.Right, geo.Both, geo.Centre:
		default:
			return geo.InvalidField("bank", "%q is none of left, right, both, centre", string(q.Bank))
		}
	}
	a, err := s.Store.Segment(r.Context(), q)
	if err != nil {
		return geo.AtField(err, "id")
	}
	features, err := segmentFeatures(a.Lines)
	if err != nil {
		return err
	}
	return writeJSON(w, struct {
		Type string `json:"type"`
		head
		stationing.Segment
		Features []segmentFeature `json:"features"`
	}{"FeatureCollection", headOf(on.At, a.Version, a.How), a, features})
}

// segmentFeature is a line of a range as GeoJSON.
type segmentFeature struct {
	Type       string            `json:"type"`
	Properties segmentProperties `json:"properties"`
	Geometry   *geojson.Geometry `json:"geometry"`
}

type segmentProperties struct {
	Part    geo.Bank          `json:"part"` // centre, left, right
	LineID  *int64            `json:"bank_line_id"`
	Name    *string           `json:"name"`
	LengthM stationing.Metres `json:"length_m"`
}

func segmentFeatures(lines []stationing.SegmentLine) ([]segmentFeature, error) {
	out := make([]segmentFeature, 0, len(lines))
	for _, l := range lines {
		g, err := geojson.Encode(l.Geom, geojson.EncodeGeometryWithMaxDecimalDigits(7))
		if err != nil {
			return nil, fmt.Errorf("write a line of a range: %w", err)
		}
		out = append(out, segmentFeature{"Feature", segmentProperties{l.Part, l.LineID, l.Name, stationing.Metres(l.LengthM)}, g})
	}
	return out, nil
}

// askedOn reads what every question about a river has: which river, which route, and the moment.
func (s *server) askedOn(r *http.Request, known ...string) (params, stationing.On, error) {
	p, at, err := s.asked(r, append(known, "route")...)
	if err != nil {
		return p, stationing.On{}, err
	}
	on := stationing.On{At: at}
	if on.River, err = pathID(r, "river"); err != nil {
		return p, on, err
	}
	on.Route, err = p.id("route")
	return p, on, err
}

// positionAsked reads a position and how far off a line may lie.
func (s *server) positionAsked(p params, at duty.Moment, fallback float64) (q stationing.PositionQuestion, err error) {
	q.At = at
	if q.Lon, q.Lat, err = p.position(s.Extent); err != nil {
		return q, err
	}
	q.MaxM, err = p.numberWithin("max_offset", fallback, 1, maxOffsetM)
	return q, err
}

// measureOrStake reads the one of m and stake that is given.
func (p params) measureOrStake() (stationing.Measure, error) {
	switch m, stake := p.values.Has("m"), p.values.Has("stake"); {
	case m && stake:
		return stationing.Measure{}, geo.InvalidField("stake", "m is given too; give one of the two")
	case stake:
		return p.measured("stake")
	default:
		v, err := p.number("m")
		if err != nil && !m {
			err = geo.InvalidField("m", "is missing; give metres as m=12345.6, or a label as stake=K12+345")
		}
		return stationing.Measure{M: v, Name: "m"}, err
	}
}

// measured reads a measure as metres or as a label. In a query string + stands for a space: who types K12+345 into an address means +.
func (p params) measured(name string) (stationing.Measure, error) {
	s := p.values.Get(name)
	if s == "" {
		return stationing.Measure{}, geo.InvalidField(name, "is missing; give K12+345, K12+345.6 or 12345.6")
	}
	if !strings.ContainsAny(s, "+＋") {
		s = strings.Replace(strings.TrimSpace(s), " ", "+", 1)
	}
	m, err := lref.ParseLabel(s)
	if err != nil {
		return stationing.Measure{}, geo.InvalidField(name, "%v", err)
	}
	return stationing.Measure{M: m, Name: name}, nil
}
