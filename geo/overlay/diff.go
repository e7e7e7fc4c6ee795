package overlay

import (
	"context"
	"math"
	"slices"

	"github.com/twpayne/go-geom"
	"golang.org/x/sync/errgroup"

	"hetu/geo"
	"hetu/geo/duty"
	"hetu/geo/lref"
)

// Change is what is asked of two versions of an area or a boundary (Q11).
type Change struct {
	At       duty.Moment // of what lies inside what changed
	Kind     string      // Area or Boundary
	ID       int64
	From, To Edition
	TinyM2   float64
	Geometry bool
	Drafts   bool
}

// Edition is a version by its number, or by a day that it is in force on.
type Edition struct {
	Day     geo.Date
	Version int // 0: by the day
}

// Piece is one polygon of what changed.
type Piece struct {
	M2       float64   `json:"m2"`
	Mu       float64   `json:"mu"`
	Tiny     bool      `json:"tiny"` // too small to be meant
	Geometry *Geometry `json:"geometry,omitempty"`
}

// Strip is what was gained or lost.
type Strip struct {
	M2     float64   `json:"m2"`
	Mu     float64   `json:"mu"`
	Pieces []Piece   `json:"pieces"` // the largest first
	Towns  []InTown  `json:"towns"`
	Inside []Touched `json:"inside"` // boards, outfalls, sections, problems and other land in it
}

// Shift is a range of a route along which a line lies elsewhere than before.
type Shift struct {
	FromM     float64 `json:"from_m"`
	ToM       float64 `json:"to_m"`
	FromLabel string  `json:"from_label"`
	ToLabel   string  `json:"to_label"`
	LargestM  float64 `json:"largest_m"` // from the one line to the other
	AtLabel   string  `json:"at_label"`
	// outward where the new line lies farther from the river, inward; added and ended where there is a line in one version only.
	Direction string `json:"direction"`
}

// Diff is the answer to Q11.
type Diff struct {
	From     Feature  `json:"from"`
	To       Feature  `json:"to"`
	FromM2   *float64 `json:"from_m2"` // of areas
	ToM2     *float64 `json:"to_m2"`
	FromLenM *float64 `json:"from_length_m"` // of lines
	ToLenM   *float64 `json:"to_length_m"`
	// What lies inside now and did not before, and the other way; of a line, between it and the centre line. Null where a line crosses the
	// centre line, so that it has no inside.
	Gained *Strip  `json:"gained"`
	Lost   *Strip  `json:"lost"`
	Shifts []Shift `json:"shifts"` // of lines; along the route, by measure
}

// Compare answers what changed between two versions (Q11).
func Compare(ctx context.Context, src Source, c Change) (Diff, error) {
	out := Diff{Shifts: []Shift{}}
	var err, gone error
	out.From, gone = src.Version(ctx, on(c.At, c.From.Day), c.Kind, c.ID, c.From.Version, c.Drafts)
	if gone != nil && geo.CodeOf(gone) != geo.CodeNotFound {
		return out, gone
	}
	out.To, err = src.Version(ctx, on(c.At, c.To.Day), c.Kind, c.ID, c.To.Version, c.Drafts)
	switch {
	case err != nil && gone != nil: // that neither version is there is the fault of the id
		return out, geo.AtField(err, "id")
	case gone != nil:
		return out, geo.AtField(gone, "from")
	case err != nil:
		return out, geo.AtField(err, "to")
	}
	was, is := NewShape(out.From.Geom), NewShape(out.To.Geom)
	if c.Kind == Boundary {
		if was, is, err = out.lines(ctx, src, c); err != nil || was == nil || is == nil {
			return out, err
		}
	} else {
		out.FromM2, out.ToM2 = new(cents(was.M2)), new(cents(is.M2))
	}
	if out.Gained, err = strip(ctx, src, c, is, was); err != nil {
		return out, err
	}
	out.Lost, err = strip(ctx, src, c, was, is)
	return out, err
}

func on(at duty.Moment, day geo.Date) duty.Moment {
	if !day.IsZero() {
		at.AsOf = day
	}
	return at
}

func nothing() *Strip { return &Strip{Pieces: []Piece{}, Towns: []InTown{}, Inside: []Touched{}} }

