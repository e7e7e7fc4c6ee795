package api

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/twpayne/go-geom"

	"hetu/geo"
	"hetu/geo/duty"
	"hetu/geo/lref"
	"hetu/geo/network"
	"hetu/geo/stationing"
)

const (
	noticedM    = 5000 // how far off the network a place's distance to it is still told
	traceSlackM = network.SlackM
)

// standing is where a trace begins or, of point to point, ends.
type standing struct {
	Source       string      `json:"source"`
	ID           string      `json:"id"`
	NodeID       *int64      `json:"node_id"` // null: it is a point of a route
	RouteID      *int64      `json:"route_id"`
	MeasureM     *float64    `json:"measure_m"`
	MeasureLabel *string     `json:"measure_label"`
	OffsetM      *float64    `json:"offset_m"` // of a place beside the route: left negative, right positive
	Point        *geo.LonLat `json:"point"`    // of the route, for a place beside it

	place network.Place
	how   string
}

// placeAsk is a place as the request names it.
type placeAsk struct {
	source, id string
	mode       network.Mode
	at         *stationing.Measure
	route      int64
	radiusM    float64
	field      string // the parameter at fault, for to=
}

// lower tells whether the place of what has a length is its lower end: that is where a walk upstream begins, and where PP ends.
func (a placeAsk) lower() network.Mode {
	if a.field == "to" || a.mode == network.UpMain || a.mode == network.UpAll {
		return network.UpMain
	}
	return network.DownMain
}

func (a *placeAsk) read(p params) error {
	if err := a.readAt(p, "at"); err != nil {
		return err
	}
	var err error
	if a.route, err = p.id("route"); err != nil {
		return err
	}
	if a.route != 0 && a.source != "rivers" {
		return geo.InvalidField("route", "chooses among the routes of a river; %s have one", a.source)
	}
	if p.values.Has("radius") && a.source != "position" && !strings.HasPrefix(p.values.Get("to"), "position/") {
		return geo.InvalidField("radius", "is how far a route is looked for from a position; there is none here: leave it out")
	}
	a.radiusM, err = p.radius()
	return err
}

// readAt reads a measure, which only what lies along a route takes.
func (a *placeAsk) readAt(p params, name string) error {
	if !p.values.Has(name) {
		return nil
	}
	if !slices.Contains([]string{"rivers", "routes", "reaches", "edges"}, a.source) {
		return geo.InvalidField(name, "is for rivers, routes, reaches and edges; %s have their own place", a.source)
	}
	m, err := p.measured(name)
	if err != nil {
		return err
	}
	a.at = &m
	return nil
}

// siteKinds gives what the store calls the things that a trace may begin at or list, by the name of their collection.
func siteKinds() map[string]string {
	return map[string]string{
		"monitoring-sections": "section", "outfalls": "outfall", "notice-boards": "board", "problems": "problem", "reaches": "reach", "dams": "dam",
	}
}

// standTo finds the place that to= names.
func (s *server) standTo(ctx context.Context, t *trace, p params) (standing, error) {
	source, id, ok := strings.Cut(p.values.Get("to"), "/")
	if !ok {
		return standing{}, geo.InvalidField("to", "is missing or no place: write to=reaches/12, or to=position/109.97,40.6")
	}
	ask := placeAsk{source: source, id: id, mode: t.mode, field: "to"}
	var err error
	if ask.radiusM, err = p.radius(); err != nil {
		return standing{}, err
	}
	if err = ask.readAt(p, "to_at"); err != nil {
		return standing{}, err
	}
	out, err := s.stand(ctx, t, ask)
	return out, geo.AtField(err, "to")
}

// stand finds a place on the network.
func (s *server) stand(ctx context.Context, t *trace, a placeAsk) (out standing, err error) {
	if a.source == "position" {
		out, err = s.standAt(ctx, t, a)
	} else {
		id, bad := strconv.ParseInt(a.id, 10, 64)
		if bad != nil {
			return out, geo.Errorf(geo.CodeNotFound, "%q is no id; ids are whole numbers", a.id)
		}
		switch kind := siteKinds()[a.source]; {
		case a.source == "nodes":
			out.NodeID, out.how = &id, "at the node"
			out.place, err = t.graph.AtNode(id)
		case a.source == "edges":
			out, err = standOnEdge(t.graph, id, a)
		case a.source == "routes":
			out, err = standOnRoute(t.graph, id, a)
		case a.source == "rivers":
			out, err = s.standOnRiver(ctx, t, id, a)
		case kind != "":
			out, err = s.standAtSite(ctx, t, kind, id, a)
		default:
			return out, geo.FieldErrorf(geo.CodeNotFound, a.named("source"), "there is no source %q; known are rivers, routes, reaches, edges, nodes, position, outfalls, monitoring-sections, notice-boards, problems, dams", a.source)
		}
	}
	out.Source, out.ID = a.source, a.id
	return out, err
}

