package api

import (
	"context"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/gorilla/mux"
	"github.com/twpayne/go-geom"

	"hetu/geo"
	"hetu/geo/duty"
	"hetu/geo/lref"
	"hetu/geo/network"
)

// traceStore is what traces read besides the graph.
type traceStore interface {
	// RiverRoutes gives a river and its routes with their lines, the longest first; geo.CodeNotFound when it is not known.
	RiverRoutes(ctx context.Context, at duty.Moment, river int64) (duty.Name, []duty.Route, error)
	// Lines gives the lines of routes, XYM and downstream; what is not there is left out.
	Lines(ctx context.Context, at duty.Moment, routes []int64) (map[int64]*geom.LineString, error)
	// LinesNear gives the routes whose line comes within about radiusM metres of a position.
	LinesNear(ctx context.Context, at duty.Moment, lon, lat, radiusM float64) (map[int64]*geom.LineString, error)
	// Along gives what lies along routes.
	Along(ctx context.Context, at duty.Moment, routes []int64) (map[int64]duty.Along, error)
	// Sites gives the things of a kind by id, and those that may lie on routes: section, outfall, board, problem, reach, dam.
	Sites(ctx context.Context, at duty.Moment, kind string, ids, routes []int64) ([]duty.Site, error)
	// Borders gives where routes pass from one division of a level into another.
	Borders(ctx context.Context, at duty.Moment, level geo.Level, routes []int64) ([]duty.Border, error)
	// RangesIn gives the parts of routes that lie in the division of a code; geo.CodeNotFound when there is none.
	RangesIn(ctx context.Context, at duty.Moment, division string) ([]network.Range, error)
	// Handovers tells where a river passes borders of a level.
	Handovers(ctx context.Context, at duty.Moment, river int64, level geo.Level) (duty.Handovers, error)
}

// pointToPoint is the mode that is no walk but the way down from one place to another.
const pointToPoint network.Mode = "PP"

const (
	defaultParts = 10_000
	maxParts     = 1_000_000
	maxTraceKm   = 100_000
)

// trace is a question about the way up or down from a place (Q3).
type trace struct {
	at       duty.Moment
	version  int64
	graph    *network.Graph
	mode     network.Mode
	from, to standing
	lim      network.Limits
	marks    []markAt
	skip     int
	limit    int
	geometry bool
	division string
	how      []string
	unplaced []string // what should stop the way or lie on it, and has no place on the network
}

func tracePath(r *http.Request, name string) (string, error) {
	text, err := url.PathUnescape(mux.Vars(r)[name])
	if err != nil {
		return "", geo.Wrapf(err, geo.CodeInvalid, "the path cannot be read")
	}
	return text, nil
}

// traceAsked reads the question and finds its place on the network of the moment.
func (s *server) traceAsked(r *http.Request, more ...string) (*trace, error) {
	p, at, err := s.asked(r, append(more, "distance", "at", "route", "stop", "division", "limit", "offset", "radius", "to", "to_at")...)
	if err != nil {
		return nil, err
	}
	t := &trace{at: at, mode: network.Mode(mux.Vars(r)["mode"]), geometry: true}
	if err = t.read(p); err != nil {
		return nil, err
	}
	ask := placeAsk{mode: t.mode}
	if ask.source, err = tracePath(r, "source"); err != nil {
		return nil, err
	}
	if ask.id, err = tracePath(r, "id"); err != nil {
		return nil, err
	}
	if err = ask.read(p); err != nil {
		return nil, err
	}
	stops, err := parseStops(p)
	if err != nil {
		return nil, err
	}
	if t.graph, t.version, err = s.Waters.Graph(r.Context(), at); err != nil {
		return nil, err
	}
	if t.from, err = s.stand(r.Context(), t, ask); err != nil {
		return nil, geo.AtField(err, "id")
	}
	if t.mode == pointToPoint {
		t.to, err = s.standTo(r.Context(), t, p)
		return t, err
	}
	return t, s.bound(r.Context(), t, stops)
}

// read reads what is asked besides the places.
func (t *trace) read(p params) (err error) {
	wide := t.mode == network.UpAll || t.mode == network.DownAll
	switch t.mode {
	case network.UpMain, network.UpAll, network.DownMain, network.DownAll:
		for _, name := range []string{"to", "to_at"} {
			if p.values.Has(name) {
				return geo.InvalidField(name, "is for the mode PP, from point to point; %s has none", t.mode)
			}
		}
	case pointToPoint:
		for _, name := range []string{"distance", "stop", "division"} {
			if p.values.Has(name) {
				return geo.InvalidField(name, "is not for PP, which ends at the place that to= names")
			}
		}
	default:
		return geo.InvalidField("mode", "%q is none of UM, UT, DM, DD, PP", string(t.mode))
	}
	switch text := p.values.Get("distance"); {
	case text == "" && wide:
		return geo.InvalidField("distance", "is missing: %s may cover a whole basin; give kilometres along the water, or distance=all to say that it is meant", t.mode)
	case text == "" && p.values.Has("distance"):
		return geo.InvalidField("distance", "is empty; give kilometres, or all")
	case text != "" && text != "all":
		km, ok := parseNumber(text)
		if !ok || km <= 0 || km > maxTraceKm {
			return geo.InvalidField("distance", "%q is not between 0 and %d km; distance=all sets no limit", text, maxTraceKm)
		}
		t.lim.DistanceM = km * 1000
	}
	if t.limit, err = p.limit(defaultParts, maxParts); err != nil {
		return err
	}
	if p.values.Has("offset") {
		if t.skip, err = strconv.Atoi(p.values.Get("offset")); err != nil || t.skip < 0 || t.skip > maxParts {
			return geo.InvalidField("offset", "%q is not a whole number from 0 to %d", p.values.Get("offset"), maxParts)
		}
	}
	if t.division, err = p.text("division"); err != nil {
		return err
	}
	t.geometry, err = p.truth("geometry", true)
	return err
}