// strip tells what of one shape is not in another.
func strip(ctx context.Context, src Source, c Change, in, notIn *Shape) (*Strip, error) {
	out := nothing()
	s, err := src.Minus(ctx, in, notIn)
	if err != nil || s.Empty() {
		return out, err
	}
	out.M2, out.Mu = cents(s.M2), cents(geo.MuOfM2(s.M2))
	for _, p := range s.Parts() {
		piece := Piece{M2: cents(p.M2), Mu: cents(geo.MuOfM2(p.M2)), Tiny: p.M2 < c.TinyM2}
		if c.Geometry {
			piece.Geometry = &Geometry{p.Geom}
		}
		out.Pieces = append(out.Pieces, piece)
	}
	slices.SortStableFunc(out.Pieces, func(a, b Piece) int { return -compare(a.M2, b.M2) })
	towns, err := townsOf(ctx, src, c.At, s)
	if err != nil {
		return out, err
	}
	out.Towns = inTowns(s, towns)
	inside, err := src.Features(ctx, Find{At: c.At, Kinds: []string{Board, Outfall, Section, Problem, Land, PlanItem}, Polygon: s.Geom, Cut: true, Drafts: c.Drafts})
	for _, f := range inside {
		if t, ok := touch(f, Question{Polygon: s, Drafts: c.Drafts}, nil); ok && (t.OverlapM2 == nil || *t.OverlapM2 >= c.TinyM2) {
			out.Inside = append(out.Inside, t)
		}
	}
	return out, err
}

