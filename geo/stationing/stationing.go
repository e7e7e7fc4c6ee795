// Package stationing answers what lies where along stored rivers (里程桩号): from a measure to its place and back, from a range to its
// lines, and what is nearest along the water. The arithmetic of routes is lref's, that of the network network's; rows come through
// ports, so that one answer is of one snapshot.
package stationing

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"

	"hetu/geo"
	"hetu/geo/duty"
	"hetu/geo/lref"
)

// Source gives the rows that an answer is made of, each as of a moment, all of one snapshot.
type Source interface {
	// Version gives the newest write in the snapshot.
	Version(ctx context.Context) (int64, error)
	// RiverName gives a river's name; geo.CodeNotFound when it is not known.
	RiverName(ctx context.Context, at duty.Moment, id int64) (string, error)
	// RoutesOf gives routes by id, and all routes of rivers, the longest of a river first. A route of no river has a river without id.
	RoutesOf(ctx context.Context, at duty.Moment, ids, rivers []int64) ([]duty.Route, error)
	// RoutesIn gives the routes whose line enters a box, those of no river too.
	RoutesIn(ctx context.Context, at duty.Moment, box geo.Extent) ([]duty.Route, error)
	// BankLinesOf gives the bank lines of a river that enter a box.
	BankLinesOf(ctx context.Context, at duty.Moment, river int64, box geo.Extent) ([]BankLine, error)
	// ReachesOf gives the reaches of routes.
	ReachesOf(ctx context.Context, at duty.Moment, routes []int64) ([]duty.Reach, error)
	// DivisionsUp gives divisions and everything above them.
	DivisionsUp(ctx context.Context, at duty.Moment, ids []int64) ([]duty.Division, error)
	// ThingsIn gives the things of a kind in a box; where routes is not nil only those that may stand on one of them.
	ThingsIn(ctx context.Context, at duty.Moment, kind Kind, box geo.Extent, routes []int64) ([]Thing, error)
}

// Made makes an answer of what was read. Laying bank lines beside a route may take a second, and no snapshot is held for that.
type Made[T any] func(ctx context.Context) (T, error)

// On says which river and route a question is about.
type On struct {
	At    duty.Moment
	River int64
	Route int64 // 0: the longest of the river's
}

// Measure is a measure as someone gave it; Name is what an error calls it.
type Measure struct {
	M    float64
	Name string
}

// Metres is a length or a measure in metres, written to the millimetre.
type Metres float64

// MarshalJSON implements [json.Marshaler].
func (m Metres) MarshalJSON() ([]byte, error) {
	return strconv.AppendFloat(nil, math.Round(float64(m)*1e3)/1e3+0, 'f', -1, 64), nil // + 0: -0 becomes 0
}

// RiverRoute is the river and the route that an answer is about.
type RiverRoute struct {
	River duty.River `json:"river"`
	Route RouteTold  `json:"route"`
}

// RouteTold is a route as an answer tells it: where its measures come from and how far they run.
type RouteTold struct {
	ID            int64  `json:"id"`
	MeasureOrigin string `json:"measure_origin"` // mouth, source, custom
	Calibrated    bool   `json:"calibrated"`     // its measures were fitted to surveyed points
	FromM         Metres `json:"from_m"`
	ToM           Metres `json:"to_m"`
	FromLabel     string `json:"from_label"`
	ToLabel       string `json:"to_label"`
	LengthM       Metres `json:"length_m"` // on the ellipsoid; a calibrated route's measures are no lengths
}

func told(r *duty.Route) RouteTold {
	lowest, highest, _ := lref.Ends(r.Geom)
	return RouteTold{
		ID: r.ID, MeasureOrigin: r.MeasureOrigin, Calibrated: r.Calibrated, FromM: Metres(lowest), ToM: Metres(highest),
		FromLabel: lref.Label(lowest), ToLabel: lref.Label(highest), LengthM: Metres(lref.Length(r.Geom)),
	}
}

