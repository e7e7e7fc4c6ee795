package overlay

import (
	"cmp"
	"context"
	"math"
	"slices"

	"github.com/twpayne/go-geom"

	"hetu/geo"
	"hetu/geo/duty"
	"hetu/geo/lref"
)

const (
	// faceWithin is how far around a footprint, in metres, the lines and zones of a river are looked at.
	faceWithin = 1000
	// zoneWithin is how far a shoreline may lie off its zone or division and still be of it, in metres: lines drawn apart do not
	// meet to the centimetre.
	zoneWithin = 5
)

// Occupation is a stretch of one bank that a project occupies (占用岸线), of one zone type and one division.
type Occupation struct {
	River    *duty.Name `json:"river"`
	Bank     geo.Bank   `json:"bank"`      // told by the flow
	Line     string     `json:"line"`      // what was measured: bank_line, boundary, or centre_line where there is neither
	LineID   int64      `json:"line_id"`   // of the centre line its route's
	ZoneType *string    `json:"zone_type"` // null: no zone
	Zone     *string    `json:"zone"`      // L001, R001 …
	Division *duty.Name `json:"division"`
	LengthM  float64    `json:"length_m"`
	// inside where the line runs through the footprint; facing where the footprint lies beside it, and its extent along the river counts.
	How        string     `json:"how"`
	Start      [2]float64 `json:"start"` // the upstream end, lon and lat
	End        [2]float64 `json:"end"`
	StartM     float64    `json:"start_m"`
	EndM       float64    `json:"end_m"`
	StartLabel string     `json:"start_label"`
	EndLabel   string     `json:"end_label"`
	Geometry   *Geometry  `json:"geometry,omitempty"`
}

// OccupiedSum is what is occupied of one bank of one river, in all, of one type of zone or in one division. Banks are never added up.
type OccupiedSum struct {
	River    *duty.Name `json:"river"`
	Bank     geo.Bank   `json:"bank"`
	By       string     `json:"by"` // all, zone_type or division
	ZoneType *string    `json:"zone_type"`
	Division *duty.Name `json:"division"`
	LengthM  float64    `json:"length_m"`
}

// Occupied is the answer to Q12.
type Occupied struct {
	Polygon   Figure        `json:"polygon"`
	Sums      []OccupiedSum `json:"sums"`
	Stretches []Occupation  `json:"stretches"`
}

// shore is what is known of one bank of one river near a footprint.
type shore struct {
	river     *duty.Name
	bank      geo.Bank
	route     duty.Route
	lines     []Feature // of one kind
	zones     []Feature
	divisions []Feature
	parts     []*Shape // of the footprint, in areas and zones of this bank
}

// Occupy answers how many metres of each bank a footprint occupies (Q12).
func Occupy(ctx context.Context, src Source, q Question, level geo.Level) (Occupied, error) {
	out := Occupied{Polygon: figureOf(q.Polygon), Sums: []OccupiedSum{}, Stretches: []Occupation{}}
	met, err := src.Features(ctx, Find{At: q.At, Kinds: []string{Area, Zone, Boundary, BankLine}, Polygon: q.Polygon.Geom, Cut: true, Drafts: q.Drafts})
	if err != nil {
		return out, err
	}
	around := boxPolygon(around(q.Polygon.box, faceWithin))
	near, err := src.Features(ctx, Find{At: q.At, Kinds: []string{Zone, Boundary, BankLine}, Polygon: around, Drafts: q.Drafts})
	if err != nil {
		return out, err
	}
	divisions, err := src.Features(ctx, Find{At: q.At, Kinds: []string{Division}, Polygon: around, Level: level})
	if err != nil {
		return out, err
	}
	rivers := riversOf(met)
	slices.Sort(rivers)
	routes, err := src.Routes(ctx, q.At, nil, rivers)
	if err != nil {
		return out, err
	}
	for _, river := range rivers {
		for _, bank := range []geo.Bank{geo.Left, geo.Right} {
			if err := ctx.Err(); err != nil {
				return out, err
			}
			if s := shoreOf(river, bank, q, met, near, routes); s != nil {
				s.divisions = divisions
				out.Stretches = append(out.Stretches, s.occupied(q)...)
			}
		}
	}
	out.sum()
	return out, nil
}