func compare(a, b float64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// lines compares two lines along their route, and gives what lies between each and the centre line; nil where it crosses that.
func (d *Diff) lines(ctx context.Context, src Source, c Change) (was, is *Shape, err error) {
	from, okFrom := d.From.Geom.(*geom.LineString)
	to, okTo := d.To.Geom.(*geom.LineString)
	if !okFrom || !okTo || d.To.River == nil {
		return nil, nil, nil
	}
	d.FromLenM, d.ToLenM = new(cents(lref.Length(from))), new(cents(lref.Length(to)))
	var ids []int64
	if d.To.RouteID != nil {
		ids = []int64{*d.To.RouteID}
	}
	routes, err := src.Routes(ctx, on(c.At, c.To.Day), ids, []int64{d.To.River.ID})
	if err != nil {
		return nil, nil, err
	}
	flat := to.FlatCoords()
	route := nearestRoute(routes, d.To.River.ID, flat[0], flat[1])
	for _, r := range routes {
		if d.To.RouteID != nil && r.ID == *d.To.RouteID {
			route = r.Geom
		}
	}
	if route == nil {
		return nil, nil, nil
	}
	g, both := errgroup.WithContext(ctx)
	g.Go(func() (err error) {
		d.Shifts, err = shifts(both, route, from, to)
		return err
	})
	g.Go(func() (err error) {
		if was, err = between(both, src, route, from); err == nil && was != nil {
			is, err = between(both, src, route, to)
		}
		return err
	})
	if err := g.Wait(); err != nil {
		return nil, nil, err
	}
	return was, is, nil
}

// LineDiff is what changed of the line of one bank.
type LineDiff struct {
	FromLenM float64 `json:"from_length_m"`
	ToLenM   float64 `json:"to_length_m"`
	LargestM float64 `json:"largest_m"` // from the one line to the other
	Gained   *Strip  `json:"gained"`
	Lost     *Strip  `json:"lost"`
	Shifts   []Shift `json:"shifts"`
}

// CompareLines tells what changed from one line of a bank to another (XY, downstream; nil: there is none), along the route (XYM) that they lie
// beside: where they lie apart, and what lies between each of them and the route. Gained and Lost are nil where a line crosses the route.
func CompareLines(ctx context.Context, src Source, c Change, route, from, to *geom.LineString) (LineDiff, error) {
	out := LineDiff{Shifts: []Shift{}}
	g, both := errgroup.WithContext(ctx) // while the source cuts, the lines are looked along
	g.Go(func() error { return out.along(both, route, from, to) })
	g.Go(func() error { return out.enclosed(both, src, c, route, from, to) })
	if err := g.Wait(); err != nil {
		return LineDiff{Shifts: []Shift{}}, err
	}
	for _, s := range out.Shifts {
		out.LargestM = max(out.LargestM, s.LargestM)
	}
	return out, nil
}

// along tells where the lines lie apart.
func (d *LineDiff) along(ctx context.Context, route, from, to *geom.LineString) (err error) {
	if from != nil {
		d.FromLenM = cents(lref.Length(from))
	}
	if to != nil {
		d.ToLenM = cents(lref.Length(to))
	}
	switch {
	case from != nil && to != nil:
		d.Shifts, err = shifts(ctx, route, from, to)
	case from != nil:
		d.Shifts = alone(route, from, "ended")
	case to != nil:
		d.Shifts = alone(route, to, "added")
	}
	return err
}

// enclosed tells what lies between each line and the route and not between the other and it.
func (d *LineDiff) enclosed(ctx context.Context, src Source, c Change, route, from, to *geom.LineString) error {
	shapes := [2]*Shape{NewShape(geom.NewMultiPolygon(geom.XY)), NewShape(geom.NewMultiPolygon(geom.XY))}
	var err error
	for i, line := range []*geom.LineString{from, to} {
		if line == nil {
			continue
		}
		if shapes[i], err = between(ctx, src, route, line); err != nil || shapes[i] == nil {
			return err
		}
	}
	if d.Gained, err = strip(ctx, src, c, shapes[1], shapes[0]); err != nil {
		return err
	}
	// What was lost is what was gained less what the whole grew by: where that is nothing it need not be cut out.
	if lost := d.Gained.M2 - (shapes[1].M2 - shapes[0].M2); math.Abs(lost) < nothingM2 {
		d.Lost = nothing()
		return nil
	}
	d.Lost, err = strip(ctx, src, c, shapes[0], shapes[1])
	return err
}

// nothingM2 is an area that is none: areas are printed in hundredths.
const nothingM2 = 0.02

// alone is the one shift of a line that there is in one version only.
func alone(route, line *geom.LineString, direction string) []Shift {
	flat := line.FlatCoords()
	n := len(flat)
	a, b := lref.Project(route, flat[0], flat[1]).MeasureM, lref.Project(route, flat[n-2], flat[n-1]).MeasureM
	from, to := min(a, b), max(a, b)
	return []Shift{{FromM: cents(from), ToM: cents(to), FromLabel: lref.Label(from), ToLabel: lref.Label(to), AtLabel: lref.Label(from), Direction: direction}}
}

// between gives what lies between a line and the part of its route beside it; nil where they cross.
func between(ctx context.Context, src Source, route, line *geom.LineString) (*Shape, error) {
	flat := line.FlatCoords()
	n := len(flat)
	a, b := lref.Project(route, flat[0], flat[1]).MeasureM, lref.Project(route, flat[n-2], flat[n-1]).MeasureM
	centre, err := lref.Substring(route, min(a, b), max(a, b))
	if err != nil {
		return nil, nil //nolint:nilerr,nilnil // beside one point of the route there is nothing between
	}
	ring := slices.Clone(flat)
	c := centre.FlatCoords()
	if first := lref.Project(route, c[0], c[1]).MeasureM; math.Abs(first-a) < math.Abs(first-b) { // it runs as the line does
		for i := len(c) - 2; i >= 0; i -= 2 {
			ring = append(ring, c[i], c[i+1])
		}
	} else {
		ring = append(ring, c...)
	}
	ring = append(ring, ring[0], ring[1])
	m := geom.NewMultiPolygonFlat(geom.XY, ring, [][]int{{len(ring)}}).SetSRID(int(geo.CGCS2000))
	if Check(m) != nil {
		return nil, nil //nolint:nilnil // it crosses itself
	}
	if fault, err := src.Fault(ctx, m); err != nil || fault != nil {
		return nil, err
	}
	return NewShape(m), nil
}

const (
	// shiftOver is how many metres apart two lines are not the same: edges match within it.
	shiftOver = 0.1
	// lookEvery is how far apart in metres a line is looked at, and maxLooks how often at most.
	lookEvery = 10.0
	maxLooks  = 20_000
)

// shifts finds the ranges along which a line lies elsewhere than before.
func shifts(ctx context.Context, route, from, to *geom.LineString) ([]Shift, error) {
	was, is := measureless(from.FlatCoords(), from.Stride()), measureless(to.FlatCoords(), to.Stride())
	var old, now []look
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() (err error) { old, err = looks(ctx, route, from, is); return err })
	g.Go(func() (err error) { now, err = looks(ctx, route, to, was); return err })
	if err := g.Wait(); err != nil {
		return nil, err
	}
	out := append([]Shift{}, ranges(now, spanOf(old), "added")...) // no list is not null
	for _, s := range ranges(old, spanOf(now), "ended") {
		if s.Direction == "ended" {
			out = append(out, s)
		}
	}
	slices.SortStableFunc(out, func(a, b Shift) int { return compare(a.FromM, b.FromM) })
	return out, nil
}

