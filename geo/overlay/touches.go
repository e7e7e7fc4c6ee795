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

// Question is what is asked of a polygon.
type Question struct {
	At       duty.Moment
	Polygon  *Shape
	TinyM2   float64 // an overlap of less is told apart
	Geometry bool    // with the overlaps
	Drafts   bool    // also what is not announced yet
	// StakeGridM is the grid whose nodes stakes are told by that are not [Feature.Exact], in metres; 0: all by their places, with their names.
	StakeGridM float64
}

// Touched is what a polygon has to do with one feature.
type Touched struct {
	Feature
	OverlapM2 *float64   `json:"overlap_m2"`
	OverlapMu *float64   `json:"overlap_mu"`
	OfPolygon *geo.Share `json:"of_polygon"` // the overlap's share of the polygon, m²
	OfItem    *geo.Share `json:"of_item"`    // and of the feature
	ByBank    *ByBank    `json:"by_bank"`    // of the overlap; null where there is no centre line to tell by
	LengthM   *float64   `json:"length_m"`   // of a line, inside
	Geometry  *Geometry  `json:"geometry,omitempty"`
}

// ZoneSum 岸线功能区 sums overlaps of one type and bank.
type ZoneSum struct {
	Type      string     `json:"type"`
	Bank      geo.Bank   `json:"bank"`
	M2        float64    `json:"m2"`
	OfPolygon *geo.Share `json:"of_polygon"`
}

// Shore is how many metres of a river's lines of one bank lie inside.
type Shore struct {
	River   *duty.Name `json:"river"`
	Line    string     `json:"line"` // boundary or bank_line
	Bank    geo.Bank   `json:"bank"`
	LengthM float64    `json:"length_m"`
}

// Figure is what was asked about.
type Figure struct {
	AreaM2   float64 `json:"area_m2"`
	AreaMu   float64 `json:"area_mu"`
	Vertices int     `json:"vertices"`
}

// Touches is the answer to Q2.
type Touches struct {
	Polygon Figure `json:"polygon"`
	// What of the polygon lies in management areas, each place counted once.
	InManagementArea geo.Share `json:"in_management_area"`
	StakeGridM       *float64  `json:"stake_precision_m"` // the grid whose nodes stakes are told by that have no name; null: all are told exactly
	Shoreline        []Shore   `json:"shoreline"`
	ZoneTotals       []ZoneSum `json:"zone_totals"`
	Areas            []Touched `json:"areas"`
	Protections      []Touched `json:"protections"`
	Zones            []Touched `json:"zones"`
	Boundaries       []Touched `json:"boundaries"`
	Stakes           []Touched `json:"stakes"`
	Boards           []Touched `json:"boards"`
	Outfalls         []Touched `json:"outfalls"`
	Sections         []Touched `json:"sections"`
	Plans            []Plan    `json:"plans"` // of the rivers that are touched
	PlanItems        []Touched `json:"plan_items"`
	Problems         []Touched `json:"problems"`
	Land             []Touched `json:"land"`
	Tiny             []Touched `json:"tiny"` // overlaps too small to be meant
}

// touchedKinds are those that Q2 looks for.
func touchedKinds() []string {
	return []string{Area, Protection, Zone, Boundary, BankLine, Stake, Board, Outfall, Section, PlanItem, Problem, Land}
}

// Touch answers what a polygon touches (Q2).
func Touch(ctx context.Context, src Source, q Question) (Touches, error) {
	out := Touches{Polygon: figureOf(q.Polygon), Plans: []Plan{}}
	features, err := touched(ctx, src, q)
	if err != nil {
		return out, err
	}
	if q.StakeGridM > 0 {
		out.StakeGridM = &q.StakeGridM
	}
	routes, err := src.Routes(ctx, q.At, nil, riversOf(features))
	if err != nil {
		return out, err
	}
	lists := map[string][]Touched{}
	for _, f := range features {
		if err := ctx.Err(); err != nil {
			return out, err
		}
		t, ok := touch(f, q, routes)
		if ok {
			kind := f.Kind
			if t.OverlapM2 != nil && *t.OverlapM2 < q.TinyM2 {
				kind = "tiny"
			}
			lists[kind] = append(lists[kind], t)
		}
	}
	out.sort(lists)
	out.Shoreline, out.ZoneTotals = shoreline(lists), zoneTotals(lists[Zone], q.Polygon)
	if out.InManagementArea, err = inArea(ctx, src, q, lists[Area]); err != nil {
		return out, err
	}
	if rivers := touchedRivers(lists); len(rivers) > 0 {
		out.Plans, err = src.Plans(ctx, q.At, rivers, q.Drafts)
	}
	return out, err
}

