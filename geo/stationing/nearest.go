package stationing

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"

	"hetu/geo"
	"hetu/geo/duty"
	"hetu/geo/lref"
	"hetu/geo/network"
)

// Kind is a kind of things that stand along rivers, by the name of its collection.
type Kind string

// The kinds.
const (
	Boards   Kind = "notice-boards"       // 公示牌
	Outfalls Kind = "outfalls"            // 入河排污口
	Sections Kind = "monitoring-sections" // 水质断面
	Stakes   Kind = "stakes"              // 界桩, of announced boundaries
)

// Thing is a row of a kind. RouteIDs are the routes that it may stand on: its own, those of its reaches, those of its river.
type Thing struct {
	ID       int64
	Code     *string
	Name     *string
	Bank     *geo.Bank
	RiverID  *int64
	River    *string
	RiverEn  *string
	RiverNo  *string  // its code
	RouteIDs []int64  //nolint:revive // the column's name
	MeasureM *float64 // on the one route of RouteIDs; nil: it is seen from its position
	Lon, Lat float64
	Exact    bool // of a stake: who asks works where it stands, and is told exactly
}

// How nearness is told.
const (
	ByAir   = "air"   // the straight distance
	ByWater = "water" // the way along the network, up or down
)

// NearestQuestion asks for what is nearest to a position.
type NearestQuestion struct {
	At       duty.Moment
	Lon, Lat float64
	Kind     Kind
	By       string
	Limit    int
	WithinM  float64
	// StakeGridM is the grid whose nodes stakes are told by that are not [Thing.Exact], in metres; 0: all by their places, with their names. What
	// stands at a node is all that is looked at, so that no question tells more than the grid does.
	StakeGridM float64
}

// Nearest is what is nearest, nearest first.
type Nearest struct {
	Lon           float64        `json:"lon"`
	Lat           float64        `json:"lat"`
	Kind          Kind           `json:"kind"`
	By            string         `json:"by"`
	WithinM       float64        `json:"within_m"`
	Hydrolocation *Hydrolocation `json:"hydrolocation"` // where the ways along the water begin; null: no water of the network is near
	Tie           bool           `json:"tie"`           // other water is as near, which the ways do not begin at
	Truncated     bool           `json:"truncated"`     // the network within reach is too large to be walked to its end
	PrecisionM    *Metres        `json:"precision_m"`   // the grid whose nodes places are told by that have no name; null: all are exact
	Count         int            `json:"count"`
	Things        []NearThing    `json:"things"`
	How           string         `json:"-"`
	Version       int64          `json:"-"`
}

// NearThing is a thing with its distances from the position.
type NearThing struct {
	Kind     Kind       `json:"kind"`
	ID       int64      `json:"id"`
	Code     *string    `json:"code"`
	Name     *string    `json:"name"`
	River    *duty.Name `json:"river"`
	RouteID  *int64     `json:"route_id"`
	MeasureM *Metres    `json:"measure_m"`
	Label    *string    `json:"label"`
	Bank     *geo.Bank  `json:"bank"`
	Point    geo.LonLat `json:"point"`
	AirM     Metres     `json:"air_m"`   // straight, on the ellipsoid
	WaterM   *Metres    `json:"water_m"` // along the network from the hydrolocation; null: not up or down from it within reach
	Way      *string    `json:"way"`     // up, down, here
}

const (
	// startWithinM is how far off the water may lie that ways begin at, as far as Q1 looks for a river.
	startWithinM = duty.DefaultRadiusM
	// maxEdges bounds one walk of the network.
	maxEdges = 20_000
	// firstLookM is how far is looked first; four times as far each time that too little is found.
	firstLookM = 2000.0
)

// FindNearest answers Q13. A thing upstream or downstream of the position has a distance along the water, the shortest way; one on
// another branch has none, for nothing flows between them.
func FindNearest(ctx context.Context, src Source, g *network.Graph, q NearestQuestion) (Nearest, error) {
	f := finder{src: src, g: g, q: q, routes: map[int64]*duty.Route{}}
	f.out = Nearest{Lon: q.Lon, Lat: q.Lat, Kind: q.Kind, By: q.By, WithinM: q.WithinM, Things: []NearThing{}}
	if f.gridM() > 0 {
		f.out.PrecisionM = new(Metres(f.gridM()))
	}
	if err := f.begin(ctx); err != nil {
		return Nearest{}, err
	}
	found, err := f.look(ctx)
	if err != nil {
		return Nearest{}, err
	}
	if q.By == ByAir {
		if err := f.walk(q.WithinM); err != nil {
			return Nearest{}, err
		}
		if err := f.measureWays(ctx, found); err != nil {
			return Nearest{}, err
		}
	}
	for _, t := range found {
		f.out.Things = append(f.out.Things, t.NearThing)
	}
	f.out.Count = len(found)
	f.out.Version, err = src.Version(ctx)
	return f.out, err
}