// walk gives the parts that are asked for, and what they came to once they are told. limited says to end at the limit of parts.
func (t *trace) walk(limited bool) (iter.Seq[network.Part], func() network.Sum, error) {
	if t.mode == pointToPoint {
		return t.path(limited)
	}
	lim := t.lim
	if limited {
		lim.Edges = t.skip + t.limit
	}
	tr, err := t.graph.Trace(t.from.place, t.mode, lim)
	if err != nil {
		return nil, nil, err
	}
	return partsAfter(tr.All(), t.skip), tr.Sum, nil
}

func (t *trace) path(limited bool) (iter.Seq[network.Part], func() network.Sum, error) {
	parts, err := t.graph.Path(t.from.place, t.to.place)
	if err != nil {
		return nil, nil, err
	}
	sum := network.Sum{Parts: len(parts)}
	if end := t.skip + t.limit; limited && end < len(parts) {
		sum.Truncated, sum.Next = true, beginOf(&parts[end])
		parts = parts[:end]
	}
	return partsAfter(slices.Values(parts), t.skip), func() network.Sum { return sum }, nil
}

// beginOf gives where a part begins as it is walked, for an answer that breaks off before it.
func beginOf(p *network.Part) network.Halt {
	h := network.Halt{End: network.Limit, Edge: p.Edge, Route: p.Route, AtM: p.FromM, DistanceM: p.DistanceM}
	if p.Falling {
		h.AtM = p.ToM
	}
	return h
}

// partsAfter leaves out the first parts.
func partsAfter(parts iter.Seq[network.Part], skip int) iter.Seq[network.Part] {
	if skip == 0 {
		return parts
	}
	return func(yield func(network.Part) bool) {
		n := 0
		for p := range parts {
			if n++; n > skip && !yield(p) {
				return
			}
		}
	}
}

// traceHead begins the answer to every trace.
type traceHead struct {
	Type string `json:"type"`
	head

	Mode  network.Mode `json:"mode"`
	Start standing     `json:"start"`
	To    *standing    `json:"to,omitempty"`
}

// unplacedNames is how many of what could not be placed are told by name.
const unplacedNames = 10

// miss notes what could not be placed, each once.
func (t *trace) miss(kind string, names ...*string) {
	what := kind
	for _, n := range names {
		if n != nil && *n != "" {
			what += " " + *n
		}
	}
	if !slices.Contains(t.unplaced, what) {
		t.unplaced = append(t.unplaced, what)
	}
}

func (t *trace) head(how ...string) traceHead {
	told := slices.Concat([]string{t.from.how}, t.how, how)
	if n := len(t.unplaced); n > 0 {
		missing := fmt.Sprintf("left out, for their measure is on no edge of the network: %s", strings.Join(t.unplaced[:min(n, unplacedNames)], ", "))
		if n > unplacedNames {
			missing += fmt.Sprintf(" and %d more", n-unplacedNames)
		}
		told = append(told, missing)
	}
	h := traceHead{
		Type: "FeatureCollection", head: headOf(t.at, t.version, strings.Join(told, "; ")),
		Mode: t.mode, Start: t.from,
	}
	if t.mode == pointToPoint {
		h.To = &t.to
	}
	return h
}

// traceTail ends it.
type traceTail struct {
	Parts     int      `json:"parts"`
	LengthM   float64  `json:"length_m"`  // of the parts told, along the water
	Truncated bool     `json:"truncated"` // there is more, from next on
	Next      *haltAt  `json:"next"`
	Halts     []haltAt `json:"halts"` // where ways ended at a stop or at the edge of the division, the nearest first
	Problem   *problem `json:"problem,omitempty"`
}

// haltAt is where a way ends.
type haltAt struct {
	Reason       string  `json:"reason"` // stop, division, limit
	EdgeID       int64   `json:"edge_id"`
	RouteID      int64   `json:"route_id"`
	MeasureM     float64 `json:"measure_m"`
	MeasureLabel string  `json:"measure_label"`
	DistanceM    float64 `json:"distance_m"`
	StoppedBy    *markAt `json:"stopped_by,omitempty"`
	Offset       *int    `json:"offset,omitempty"` // of next: to be given as offset= to go on
}

// reasonOf writes why a way ends; empty where it goes on.
func reasonOf(e network.End) string {
	if e == network.Border {
		return "division" // that of division=; a border that stop= names is a stop
	}
	return string(e)
}

func (t *trace) halt(h network.Halt) haltAt {
	out := haltAt{Reason: reasonOf(h.End), EdgeID: h.Edge, RouteID: h.Route, MeasureM: h.AtM, MeasureLabel: lref.Label(h.AtM), DistanceM: h.DistanceM}
	if h.End == network.Stopped && int(h.Mark) < len(t.marks) {
		out.StoppedBy = &t.marks[h.Mark]
	}
	return out
}

func (t *trace) tail(sum network.Sum, told int, lengthM float64) traceTail {
	out := traceTail{Parts: told, LengthM: rounded(lengthM, 1000), Truncated: sum.Truncated, Halts: make([]haltAt, 0, len(sum.Halts))}
	for _, h := range sum.Halts {
		out.Halts = append(out.Halts, t.halt(h))
	}
	if sum.Truncated {
		next, offset := t.halt(sum.Next), t.skip+told
		next.Offset = &offset
		out.Next = &next
	}
	return out
}