// touched gives what may touch the polygon, and the stakes as they are told: one by its node is looked for as far around as it may have
// gone, for what is left out because of its place would tell of that.
func touched(ctx context.Context, src Source, q Question) ([]Feature, error) {
	find := Find{At: q.At, Kinds: touchedKinds(), Polygon: q.Polygon.Geom, Cut: true, Drafts: q.Drafts}
	if !(q.StakeGridM > 0) {
		return src.Features(ctx, find)
	}
	find.Kinds = slices.DeleteFunc(find.Kinds, func(kind string) bool { return kind == Stake })
	features, err := src.Features(ctx, find)
	if err != nil {
		return nil, err
	}
	box := boxPolygon(around(q.Polygon.box, q.StakeGridM))
	stakes, err := src.Features(ctx, Find{At: q.At, Kinds: []string{Stake}, Polygon: box, Drafts: q.Drafts})
	for i := range stakes {
		if !stakes[i].Exact {
			stakes[i].coarsen(q.StakeGridM)
		}
	}
	return append(features, stakes...), err
}

// coarsen has a stake tell its place by a grid, and not its number and measure: who knows those knows its place. Nor what was found of it in the field, whose
// words may say where it stands.
func (f *Feature) coarsen(gridM float64) {
	at := f.Geom.FlatCoords()
	node := geo.LonLat{at[0], at[1]}.Snapped(gridM)
	f.Name, f.MeasureM, f.Status = nil, nil, nil
	f.Geom = geom.NewPointFlat(geom.XY, node[:]).SetSRID(int(geo.CGCS2000))
}

func figureOf(s *Shape) Figure {
	return Figure{AreaM2: cents(s.M2), AreaMu: cents(geo.MuOfM2(s.M2)), Vertices: s.Edges()}
}

// touch tells what the polygon has to do with a feature; false if it lies outside or they merely touch.
func touch(f Feature, q Question, routes []duty.Route) (Touched, bool) {
	t := Touched{Feature: f}
	var part geom.T
	switch g := f.Geom.(type) {
	case *geom.Polygon, *geom.MultiPolygon:
		overlap := NewShape(f.Part)
		if overlap.M2 <= 0 {
			return t, false
		}
		t.overlaps(overlap, AreaM2(g), q.Polygon.M2)
		if f.River != nil && (f.Kind == Area || f.Kind == Protection) {
			if route := routeOf(routes, f.River.ID, overlap); route != nil {
				if b, ok := overlap.Banks(route); ok {
					left := cents(b.LeftM2)
					t.ByBank = &ByBank{LeftM2: left, RightM2: cents(*t.OverlapM2 - left)}
				}
			}
		}
		part = overlap.Geom
	case *geom.LineString, *geom.MultiLineString:
		var stretches []Stretch
		length := 0.0
		for _, line := range linesIn(g) {
			inside, m := q.Polygon.Inside(line)
			stretches, length = append(stretches, inside...), length+m
		}
		if length <= 0 {
			return t, false
		}
		t.LengthM = new(cents(length))
		part = linesOf(stretches)
	default:
		if !q.Polygon.holds(f.Geom) {
			return t, false
		}
		part = f.Geom
	}
	if q.Geometry {
		t.Geometry = &Geometry{part}
	}
	return t, true
}

// holds tells whether a place of a geometry lies in the shape.
func (s *Shape) holds(g geom.T) bool {
	flat := places(g)
	for i := 0; i < len(flat); i += 2 {
		if s.Covers(flat[i], flat[i+1]) {
			return true
		}
	}
	return false
}

func (t *Touched) overlaps(overlap *Shape, itemM2, polygonM2 float64) {
	m2 := cents(overlap.M2)
	t.OverlapM2, t.OverlapMu = &m2, new(cents(geo.MuOfM2(overlap.M2)))
	t.OfPolygon, t.OfItem = share(overlap.M2, polygonM2), share(overlap.M2, itemM2)
}

func linesOf(stretches []Stretch) geom.T {
	lines := geom.NewMultiLineString(geom.XY)
	for _, s := range stretches {
		_ = lines.Push(geom.NewLineStringFlat(geom.XY, s.Flat)) // of one layout
	}
	return lines
}

