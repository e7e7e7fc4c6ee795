package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"strconv"
	"time"

	"hetu/geo"
	"hetu/geo/access"
	"hetu/geo/overlay"
	"hetu/geo/rules"
)

// overlayStore is what overlays are made from.
type overlayStore interface {
	// Overlay has an answer's parts read from one snapshot, with the drafts of a view where drafts are wanted.
	Overlay(ctx context.Context, view access.View, read func(overlay.Source) error) error
	// DraftsSeen gives the boundaries not announced yet that a view shows; of one that shows all it is not asked.
	DraftsSeen(ctx context.Context, view access.View) (map[int64]bool, error)
}

// overlayPatience bounds one overlay: what takes longer is asked too much at once.
const overlayPatience = 10 * time.Second

// overlays bounds how many overlays are computed at a time: each may keep a processor busy for seconds.
type overlays struct{ turns chan struct{} }

func newOverlays() overlays { return overlays{make(chan struct{}, max(2, runtime.GOMAXPROCS(0)))} }

func (s *server) routeOverlays(get, post func(path, name string, h handlerFunc)) {
	post("/api/v1/touches", "touches", s.touches)
	post("/api/v1/occupied", "occupied", s.occupied)
	get("/api/v1/overlaps", "overlaps", s.landOverlaps)
	get("/api/v1/areas/{id}/diff", "area-diff", func(w http.ResponseWriter, r *http.Request) error { return s.diff(w, r, overlay.Area) })
	get("/api/v1/boundaries/{id}/diff", "boundary-diff", func(w http.ResponseWriter, r *http.Request) error { return s.diff(w, r, overlay.Boundary) })
	get("/api/v1/problems/{id}/inside", "inside", s.inside)
}

// overlay computes one answer from one snapshot, when it is its turn.
func (s *server) overlay(ctx context.Context, read func(ctx context.Context, src overlay.Source, version int64) error) error {
	ctx, cancel := context.WithTimeout(ctx, overlayPatience)
	defer cancel()
	select {
	case s.turns <- struct{}{}:
		defer func() { <-s.turns }()
	case <-ctx.Done():
		return geo.Wrapf(ctx.Err(), geo.CodeUnavailable, "too many polygons are asked about at the moment")
	}
	err := s.Store.Overlay(ctx, viewOf(ctx), func(src overlay.Source) error {
		version, err := src.DataVersion(ctx)
		if err != nil {
			return err
		}
		return read(ctx, src, version)
	})
	if err != nil && ctx.Err() != nil {
		return geo.Wrapf(errors.Join(ctx.Err(), err), geo.CodeUnavailable, "the question took longer than %v: ask about a smaller polygon", overlayPatience)
	}
	return err
}

// drafts reads whether what is not announced yet is wanted. Who sees none is told of none; others are shown those of their divisions.
func (s *server) drafts(r *http.Request, p params) (bool, error) {
	wanted, err := p.truth("drafts", false)
	if err == nil && wanted && viewOf(r.Context()).Nothing() {
		return false, access.Hide(geo.Errorf(geo.CodeNotFound, "there are no drafts here that you may see: ask without drafts=true, or log in"))
	}
	return wanted, err
}

// polygonQuestion is a question about a polygon that was sent.
type polygonQuestion struct {
	overlay.Question
	rule rules.Profile // which overlaps are too small to be meant
	sent *sentPolygon
}

// polygonQuestion reads one.
func (s *server) polygonQuestion(w http.ResponseWriter, r *http.Request, known ...string) (params, polygonQuestion, error) {
	q := polygonQuestion{Question: overlay.Question{StakeGridM: s.stakeGridM(r)}}
	p, at, err := s.asked(r, append(known, "geometry", "drafts")...)
	if err != nil {
		return p, q, err
	}
	if q.rule, err = s.tolerance(); err != nil {
		return p, q, err
	}
	q.At, q.TinyM2 = at, q.rule.Tolerance.OverlapM2
	if q.Geometry, err = p.truth("geometry", false); err != nil {
		return p, q, err
	}
	if q.Drafts, err = s.drafts(r, p); err != nil {
		return p, q, err
	}
	if q.sent, err = s.polygonBody(w, r); err != nil {
		return p, q, err
	}
	if f := overlay.Check(q.sent.geom); f != nil {
		return p, q, q.sent.refused(f)
	}
	q.Polygon = overlay.NewShape(q.sent.geom)
	return p, q, nil
}

