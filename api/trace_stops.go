package api

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"hetu/geo"
	"hetu/geo/duty"
	"hetu/geo/lref"
	"hetu/geo/network"
)

// markAt is what a way stopped at.
type markAt struct {
	Kind      string      `json:"kind"`
	ID        *int64      `json:"id,omitempty"`
	Code      *string     `json:"code,omitempty"`
	Name      *string     `json:"name,omitempty"`
	Divisions []duty.Name `json:"divisions,omitempty"` // of a border: the two, as the measures grow
}

// stopKind is something that a trace may stop at.
type stopKind struct {
	kind  string
	level geo.Level // of a border
}

// parseStops reads stop=section,border:town.
func parseStops(p params) ([]stopKind, error) {
	if !p.values.Has("stop") {
		return nil, nil
	}
	var out []stopKind
	for item := range strings.SplitSeq(p.values.Get("stop"), ",") {
		kind, level, given := strings.Cut(strings.TrimSpace(item), ":")
		k := stopKind{kind: kind}
		switch {
		case kind == "border":
			if !given {
				level = "county"
			}
			var ok bool
			if k.level, ok = parseLevel(level); !ok {
				return nil, geo.InvalidField("stop", "%q is no level of a border: border:county, or province, city, town, village", level)
			}
		case kind == "lake":
			return nil, geo.FieldErrorf(geo.CodeRefused, "stop", "this store has no lakes to stop at; stop=section,dam,outfall or border")
		case kind != "section" && kind != "outfall" && kind != "dam" || given:
			return nil, geo.InvalidField("stop", "%q is nothing to stop at: give a list of section, outfall, dam, border, border:town", item)
		}
		if slices.Contains(out, k) { // each is looked up by itself: so there are never more than there are kinds
			return nil, geo.InvalidField("stop", "%q stands there twice; name each once", shortened(item))
		}
		out = append(out, k)
	}
	return out, nil
}

// bound sets what ends the walk: the division and the stops.
func (s *server) bound(ctx context.Context, t *trace, kinds []stopKind) error {
	if t.division != "" {
		ranges, err := s.Store.RangesIn(ctx, t.at, t.division)
		if err != nil {
			return err
		}
		t.lim.Within = t.graph.NewWithin(ranges)
		t.how = append(t.how, "what lies in the division follows from its reaches and those of the divisions below it")
		if err := t.insideDivision(); err != nil {
			return err
		}
	}
	if len(kinds) == 0 {
		return nil
	}
	routes, err := t.routes()
	if err != nil {
		return err
	}
	marks, err := s.marks(ctx, t, kinds, routes)
	if err != nil {
		return err
	}
	stops, off := t.graph.NewStops(marks)
	for _, m := range off {
		at, label := t.marks[m.ID], lref.Label(m.AtM)
		t.miss(at.Kind, at.Code, at.Name, &label)
	}
	t.lim.Stops = stops
	return nil
}

// insideDivision refuses a start from which the division is left at once.
func (t *trace) insideDivision() error {
	lim := network.Limits{Within: t.lim.Within, Edges: 1}
	tr, err := t.graph.Trace(t.from.place, t.mode, lim)
	if err != nil {
		return err
	}
	inside := false
	for p := range tr.All() {
		inside = p.LengthM > 0 || p.End != network.Border
	}
	if sum := tr.Sum(); !inside && len(sum.Halts) > 0 {
		return geo.FieldErrorf(geo.CodeRefused, "division", "from the start the way leads out of division %s at once, or the start does not lie in it; begin within it, or leave division= out", t.division)
	}
	return nil
}

// routes gives the routes that the walk comes to if nothing stops it, each once.
func (t *trace) routes() ([]int64, error) {
	tr, err := t.graph.Trace(t.from.place, t.mode, t.lim)
	if err != nil {
		return nil, err
	}
	seen := map[int64]bool{}
	var out []int64
	for p := range tr.All() {
		if !seen[p.Route] {
			seen[p.Route] = true
			out = append(out, p.Route)
		}
	}
	return out, nil
}

const howBorders = "borders are where the reaches of a route pass from one division into another, on either bank, and where there are no reaches of the level where the outlines of divisions do"

// marks finds where on the routes the walk stops.
func (s *server) marks(ctx context.Context, t *trace, stops []stopKind, routes []int64) ([]network.Mark, error) {
	var out []network.Mark
	add := func(route int64, m float64, mark markAt) {
		out = append(out, network.Mark{ID: int64(len(t.marks)), Route: route, AtM: m})
		t.marks = append(t.marks, mark)
	}
	for _, k := range stops {
		if k.kind == "border" {
			borders, err := s.Store.Borders(ctx, t.at, k.level, routes)
			if err != nil {
				return nil, err
			}
			if !slices.Contains(t.how, howBorders) {
				t.how = append(t.how, howBorders)
			}
			for _, b := range borders {
				add(b.RouteID, b.MeasureM, markAt{Kind: "border", Divisions: []duty.Name{divisionName(b.Low.Division), divisionName(b.High.Division)}})
			}
			continue
		}
		placed, err := s.placed(ctx, t, k.kind, routes)
		if err != nil {
			return nil, fmt.Errorf("find what to stop at: %w", err)
		}
		for i := range placed {
			p := &placed[i]
			add(p.Route, p.AtM, markAt{Kind: k.kind, ID: &p.ID, Code: p.Code, Name: p.Name})
		}
	}
	return out, nil
}

func divisionName(d duty.Division) duty.Name {
	return duty.Name{ID: d.ID, Name: d.Name, NameEn: d.NameEn, Code: &d.Code}
}

// placed gives the things of a kind that lie on routes, each with its place. What has none is noted: its stored measure is not on the line.
func (s *server) placed(ctx context.Context, t *trace, kind string, routes []int64) ([]duty.SiteOn, error) {
	sites, err := s.Store.Sites(ctx, t.at, kind, nil, routes)
	if err != nil || len(sites) == 0 {
		return nil, err
	}
	seen := map[int64]bool{}
	var with []int64
	for _, site := range sites {
		for _, r := range site.Routes {
			if !seen[r] {
				seen[r] = true
				with = append(with, r)
			}
		}
	}
	lines, err := s.Store.Lines(ctx, t.at, with)
	if err != nil {
		return nil, err
	}
	out := make([]duty.SiteOn, 0, len(sites))
	for _, site := range sites {
		on, ok := site.On(lines)
		if !ok {
			t.miss(kind, site.Code, site.Name)
			continue
		}
		on.AtM = rounded(on.AtM, 1000) // as the parts of a trace
		out = append(out, on)
	}
	return out, nil
}