func (t *Touches) sort(lists map[string][]Touched) {
	for kind, list := range map[string]*[]Touched{
		Area: &t.Areas, Protection: &t.Protections, Zone: &t.Zones, Boundary: &t.Boundaries, Stake: &t.Stakes, Board: &t.Boards, Outfall: &t.Outfalls,
		Section: &t.Sections, PlanItem: &t.PlanItems, Problem: &t.Problems, Land: &t.Land, "tiny": &t.Tiny,
	} {
		if *list = lists[kind]; *list == nil {
			*list = []Touched{}
		}
	}
}

// shoreline sums the metres of boundaries and of bank lines inside, by river, line and bank: both banks together would count a river twice.
func shoreline(lists map[string][]Touched) []Shore {
	type key struct {
		river int64
		line  string
		bank  geo.Bank
	}
	sums := map[key]*Shore{}
	var order []key
	for _, kind := range []string{Boundary, BankLine} {
		for _, t := range lists[kind] {
			if t.Bank == nil || t.LengthM == nil {
				continue
			}
			k := key{line: kind, bank: *t.Bank}
			if t.River != nil {
				k.river = t.River.ID
			}
			if sums[k] == nil {
				sums[k] = &Shore{River: t.River, Line: kind, Bank: k.bank}
				order = append(order, k)
			}
			sums[k].LengthM = cents(sums[k].LengthM + *t.LengthM)
		}
	}
	slices.SortFunc(order, func(a, b key) int {
		return cmp.Or(cmp.Compare(a.river, b.river), cmp.Compare(b.line, a.line), cmp.Compare(a.bank, b.bank))
	})
	out := make([]Shore, 0, len(order))
	for _, k := range order {
		out = append(out, *sums[k])
	}
	return out
}

func zoneTotals(zones []Touched, polygon *Shape) []ZoneSum {
	out := []ZoneSum{}
	for _, z := range zones {
		if z.Type == nil || z.Bank == nil {
			continue
		}
		i := slices.IndexFunc(out, func(s ZoneSum) bool { return s.Type == *z.Type && s.Bank == *z.Bank })
		if i < 0 {
			i, out = len(out), append(out, ZoneSum{Type: *z.Type, Bank: *z.Bank})
		}
		out[i].M2 = cents(out[i].M2 + *z.OverlapM2)
		out[i].OfPolygon = share(out[i].M2, polygon.M2)
	}
	slices.SortFunc(out, func(a, b ZoneSum) int { return cmp.Or(cmp.Compare(a.Type, b.Type), cmp.Compare(a.Bank, b.Bank)) })
	return out
}

// inArea measures what of the polygon lies in any of the areas.
func inArea(ctx context.Context, src Source, q Question, areas []Touched) (geo.Share, error) {
	features := make([]Feature, len(areas))
	for i, t := range areas {
		features[i] = t.Feature
	}
	m2 := 0.0
	switch {
	case len(areas) == 1:
		m2 = *areas[0].OverlapM2
	case len(areas) > 1:
		s, err := src.Union(ctx, partsTogether(features))
		if err != nil {
			return geo.Share{}, err
		}
		m2 = s.M2
	}
	return *share(math.Min(m2, q.Polygon.M2), q.Polygon.M2), nil
}

// partsTogether puts the parts that features have of a polygon into one geometry, in which they may lie on each other.
func partsTogether(features []Feature) *geom.MultiPolygon {
	all := geom.NewMultiPolygon(geom.XY).SetSRID(int(geo.CGCS2000))
	for _, f := range features {
		s := NewShape(f.Part)
		for i := range s.Geom.NumPolygons() {
			_ = all.Push(s.Geom.Polygon(i)) // of one layout
		}
	}
	return all
}

func touchedRivers(lists map[string][]Touched) []int64 {
	var features []Feature
	for _, kind := range touchedKinds() {
		for _, t := range lists[kind] {
			features = append(features, t.Feature)
		}
	}
	out := riversOf(features)
	slices.Sort(out)
	return out
}

// nearestRoute gives the route of a river that comes nearest to a position; nil if the river has none.
func nearestRoute(routes []duty.Route, river int64, lon, lat float64) *geom.LineString {
	var best *geom.LineString
	least := math.Inf(1)
	for _, r := range routes {
		if r.River.ID != river {
			continue
		}
		if d := lref.Project(r.Geom, lon, lat).DistanceM; d < least {
			best, least = r.Geom, d
		}
	}
	return best
}