// onPolygon answers a question about a polygon that PostGIS too finds fit.
func (s *server) onPolygon(ctx context.Context, q polygonQuestion, read func(ctx context.Context, src overlay.Source, version int64) error) error {
	return s.overlay(ctx, func(ctx context.Context, src overlay.Source, version int64) error {
		fault, err := src.Fault(ctx, q.Polygon.Geom)
		switch {
		case err != nil:
			return err
		case fault != nil:
			return q.sent.refused(fault)
		}
		return read(ctx, src, version)
	})
}

const (
	howTouches = "the polygon was laid over what is in force on the day; areas are on the ellipsoid along straight edges, banks by the centre line's flow; shoreline " +
		"is the length of boundaries and of bank lines inside, each bank apart; in_management_area counts each place once"
	howOccupied = "the bank line inside the polygon was measured, where there is none the boundary; where none runs through a part of it, what of it faces that part along the centre " +
		"line, not round a loop; what several parts take counts once; " +
		"the bank is told by the flow; banks are never added up"
	howOverlaps = "areas, zones or protection areas in force were cut with other land, and the parts with towns (level 4); both as of the day, with their own dates"
	howDiff     = "the two versions were cut with each other; what lies inside is as of as_of; of a line, what lies between it and its centre line is compared, " +
		"and how far the one lies from the other every 10 m along the route"
	howInside = "the problem's geometry was held against the announced management areas of the day it was found and of the day asked about"
)

// touches serves POST /api/v1/touches?geometry=&drafts=&as_of=&known_at=: what a polygon touches (Q2).
func (s *server) touches(w http.ResponseWriter, r *http.Request) error {
	_, q, err := s.polygonQuestion(w, r)
	if err != nil {
		return err
	}
	var answer struct {
		head
		overlay.Touches
	}
	err = s.onPolygon(r.Context(), q, func(ctx context.Context, src overlay.Source, version int64) (err error) {
		answer.head = headOf(q.At, version, howTouches).by(q.rule)
		answer.Touches, err = overlay.Touch(ctx, src, q.Question)
		return err
	})
	if err != nil {
		return err
	}
	return writeJSON(w, answer)
}

// occupied serves POST /api/v1/occupied?level=&geometry=&drafts=&as_of=&known_at=: how much of each bank a project occupies (Q12).
func (s *server) occupied(w http.ResponseWriter, r *http.Request) error {
	p, q, err := s.polygonQuestion(w, r, "level")
	if err != nil {
		return err
	}
	level, err := p.level(geo.Town)
	if err != nil {
		return err
	}
	var answer struct {
		head
		overlay.Occupied
	}
	err = s.onPolygon(r.Context(), q, func(ctx context.Context, src overlay.Source, version int64) (err error) {
		answer.head = headOf(q.At, version, howOccupied)
		answer.Occupied, err = overlay.Occupy(ctx, src, q.Question, level)
		return err
	})
	if err != nil {
		return err
	}
	return writeJSON(w, answer)
}