// look is one place of a line, and the place of the other line that is nearest to it.
type look struct {
	m        float64 // measure
	lon, lat float64
	there    lref.Foot
	differs  bool // it does not lie on the other line
	outward  bool // it lies farther from the route than the other line does
}

// apart is how many metres it lies from the other line.
func (l *look) apart() float64 { return lref.Distance(l.lon, l.lat, l.there.Lon, l.there.Lat) }

// spare is what the distance on the ellipsoid may differ by from one that was told in a plane.
func spare(m float64) float64 { return 1e-3 * (1 + m*m*m/1e9) }

func looks(ctx context.Context, route, line, other *geom.LineString) ([]look, error) {
	flat, stride := line.FlatCoords(), line.Stride()
	step := max(lookEvery, lref.Length(line)/maxLooks)
	var out []look
	s := seer{lref.NewFinder(route), lref.NewFinder(other), lref.NewFinder(route)}
	out = append(out, s.look(flat[0], flat[1]))
	for i := stride; i+1 < len(flat); i += stride {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		x, y := flat[i-stride], flat[i-stride+1]
		n := max(1, math.Ceil(lref.Distance(x, y, flat[i], flat[i+1])/step))
		for k := 1.0; k <= n; k++ {
			out = append(out, s.look(x+(flat[i]-x)*k/n, y+(flat[i+1]-y)*k/n))
		}
	}
	return out, nil
}

// seer holds places of a line against another and against their route. Each finder follows a line of its own.
type seer struct{ onRoute, onOther, opposite *lref.Finder }

func (s *seer) look(lon, lat float64) look {
	here, there := s.onRoute.Foot(lon, lat), s.onOther.Foot(lon, lat)
	l := look{m: here.MeasureM, lon: lon, lat: lat, there: there}
	if l.differs = there.AboutM > shiftOver; math.Abs(there.AboutM-shiftOver) < spare(0) {
		l.differs = l.apart() > shiftOver
	}
	if !l.differs {
		return l
	}
	beyond := s.opposite.Foot(there.Lon, there.Lat)
	l.outward = here.AboutM > beyond.AboutM
	if math.Abs(here.AboutM-beyond.AboutM) < spare(here.AboutM)+spare(beyond.AboutM) {
		l.outward = lref.Distance(lon, lat, here.Lon, here.Lat) > lref.Distance(there.Lon, there.Lat, beyond.Lon, beyond.Lat)
	}
	return l
}

func spanOf(ls []look) duty.Range {
	r := duty.Range{FromM: math.Inf(1), ToM: math.Inf(-1)}
	for _, l := range ls {
		r.FromM, r.ToM = min(r.FromM, l.m), max(r.ToM, l.m)
	}
	return r
}

// ranges joins places that lie apart and follow each other; what lies beyond the span of the other line goes by the word alone.
func ranges(ls []look, other duty.Range, alone string) []Shift {
	var out []Shift
	last := ""
	for i := range ls {
		l := &ls[i]
		if !l.differs {
			last = ""
			continue
		}
		direction := "inward"
		switch {
		case l.m < other.FromM-shiftOver || l.m > other.ToM+shiftOver:
			direction = alone
		case l.outward:
			direction = "outward"
		}
		if direction != last {
			m := l.m
			if i > 0 && direction != alone { // it leaves the other line between this place and the one before
				m = ls[i-1].m
			}
			out = append(out, Shift{FromM: m, ToM: m, Direction: direction})
			last = direction
		}
		s := &out[len(out)-1]
		s.FromM, s.ToM = min(s.FromM, l.m), max(s.ToM, l.m)
		if l.there.AboutM+spare(l.there.AboutM) > s.LargestM {
			if apart := l.apart(); apart > s.LargestM {
				s.LargestM, s.AtLabel = apart, lref.Label(l.m)
			}
		}
		if next := i + 1; next < len(ls) && !ls[next].differs {
			s.FromM, s.ToM = min(s.FromM, ls[next].m), max(s.ToM, ls[next].m)
		}
	}
	for i := range out {
		s := &out[i]
		s.FromLabel, s.ToLabel = lref.Label(s.FromM), lref.Label(s.ToM)
		s.FromM, s.ToM, s.LargestM = cents(s.FromM), cents(s.ToM), cents(s.LargestM)
	}
	return out
}
