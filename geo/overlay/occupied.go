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
	// pointM is the length up to which what is faced is a point.
	pointM = 0.01
	// faceEvery is how far apart, in metres, the edge of a footprint is looked at from the river, and mostLooks how often at most.
	faceEvery = 5.0
	mostLooks = 5000
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
	Start      geo.LonLat `json:"start"` // the upstream end, lon and lat
	End        geo.LonLat `json:"end"`
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
	pieces    [][]*Shape // of each part of the footprint, in areas and zones of this bank
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
	parts := q.Polygon.Parts()
	for _, river := range rivers {
		for _, bank := range []geo.Bank{geo.Left, geo.Right} {
			s := shoreOf(river, bank, q, parts, met, near, routes)
			if s == nil {
				continue
			}
			s.divisions = divisions
			stretches, err := s.occupied(ctx, q, parts)
			if err != nil {
				return out, err
			}
			out.Stretches = append(out.Stretches, stretches...)
		}
	}
	out.sum()
	return out, nil
}

// shoreOf gathers what is known of a bank; nil where the river has no centre line, so that there is no bank to tell.
func shoreOf(river int64, bank geo.Bank, q Question, parts []*Shape, met, near []Feature, routes []duty.Route) *shore {
	route := routeOf(routes, river, q.Polygon)
	i := slices.IndexFunc(routes, func(r duty.Route) bool { return r.Geom == route })
	if route == nil || i < 0 {
		return nil
	}
	s := &shore{bank: bank, route: routes[i], pieces: make([][]*Shape, len(parts))}
	for _, f := range met {
		if f.River == nil || f.River.ID != river {
			continue
		}
		s.river = f.River
		if f.Part != nil && (f.Kind == Area || f.Bank != nil && *f.Bank == bank) {
			for _, piece := range NewShape(f.Part).Parts() {
				of := partOf(piece, parts)
				s.pieces[of] = append(s.pieces[of], piece)
			}
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

// partOf tells of which part of a footprint a piece is: the one that the most of its vertices lie in, for parts may meet at a vertex.
func partOf(piece *Shape, parts []*Shape) int {
	votes, most := make([]int, len(parts)), 0
	flat := piece.Geom.FlatCoords()
	for i := 0; i+1 < len(flat) && len(parts) > 1; i += 2 {
		if of := placeOf(flat[i], flat[i+1], parts, zoneWithin); of >= 0 {
			votes[of]++
			if votes[of] > votes[most] {
				most = of
			}
		}
	}
	return most
}

// occupied gives the stretches of the bank that the footprint occupies, part by part: where a line runs through a part, those; else what
// of the line faces what of the part lies on this bank. What several parts face, or one faces and another takes, counts once.
func (s *shore) occupied(ctx context.Context, q Question, parts []*Shape) ([]Occupation, error) {
	var out []Occupation
	passed := make([]bool, len(parts))
	for _, f := range s.lines {
		line, ok := f.Geom.(*geom.LineString)
		if !ok {
			continue
		}
		for i, part := range parts {
			stretches, _ := part.Inside(line)
			for _, stretch := range stretches {
				passed[i] = true
				out = append(out, s.divide(stretch.Flat, f.Kind, f.ID, "inside", q.Geometry)...)
			}
		}
	}
	faced, err := s.faced(ctx, q, passed)
	if err != nil || len(faced) == 0 {
		return out, err
	}
	for _, f := range s.lines {
		line, ok := f.Geom.(*geom.LineString)
		if !ok {
			continue
		}
		beside, err := lref.Face(geo.Patient{}, s.route.Geom, line)
		if err != nil {
			continue // a line without length faces nothing
		}
		for _, r := range faced {
			part, err := beside.Between(r.FromM, r.ToM)
			if err != nil {
				continue // the line does not run beside this range
			}
			for _, rest := range Partition(part.FlatCoords(), 2, []*Shape{q.Polygon}, 0) {
				if rest.Of < 0 {
					out = append(out, s.divide(rest.Flat, f.Kind, f.ID, "facing", q.Geometry)...)
				}
			}
		}
	}
	if len(s.lines) > 0 {
		return out, nil
	}
	for _, r := range faced {
		if part, err := lref.Substring(s.route.Geom, r.FromM, r.ToM); err == nil { // on the route there is no error
			out = append(out, s.divide(part.FlatCoords(), "centre_line", s.route.ID, "facing", q.Geometry)...)
		}
	}
	return out, nil
}

// faced gives the ranges of the route that lie opposite those parts of the footprint on this bank through which no line passes.
func (s *shore) faced(ctx context.Context, q Question, passed []bool) (duty.Ranges, error) {
	river := riverAcross(s.route.Geom, q.Polygon.box)
	if river == nil {
		return nil, nil
	}
	perimeter := 0.0
	for _, ring := range q.Polygon.rings() {
		perimeter += lref.Length(geom.NewLineStringFlat(geom.XY, ring))
	}
	step := max(faceEvery, perimeter/mostLooks)
	var out []duty.Range
	for i, pieces := range s.pieces {
		if passed[i] {
			continue
		}
		for _, piece := range pieces {
			for _, ring := range piece.rings() {
				if err := ctx.Err(); err != nil {
					return nil, err
				}
				out = append(out, s.along(river, ring, step)...)
			}
		}
	}
	return duty.Union(out...).Over(pointM), nil
}

// along gives the ranges of the route that the edge of a footprint runs along on this bank, as they are nearest to it. Where the
// nearest place of the route goes from one arm of a bend to the other the range goes on round the bend, but not round a loop: the water
// goes round a place that lies d off both arms within four times d, by a square corner on either side, or it goes away from it.
func (s *shore) along(river *across, ring []float64, step float64) []duty.Range {
	var out []duty.Range
	var last lref.Hit
	follows := false
	wanted := map[geo.Bank]int{geo.Left: 0, geo.Right: 1}[s.bank]
	for _, side := range sides(ring, river.shapes, river.line) {
		if side.Of != wanted {
			follows = false
			continue
		}
		from, to := side.Flat[:2], side.Flat[2:]
		n := max(1, math.Ceil(lref.Distance(from[0], from[1], to[0], to[1])/step))
		for k := 0.0; k <= n; k++ {
			here := at(from[0], from[1], to[0], to[1], k/n)
			hit := lref.Project(s.route.Geom, here[0], here[1])
			if follows = follows && math.Abs(hit.MeasureM-last.MeasureM) <= 4*(step+max(hit.DistanceM, last.DistanceM)); !follows {
				out = append(out, duty.Range{FromM: hit.MeasureM, ToM: hit.MeasureM})
			}
			r := &out[len(out)-1]
			r.FromM, r.ToM = min(r.FromM, hit.MeasureM), max(r.ToM, hit.MeasureM)
			last, follows = hit, true
		}
	}
	return out
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
	a, b := geo.LonLat{flat[0], flat[1]}, geo.LonLat{flat[n-2], flat[n-1]}
	r := route.FlatCoords()
	if falling := r[2] > r[len(r)-1]; falling == (start.MeasureM < end.MeasureM) {
		start, end, a, b = end, start, b, a
	}
	o.Start, o.End = a, b
	o.StartM, o.EndM = cents(start.MeasureM), cents(end.MeasureM)
	o.StartLabel, o.EndLabel = lref.Label(start.MeasureM), lref.Label(end.MeasureM)
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