// landOverlaps serves GET /api/v1/overlaps?kind=&theme=&division=&river=&limit=&geometry=&drafts=: what other land lies on areas or zones (Q10).
func (s *server) landOverlaps(w http.ResponseWriter, r *http.Request) error {
	p, at, err := s.asked(r, "kind", "theme", "division", "river", "limit", "geometry", "drafts")
	if err != nil {
		return err
	}
	q := overlay.LandQuery{At: at, Kinds: []string{overlay.Area}}
	switch kind := p.values.Get("kind"); {
	case !p.values.Has("kind"):
	case kind == overlay.Area || kind == overlay.Zone || kind == overlay.Protection:
		q.Kinds = []string{kind}
	default:
		return geo.InvalidField("kind", "%q is none of area, zone, protection", shortened(kind))
	}
	if q.Theme, err = p.text("theme"); err != nil {
		return err
	}
	if q.Division, err = p.text("division"); err != nil {
		return err
	}
	if q.River, err = p.id("river"); err != nil {
		return err
	}
	if q.Limit, err = p.limit(500, 2000); err != nil {
		return err
	}
	tolerance, err := s.tolerance()
	if err != nil {
		return err
	}
	geometry, err := p.truth("geometry", false)
	if err != nil {
		return err
	}
	if q.Drafts, err = s.drafts(r, p); err != nil {
		return err
	}
	var answer struct {
		head
		overlay.Overlaps
	}
	err = s.overlay(r.Context(), func(ctx context.Context, src overlay.Source, version int64) (err error) {
		answer.head = headOf(at, version, howOverlaps).by(tolerance)
		answer.Overlaps, err = overlay.WithLand(ctx, src, q, tolerance.Tolerance.OverlapM2, geometry)
		return err
	})
	if err != nil {
		return err
	}
	return writeJSON(w, answer)
}

// diff serves GET /api/v1/areas/{id}/diff and /api/v1/boundaries/{id}/diff?from=&to=&geometry=&drafts=: what changed between two versions (Q11).
func (s *server) diff(w http.ResponseWriter, r *http.Request, kind string) error {
	p, at, err := s.asked(r, "from", "to", "geometry", "drafts")
	if err != nil {
		return err
	}
	tolerance, err := s.tolerance()
	if err != nil {
		return err
	}
	c := overlay.Change{At: at, Kind: kind, TinyM2: tolerance.Tolerance.OverlapM2, To: overlay.Edition{Day: at.AsOf}}
	if c.ID, err = pathID(r, kind); err != nil {
		return err
	}
	if !p.values.Has("from") {
		return geo.InvalidField("from", "is missing; give a day such as 2022-05-01, or the number of a version")
	}
	if c.From, err = p.edition("from"); err != nil {
		return err
	}
	if p.values.Has("to") {
		if c.To, err = p.edition("to"); err != nil {
			return err
		}
	}
	if c.Geometry, err = p.truth("geometry", true); err != nil {
		return err
	}
	if c.Drafts, err = s.drafts(r, p); err != nil {
		return err
	}
	var answer struct {
		head
		overlay.Diff
	}
	err = s.overlay(r.Context(), func(ctx context.Context, src overlay.Source, version int64) (err error) {
		answer.head = headOf(at, version, howDiff).by(tolerance)
		answer.Diff, err = overlay.Compare(ctx, src, c)
		return err
	})
	if err != nil {
		return err
	}
	return writeJSON(w, answer)
}

// edition reads a version: its number, or a day on which it is in force.
func (p params) edition(name string) (overlay.Edition, error) {
	v := p.values.Get(name)
	if n, err := strconv.ParseInt(v, 10, 32); err == nil && n > 0 {
		return overlay.Edition{Version: int(n)}, nil
	}
	d, err := geo.ParseDate(v)
	if err != nil {
		return overlay.Edition{}, geo.InvalidField(name, "%q is neither a day such as 2022-05-01 nor the number of a version", shortened(v))
	}
	return overlay.Edition{Day: d}, nil
}

// inside serves GET /api/v1/problems/{id}/inside?drafts=: whether a problem lies inside the management area, then and now (Q14).
func (s *server) inside(w http.ResponseWriter, r *http.Request) error {
	p, at, err := s.asked(r, "drafts")
	if err != nil {
		return err
	}
	id, err := pathID(r, overlay.Problem)
	if err != nil {
		return err
	}
	drafts, err := s.drafts(r, p)
	if err != nil {
		return err
	}
	var answer struct {
		head
		overlay.Inside
	}
	err = s.overlay(r.Context(), func(ctx context.Context, src overlay.Source, version int64) (err error) {
		answer.head = headOf(at, version, howInside)
		answer.Inside, err = overlay.InOrOut(ctx, src, at, id, drafts)
		return err
	})
	if err != nil {
		return geo.AtField(fmt.Errorf("problem %d: %w", id, err), "id")
	}
	return writeJSON(w, answer)
}