// named gives the name of a part of the path, or of to= where the place stands in that.
func (a placeAsk) named(part string) string {
	if a.field != "" {
		return a.field
	}
	return part
}

// standOn gives the point of a route at a measure.
func standOn(g *network.Graph, route int64, m float64, how string) (out standing, err error) {
	if upper, lower, ok := g.Ends(route); ok { // of a line that is a little longer than its edges
		m, _ = clamped(m, min(upper, lower), max(upper, lower), traceSlackM)
	}
	out.place, err = g.OnRoute(route, m)
	out.tell(route, m)
	out.how = how
	return out, err
}

// clamped takes a measure that lies past an end of a range by no more than a slack to that end. moved tells that it lay past by more than
// stored measures are good to.
func clamped(m, low, high, slackM float64) (at float64, moved bool) {
	if !(m >= low-slackM && m <= high+slackM) {
		return m, false
	}
	at = min(max(m, low), high)
	return at, math.Abs(at-m) > traceSlackM
}

// standAsked gives the point at the measure that is asked for, on what runs from a measure of a route to another. Labels are rounded, so
// that one may lie a little past the end that it means.
func standAsked(what string, part network.Range, at stationing.Measure, standFunc func(m float64) (standing, error)) (standing, error) {
	m, moved := clamped(at.M, part.FromM, part.ToM, lref.LabelWithin)
	if m < part.FromM || m > part.ToM {
		return standing{}, geo.FieldErrorf(geo.CodeNotFound, at.Name, "%s runs from %s to %s: %s is not on it", what, lref.Label(part.FromM), lref.Label(part.ToM), lref.Label(at.M))
	}
	out, err := standFunc(m)
	if moved {
		out.how += ", taken to its end"
	}
	return out, geo.AtField(err, at.Name)
}

func (s *standing) tell(route int64, m float64) {
	m = rounded(m, 1000)
	label := lref.Label(m)
	s.RouteID, s.MeasureM, s.MeasureLabel = &route, &m, &label
}

// standBefore gives the end of a part of a route from which the walk has it before it.
func standBefore(g *network.Graph, part network.Range, a placeAsk) (out standing, err error) {
	mode := a.lower()
	out.place, err = g.Before(part, mode)
	upper, lower, _ := g.Ends(part.Route)
	m := part.FromM
	if (upper > lower) != (mode == network.UpMain) {
		m = part.ToM
	}
	out.tell(part.Route, m)
	out.how = "from the upper end"
	if mode == network.UpMain {
		out.how = "from the lower end"
	}
	return out, err
}

func standOnEdge(g *network.Graph, id int64, a placeAsk) (standing, error) {
	e, ok := g.Edge(id)
	if !ok {
		return standing{}, geo.Errorf(geo.CodeNotFound, "there is no edge %d", id)
	}
	part := network.Range{Route: e.Route, FromM: e.FromM, ToM: e.ToM}
	if a.at == nil {
		return standBefore(g, part, a)
	}
	return standAsked(fmt.Sprintf("edge %d", id), part, *a.at, func(m float64) (out standing, err error) {
		out.how = "at the measure on the edge"
		out.tell(e.Route, m)
		out.place, err = g.OnEdge(id, m)
		return out, err
	})
}

func standOnRoute(g *network.Graph, id int64, a placeAsk) (standing, error) {
	upper, lower, ok := g.Ends(id)
	if !ok {
		return standing{}, geo.Errorf(geo.CodeNotFound, "route %d is not part of the network", id)
	}
	part := network.Range{Route: id, FromM: min(upper, lower), ToM: max(upper, lower)}
	if a.at == nil {
		return standBefore(g, part, a)
	}
	return standAsked(fmt.Sprintf("route %d", id), part, *a.at, func(m float64) (standing, error) { return standOn(g, id, m, "at the measure on the route") })
}

// standOnRiver takes the longest route of the river, with a measure the longest that has it, or the one that route= names.
func (s *server) standOnRiver(ctx context.Context, t *trace, id int64, a placeAsk) (out standing, err error) {
	_, routes, err := s.Store.RiverRoutes(ctx, t.at, id)
	if err != nil {
		return out, err
	}
	if a.route != 0 {
		routes = slices.DeleteFunc(routes, func(r duty.Route) bool { return r.ID != a.route })
		if len(routes) == 0 {
			return out, geo.InvalidField("route", "route %d is not of river %d", a.route, id)
		}
	}
	err = geo.Errorf(geo.CodeNotFound, "river %d has no centre line in the network on %s", id, t.at.AsOf)
	for i, r := range routes {
		found, failed := standOnRoute(t.graph, r.ID, a)
		if failed == nil {
			if len(routes) > 1 && i == 0 {
				found.how += ", on the longest route of the river"
			}
			return found, nil
		}
		if i == 0 {
			err = failed
		}
	}
	return out, err
}