// finder carries one question.
type finder struct {
	src    Source
	g      *network.Graph
	q      NearestQuestion
	out    Nearest
	start  *network.Place
	steps  map[int64][]step      // what was walked of each route
	routes map[int64]*duty.Route // that things are seen from
}

// gridM is the grid that things are told by that are not exact; 0: all are told as they are.
func (f *finder) gridM() float64 {
	if f.q.Kind != Stakes {
		return 0
	}
	return f.q.StakeGridM
}

// step is a part of a walk, up or down.
type step struct {
	network.Part
	way string
}

// found is a thing as it is told, and what of it is not.
type found struct {
	NearThing
	routes []int64
}

// begin finds where the ways along the water begin: the nearest water that is part of the network.
func (f *finder) begin(ctx context.Context) error {
	at := PositionQuestion{At: f.q.At, Lon: f.q.Lon, Lat: f.q.Lat, MaxM: startWithinM}
	h, err := Hydrolocate(ctx, f.src, at)
	if err != nil && (f.q.By == ByWater || geo.CodeOf(err) != geo.CodeNotFound) {
		return f.noWater(err)
	}
	f.out.How = "by straight distance"
	if f.q.By == ByWater {
		f.out.How = "along the network up and down from the hydrolocation"
	}
	var off error
	for i := range h.Found {
		p, err := f.g.OnRoute(h.Found[i].Route.ID, float64(h.Found[i].MeasureM))
		if err != nil {
			off = err
			continue
		}
		f.start, f.out.Hydrolocation, f.out.Tie = &p, &h.Found[i], h.Tie
		return nil
	}
	if f.q.By == ByWater {
		return f.noWater(geo.Wrapf(off, geo.CodeNotFound, "the water here is not part of the network, so nothing is found along it"))
	}
	f.out.How += fmt.Sprintf("; no water of the network is within %g m", startWithinM)
	return nil
}

// noWater tells that there is no water to go along as the fault of the position: how far it is looked for cannot be chosen here.
func (f *finder) noWater(err error) error {
	e, ok := errors.AsType[*geo.Error](err)
	if !ok || e.Code != geo.CodeNotFound {
		return err
	}
	return &geo.Error{
		Code: e.Code, Msg: e.Msg + "; ask with by=air, or about a position on a river",
		Fields: []geo.Field{{Name: "lon", Detail: e.Msg}, {Name: "lat", Detail: e.Msg}},
	}
}

// look looks farther and farther until enough is found.
func (f *finder) look(ctx context.Context) ([]found, error) {
	for far := min(firstLookM, f.q.WithinM); ; far = min(4*far, f.q.WithinM) {
		things, err := f.within(ctx, far)
		if err != nil {
			return nil, err
		}
		if len(things) >= f.q.Limit || far >= f.q.WithinM {
			return things[:min(len(things), f.q.Limit)], nil
		}
	}
}

// within gives what is not farther off than a distance, nearest first.
func (f *finder) within(ctx context.Context, far float64) ([]found, error) {
	byWater := f.q.By == ByWater
	box, walked := duty.Box(f.q.Lon, f.q.Lat, far+f.gridM()), []int64(nil) // a node may be nearer than what stands at it
	if byWater {
		if err := f.walk(far); err != nil {
			return nil, err
		}
		// A way along the water is no shorter than the straight one between its ends, which lie in the river, and not farther than it is
		// wide from who asks and from what is found.
		box, walked = duty.Box(f.q.Lon, f.q.Lat, far+startWithinM+duty.WidestM+f.gridM()), slices.AppendSeq([]int64{}, maps.Keys(f.steps)) // never nil, which is any
	}
	rows, err := f.src.ThingsIn(ctx, f.q.At, f.q.Kind, box, walked)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", f.q.Kind, err)
	}
	var out []found
	for i := range rows {
		if t := f.thing(&rows[i]); byWater || float64(t.AirM) <= far {
			out = append(out, t)
		}
	}
	if byWater {
		if err := f.measureWays(ctx, out); err != nil {
			return nil, err
		}
		out = slices.DeleteFunc(out, func(t found) bool { return t.WaterM == nil })
	}
	slices.SortFunc(out, func(a, b found) int {
		first := 0
		if byWater {
			first = cmp.Compare(*a.WaterM, *b.WaterM)
		}
		return cmp.Or(first, cmp.Compare(a.AirM, b.AirM), cmp.Compare(a.ID, b.ID))
	})
	return out, nil
}