// shoreOf gathers what is known of a bank; nil where the river has no centre line, so that there is no bank to tell.
func shoreOf(river int64, bank geo.Bank, q Question, met, near []Feature, routes []duty.Route) *shore {
	route := routeOf(routes, river, q.Polygon)
	i := slices.IndexFunc(routes, func(r duty.Route) bool { return r.Geom == route })
	if route == nil || i < 0 {
		return nil
	}
	s := &shore{bank: bank, route: routes[i]}
	for _, f := range met {
		if f.River == nil || f.River.ID != river {
			continue
		}
		s.river = f.River
		if f.Part != nil && (f.Kind == Area || f.Bank != nil && *f.Bank == bank) {
			s.parts = append(s.parts, NewShape(f.Part))
		}
	}
	lines := map[string][]Feature{}
	for _, f := range near {
		if f.River == nil || f.River.ID != river || f.Bank == nil {
			continue
		}
		if f.Kind == Zone {
			if *f.Bank == bank {
				s.zones = append(s.zones, f)
			}
		} else if s.bankOf(f) == bank {
			lines[f.Kind] = append(lines[f.Kind], f)
		}
	}
	s.lines = lines[BankLine]
	if len(s.lines) == 0 {
		s.lines = lines[Boundary]
	}
	return s
}

// bankOf tells by the flow on which bank a line lies: where most of its vertices do. What is stored decides where they tell nothing.
func (s *shore) bankOf(f Feature) geo.Bank {
	left, right := 0, 0
	flat, stride := f.Geom.FlatCoords(), f.Geom.Stride()
	every := max(1, len(flat)/stride/100)
	for i := 0; i+1 < len(flat); i += stride * every {
		switch lref.Project(s.route.Geom, flat[i], flat[i+1]).Bank {
		case geo.Left:
			left++
		case geo.Right:
			right++
		}
	}
	switch {
	case left > right:
		return geo.Left
	case right > left:
		return geo.Right
	}
	return *f.Bank
}

// occupied gives the stretches of the bank that the footprint occupies: where a line runs through it, those; else what of the line
// faces the part of the footprint that lies on this bank.
func (s *shore) occupied(q Question) []Occupation {
	var out []Occupation
	for _, f := range s.lines {
		line, ok := f.Geom.(*geom.LineString)
		if !ok {
			continue
		}
		stretches, _ := q.Polygon.Inside(line)
		for _, part := range stretches {
			out = append(out, s.divide(part.Flat, f.Kind, f.ID, "inside", q.Geometry)...)
		}
	}
	if len(out) > 0 {
		return out
	}
	from, to, ok := s.extent()
	if !ok {
		return nil
	}
	for _, f := range s.lines {
		line, ok := f.Geom.(*geom.LineString)
		if !ok {
			continue
		}
		if part, err := lref.BankBetween(s.route.Geom, line, from, to); err == nil {
			out = append(out, s.divide(part.FlatCoords(), f.Kind, f.ID, "facing", q.Geometry)...)
		}
	}
	if len(out) > 0 || len(s.lines) > 0 {
		return out
	}
	if part, err := lref.Substring(s.route.Geom, from, to); err == nil {
		out = s.divide(part.FlatCoords(), "centre_line", s.route.ID, "facing", q.Geometry)
	}
	return out
}

// extent gives the measures between which the footprint lies on this bank.
func (s *shore) extent() (from, to float64, ok bool) {
	from, to = math.Inf(1), math.Inf(-1)
	for _, p := range s.parts {
		for _, ring := range p.rings() {
			for i := 0; i+1 < len(ring); i += 2 {
				if hit := lref.Project(s.route.Geom, ring[i], ring[i+1]); hit.Bank == s.bank && !hit.Beyond {
					from, to = min(from, hit.MeasureM), max(to, hit.MeasureM)
				}
			}
		}
	}
	return from, to, to-from > 0.01
}