func (s *server) standAtSite(ctx context.Context, t *trace, kind string, id int64, a placeAsk) (standing, error) {
	sites, err := s.Store.Sites(ctx, t.at, kind, []int64{id}, nil)
	if err != nil {
		return standing{}, err
	}
	if len(sites) == 0 {
		return standing{}, geo.Errorf(geo.CodeNotFound, "there is nothing with the id %d among the %s on %s", id, a.source, t.at.AsOf)
	}
	site := sites[0]
	if kind == "reach" {
		part := network.Range{Route: site.Routes[0], FromM: *site.MeasureM, ToM: *site.ToM}
		if a.at == nil {
			return standBefore(t.graph, part, a)
		}
		return standAsked(fmt.Sprintf("reach %d", id), part, *a.at, func(m float64) (standing, error) {
			return standOn(t.graph, part.Route, m, "at the measure on the route of the reach")
		})
	}
	lines, err := s.Store.Lines(ctx, t.at, site.Routes)
	if err != nil {
		return standing{}, err
	}
	found, ok := site.On(lines)
	if !ok {
		return standing{}, s.offNetwork(ctx, t, site.Lon, site.Lat)
	}
	how := "at the nearest point of its route"
	if found.Stored {
		how = "at its stored measure"
	}
	out, err := standOn(t.graph, found.Route, found.AtM, how)
	offset := rounded(found.OffsetM, 1000)
	out.OffsetM, out.Point = &offset, &geo.LonLat{found.OnLon, found.OnLat}
	return out, err
}

// offNetwork says how far a place that lies on no river is from the nearest.
func (s *server) offNetwork(ctx context.Context, t *trace, lon, lat float64) error {
	near, err := s.Store.LinesNear(ctx, t.at, lon, lat, noticedM)
	if err != nil {
		return err
	}
	if route, hit := nearestLine(near, lon, lat); route != 0 {
		return geo.Errorf(geo.CodeNotFound, "it lies on no river; the nearest, route %d, is %.0f m off: start at position/%g,%g?radius=", route, hit.DistanceM, lon, lat)
	}
	return geo.Errorf(geo.CodeNotFound, "it lies on no river, and none is within %d m", noticedM)
}

// nearestLine gives the route nearest to a position, of equals the lower id; 0 where there is none.
func nearestLine(lines map[int64]*geom.LineString, lon, lat float64) (route int64, best lref.Hit) {
	best.DistanceM = math.Inf(1)
	for id, line := range lines {
		if hit := lref.Project(line, lon, lat); hit.DistanceM < best.DistanceM || hit.DistanceM == best.DistanceM && id < route {
			route, best = id, hit
		}
	}
	return route, best
}

// standAt finds the route nearest to a position.
func (s *server) standAt(ctx context.Context, t *trace, a placeAsk) (standing, error) {
	field := a.named("id")
	lonText, latText, _ := strings.Cut(a.id, ",")
	lon, okLon := parseNumber(lonText)
	lat, okLat := parseNumber(latText)
	switch {
	case !okLon || !okLat:
		return standing{}, geo.InvalidField(field, "%q is no position: write position/109.97,40.6, longitude first", a.id)
	case !s.Extent.Contains(lon, lat):
		return standing{}, geo.InvalidField(field, "%g, %g lies outside this installation's extent; longitude comes first", lon, lat)
	}
	near, err := s.Store.LinesNear(ctx, t.at, lon, lat, a.radiusM)
	if err != nil {
		return standing{}, err
	}
	for len(near) > 0 { // a line may be of no edge
		route, hit := nearestLine(near, lon, lat)
		if route == 0 || hit.DistanceM > a.radiusM {
			break
		}
		if out, err := standOn(t.graph, route, hit.MeasureM, "at the point of the nearest route"); err == nil {
			offset := rounded(hit.OffsetM, 1000)
			out.OffsetM, out.Point = &offset, &geo.LonLat{hit.Lon, hit.Lat}
			return out, nil
		}
		delete(near, route)
	}
	return standing{}, geo.Errorf(geo.CodeNotFound, "no route of the network is within %g m of %g, %g; radius= looks farther, up to %d", a.radiusM, lon, lat, maxRadius)
}

// rounded rounds to 1/per. What rounds to nothing is 0 and not -0, as which JSON would tell it.
func rounded(v, per float64) float64 { return math.Round(v*per)/per + 0 }