func (f *finder) thing(r *Thing) found {
	if m := f.gridM(); m > 0 && !r.Exact {
		at := geo.LonLat{r.Lon, r.Lat}.Snapped(m)
		// A stake's number and measure tell its place as well as its position does.
		r.Lon, r.Lat, r.Code, r.Name, r.MeasureM = at[0], at[1], nil, nil, nil
	}
	t := NearThing{
		Kind: f.q.Kind, ID: r.ID, Code: r.Code, Name: r.Name, Bank: r.Bank, Point: geo.LonLat{r.Lon, r.Lat}, AirM: Metres(lref.Distance(f.q.Lon, f.q.Lat, r.Lon, r.Lat)),
	}
	if r.RiverID != nil && r.River != nil {
		t.River = &duty.Name{ID: *r.RiverID, Name: *r.River, NameEn: r.RiverEn, Code: r.RiverNo}
	}
	if r.MeasureM != nil && len(r.RouteIDs) == 1 {
		t.stand(r.RouteIDs[0], *r.MeasureM)
	}
	return found{t, r.RouteIDs}
}

func (t *NearThing) stand(route int64, m float64) {
	label, at := lref.Label(m), Metres(m)
	t.RouteID, t.MeasureM, t.Label = &route, &at, &label
}

// walk walks the network up and down.
func (f *finder) walk(far float64) error {
	f.steps, f.out.Truncated = map[int64][]step{}, false
	if f.start == nil {
		return nil
	}
	for mode, way := range map[network.Mode]string{network.UpAll: "up", network.DownAll: "down"} {
		t, err := f.g.Trace(*f.start, mode, network.Limits{DistanceM: far, Edges: maxEdges})
		if err != nil {
			return fmt.Errorf("walk the network: %w", err)
		}
		for p := range t.All() {
			f.steps[p.Route] = append(f.steps[p.Route], step{p, way})
		}
		f.out.Truncated = f.out.Truncated || t.Sum().Truncated
	}
	return nil
}

// measureWays gives each thing its place on a route, and its way along the water where it lies on one.
func (f *finder) measureWays(ctx context.Context, things []found) error {
	if err := f.see(ctx, things); err != nil {
		return err
	}
	for i := range things {
		t := &things[i]
		if t.RouteID == nil {
			continue
		}
		for _, s := range f.steps[*t.RouteID] {
			along, ok := s.DistanceAt(float64(*t.MeasureM))
			if !ok {
				continue
			}
			d := Metres(along)
			if way := wayOf(d, s.way); t.WaterM == nil || d < *t.WaterM || d == *t.WaterM && way < *t.Way {
				t.WaterM, t.Way = &d, &way
			}
		}
	}
	return nil
}

func wayOf(d Metres, way string) string {
	if d <= storedM {
		return "here"
	}
	return way
}

// see gives the things that have no stored measure the nearest place of the routes that they may stand on.
func (f *finder) see(ctx context.Context, things []found) error {
	var want []int64
	for _, t := range things {
		if t.RouteID != nil {
			continue
		}
		for _, id := range t.routes {
			if _, ok := f.routes[id]; !ok {
				want = append(want, id)
			}
		}
	}
	if len(want) > 0 {
		slices.Sort(want)
		routes, err := f.src.RoutesOf(ctx, f.q.At, slices.Compact(want), nil)
		if err != nil {
			return fmt.Errorf("read the routes of %s: %w", f.q.Kind, err)
		}
		for i := range routes {
			f.routes[routes[i].ID] = &routes[i]
		}
	}
	for i := range things {
		t := &things[i]
		if t.RouteID != nil {
			continue
		}
		nearest := math.Inf(1)
		for _, id := range t.routes {
			r, ok := f.routes[id]
			if !ok {
				continue
			}
			if hit := lref.Project(r.Geom, t.Point[0], t.Point[1]); hit.DistanceM < nearest {
				nearest = hit.DistanceM
				t.stand(id, hit.MeasureM)
				if t.River = nil; r.River.ID != 0 {
					t.River = &duty.Name{ID: r.River.ID, Name: r.River.Name, NameEn: r.River.NameEn, Code: r.River.Code}
				}
			}
		}
	}
	return nil
}