// divide cuts a stretch by zone and by division.
func (s *shore) divide(flat []float64, kind string, id int64, how string, geometry bool) []Occupation {
	var out []Occupation
	zones, divisions := shapesOf(s.zones), shapesOf(s.divisions)
	for _, z := range Partition(flat, 2, zones, zoneWithin) {
		for _, d := range Partition(z.Flat, 2, divisions, zoneWithin) {
			o := Occupation{River: s.river, Bank: s.bank, Line: kind, LineID: id, LengthM: d.LengthM(), How: how}
			if z.Of >= 0 {
				o.ZoneType, o.Zone = s.zones[z.Of].Type, s.zones[z.Of].Name
			}
			if d.Of >= 0 {
				o.Division = s.divisions[d.Of].Division
			}
			o.place(s.route.Geom, d.Flat)
			if geometry {
				o.Geometry = &Geometry{geom.NewLineStringFlat(geom.XY, d.Flat)}
			}
			out = append(out, o)
		}
	}
	return out
}

// place tells where a stretch begins and ends, upstream first.
func (o *Occupation) place(route *geom.LineString, flat []float64) {
	n := len(flat)
	start, end := lref.Project(route, flat[0], flat[1]), lref.Project(route, flat[n-2], flat[n-1])
	a, b := [2]float64{flat[0], flat[1]}, [2]float64{flat[n-2], flat[n-1]}
	r := route.FlatCoords()
	if falling := r[2] > r[len(r)-1]; falling == (start.MeasureM < end.MeasureM) {
		start, end, a, b = end, start, b, a
	}
	o.Start, o.End = degrees(a), degrees(b)
	o.StartM, o.EndM = cents(start.MeasureM), cents(end.MeasureM)
	o.StartLabel, o.EndLabel = lref.Label(start.MeasureM), lref.Label(end.MeasureM)
}

func degrees(p [2]float64) [2]float64 {
	return [2]float64{math.Round(p[0]*1e7) / 1e7, math.Round(p[1]*1e7) / 1e7}
}

func shapesOf(features []Feature) []*Shape {
	out := make([]*Shape, len(features))
	for i, f := range features {
		out[i] = NewShape(f.Geom)
	}
	return out
}

// sum adds the stretches up, and rounds them last, so that parts sum to the whole.
func (o *Occupied) sum() {
	add := func(x Occupation, by string, zone *string, division *duty.Name) {
		i := slices.IndexFunc(o.Sums, func(s OccupiedSum) bool {
			return idOf(s.River) == idOf(x.River) && s.Bank == x.Bank && s.By == by && same(s.ZoneType, zone) && idOf(s.Division) == idOf(division)
		})
		if i < 0 {
			i, o.Sums = len(o.Sums), append(o.Sums, OccupiedSum{River: x.River, Bank: x.Bank, By: by, ZoneType: zone, Division: division})
		}
		o.Sums[i].LengthM += x.LengthM
	}
	for _, x := range o.Stretches {
		add(x, "all", nil, nil)
		add(x, "zone_type", x.ZoneType, nil)
		add(x, "division", nil, x.Division)
	}
	slices.SortStableFunc(o.Sums, func(a, b OccupiedSum) int {
		return cmp.Or(cmp.Compare(idOf(a.River), idOf(b.River)), cmp.Compare(a.Bank, b.Bank), cmp.Compare(a.By, b.By))
	})
	for i := range o.Sums {
		o.Sums[i].LengthM = cents(o.Sums[i].LengthM)
	}
	for i := range o.Stretches {
		o.Stretches[i].LengthM = cents(o.Stretches[i].LengthM)
	}
}

func same(a, b *string) bool {
	if a == nil || b == nil {
		return a == b
	}
	return *a == *b
}

func idOf(n *duty.Name) int64 {
	if n == nil {
		return 0
	}
	return n.ID
}