// routesOf gives the routes of a river, or the one that was asked for, the longest first.
func routesOf(ctx context.Context, src Source, on On) ([]duty.Route, error) {
	routes, err := src.RoutesOf(ctx, on.At, nil, []int64{on.River})
	if err != nil {
		return nil, fmt.Errorf("read the routes of a river: %w", err)
	}
	routes = slices.DeleteFunc(routes, func(r duty.Route) bool { return r.River.ID != on.River })
	if len(routes) == 0 {
		name, err := src.RiverName(ctx, on.At, on.River)
		if err != nil {
			return nil, err
		}
		return nil, geo.Errorf(geo.CodeNotFound, "%s has no centre line on %s, and so no measures: import one", name, on.At.AsOf)
	}
	if on.Route == 0 {
		return routes, nil
	}
	i := slices.IndexFunc(routes, func(r duty.Route) bool { return r.ID == on.Route })
	if i < 0 {
		return nil, geo.InvalidField("route", "%s has no route %d on %s; it has %s", routes[0].River.Name, on.Route, on.At.AsOf, listed(routes))
	}
	return routes[i : i+1], nil
}

// listed names routes by id, the first few of them.
func listed(routes []duty.Route) string {
	const most = 10
	s := ""
	for i, r := range routes[:min(len(routes), most)] {
		if i > 0 {
			s += ", "
		}
		s += fmt.Sprint(r.ID)
	}
	if len(routes) > most {
		s += " …"
	}
	return s
}

// routeOf gives the one route that a measure is read on, and how it was chosen.
func routeOf(ctx context.Context, src Source, on On) (route *duty.Route, how string, err error) {
	routes, err := routesOf(ctx, src, on)
	if err != nil {
		return nil, "", err
	}
	switch {
	case on.Route != 0:
		how = "on the route asked for"
	case len(routes) == 1:
		how = "on the river's one route"
	default:
		how = fmt.Sprintf("on the longest of the river's %d routes (%s)", len(routes), listed(routes))
	}
	return &routes[0], how, nil
}

// place takes a measure to the route, a rounded label past an end to that end, and adds to how where it did.
func place(route *duty.Route, m Measure, how *string) (at float64, moved bool, err error) {
	at, moved = lref.Clamp(route.Geom, m.M)
	if moved {
		*how += fmt.Sprintf("; %s lies %.2f m past the end of the route and was taken to it", m.Name, max(at-m.M, m.M-at))
	}
	if _, _, err := lref.Locate(route.Geom, at); err != nil {
		return 0, false, named(err, m.Name)
	}
	return at, moved, nil
}

// named names the field that an invalid answer is about.
func named(err error, field string) error {
	if geo.CodeOf(err) != geo.CodeInvalid {
		return err
	}
	return geo.InvalidField(field, "%v", err)
}

// ReachHere is a reach that has a place, with its division.
type ReachHere struct {
	duty.Reach
	FromLabel string         `json:"from_label"`
	ToLabel   string         `json:"to_label"`
	Division  *duty.Division `json:"division"`
}

// reachesAt gives the reaches of routes at a measure of each, by level.
func reachesAt(ctx context.Context, src Source, at duty.Moment, routes []RouteTold, measures []float64) ([][]ReachHere, error) {
	ids := make([]int64, len(routes))
	for i, r := range routes {
		ids[i] = r.ID
	}
	reaches, err := src.ReachesOf(ctx, at, ids)
	if err != nil {
		return nil, fmt.Errorf("read reaches: %w", err)
	}
	out := make([][]ReachHere, len(routes))
	var in []int64
	for i, r := range routes {
		out[i] = []ReachHere{}
		for _, reach := range reaches {
			if reach.RouteID == r.ID && reach.Has(measures[i], duty.Range{FromM: float64(r.FromM), ToM: float64(r.ToM)}) {
				out[i] = append(out[i], ReachHere{Reach: reach, FromLabel: lref.Label(reach.FromM), ToLabel: lref.Label(reach.ToM)})
				in = append(in, reach.DivisionID)
			}
		}
	}
	divisions, err := src.DivisionsUp(ctx, at, in)
	if err != nil {
		return nil, fmt.Errorf("read divisions: %w", err)
	}
	for i := range out {
		for k := range out[i] {
			if d := slices.IndexFunc(divisions, func(d duty.Division) bool { return d.ID == out[i][k].DivisionID }); d >= 0 {
				out[i][k].Division = &divisions[d]
			}
		}
	}
	return out, nil
}
