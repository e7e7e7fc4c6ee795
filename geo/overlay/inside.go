package overlay

import (
	"context"
	"math"

	"github.com/twpayne/go-geom"

	"hetu/geo"
	"hetu/geo/duty"
	"hetu/geo/lref"
)

// nearWithin is how far from a problem an area or a line is looked for, in metres.
const nearWithin = 5000

// Standing 在内在外 is whether a problem lies inside the management area on a day.
type Standing struct {
	On      geo.Date   `json:"on"`
	Verdict string     `json:"verdict"`   // inside, outside, partly; unknown where the problem has no place or no day, or no area is in force near it
	InArea  *geo.Share `json:"in_area"`   // of a problem with an area or a length: how much of it, m² or m
	Area    *Feature   `json:"area"`      // that it lies in, or the nearest within 5 km
	ToAreaM *float64   `json:"to_area_m"` // from the problem to the edge of that area, inside or out
	covered bool
	Line    *Feature `json:"line"` // the nearest boundary within 5 km
	ToLineM *float64 `json:"to_line_m"`
}

// Inside is the answer to Q14.
type Inside struct {
	Problem Feature  `json:"problem"`
	Then    Standing `json:"then"` // on the day that it was found
	Now     Standing `json:"now"`  // on the day that is asked about
	Changed *bool    `json:"changed"`
}

// InOrOut answers whether a problem lay inside the area when it was found, and whether it does now (Q14): the line may have moved.
func InOrOut(ctx context.Context, src Source, at duty.Moment, id int64, drafts bool) (Inside, error) {
	out := Inside{}
	var err error
	if out.Problem, err = src.Problem(ctx, at, id); err != nil {
		return out, err
	}
	if out.Now, err = standing(ctx, src, out.Problem, at, drafts); err != nil {
		return out, err
	}
	found := at
	found.AsOf = out.Problem.Dated
	if out.Then, err = standing(ctx, src, out.Problem, found, drafts); err != nil {
		return out, err
	}
	if out.Then.Verdict != unknown && out.Now.Verdict != unknown {
		out.Changed = new(out.Then.Verdict != out.Now.Verdict)
	}
	return out, nil
}

// unknown is the verdict where the problem has no place, or no day, or where no area is in force within 5 km: of a river whose boundary is
// not announced nobody can say what lies inside.
const unknown = "unknown"

func standing(ctx context.Context, src Source, problem Feature, at duty.Moment, drafts bool) (Standing, error) {
	out := Standing{On: at.AsOf, Verdict: unknown}
	if problem.Geom == nil || at.AsOf.IsZero() {
		return out, nil
	}
	box := around(boxOf(places(problem.Geom), 2), nearWithin)
	near, err := src.Features(ctx, Find{At: at, Kinds: []string{Area, Boundary}, Polygon: boxPolygon(box), Drafts: drafts})
	if err != nil {
		return out, err
	}
	var areas []*Shape
	for i := range near {
		switch f := &near[i]; f.Kind {
		case Boundary:
			out.nearLine(f, problem.Geom)
		case Area:
			areas = append(areas, NewShape(f.Geom))
			out.nearArea(f, problem.Geom, areas[len(areas)-1])
		}
	}
	if len(areas) == 0 {
		out.round()
		return out, nil
	}
	in, err := partIn(ctx, src, at, problem.Geom, areas, drafts)
	if err != nil {
		return out, err
	}
	out.judge(problem.Geom, in)
	out.round()
	return out, nil
}

func (s *Standing) nearLine(f *Feature, problem geom.T) {
	line, ok := f.Geom.(*geom.LineString)
	if !ok {
		return
	}
	if d := apart(problem, measureless(line.FlatCoords(), line.Stride())); d <= nearWithin && (s.ToLineM == nil || d < *s.ToLineM) {
		s.Line, s.ToLineM = f, &d
	}
}

// nearArea takes the area that the problem lies in, else the nearest.
func (s *Standing) nearArea(f *Feature, problem geom.T, area *Shape) {
	d, flat := math.Inf(1), places(problem)
	for _, ring := range area.rings() {
		d = min(d, apart(problem, measureless(ring, 2)))
	}
	in := area.Covers(flat[0], flat[1])
	if !in && d > nearWithin {
		return
	}
	if s.Area == nil || in && !s.covered || in == s.covered && d < *s.ToAreaM {
		s.Area, s.ToAreaM, s.covered = f, &d, in
	}
}

// partIn measures what of a problem lies in areas: square metres, metres, or how many of its points.
func partIn(ctx context.Context, src Source, at duty.Moment, problem geom.T, areas []*Shape, drafts bool) (float64, error) {
	in := 0.0
	switch g := problem.(type) {
	case *geom.Polygon, *geom.MultiPolygon:
		cut, err := src.Features(ctx, Find{At: at, Kinds: []string{Area}, Polygon: NewShape(g).Geom, Cut: true, Drafts: drafts})
		if err != nil || len(cut) == 0 {
			return 0, err
		}
		whole, err := src.Union(ctx, partsTogether(cut))
		if err != nil {
			return 0, err
		}
		return whole.M2, nil
	case *geom.LineString, *geom.MultiLineString:
		for _, line := range linesIn(g) {
			for _, p := range Partition(line.FlatCoords(), line.Stride(), areas, 0) {
				if p.Of >= 0 {
					in += p.LengthM()
				}
			}
		}
	default:
		flat := places(g)
		for i := 0; i < len(flat); i += 2 {
			if placeOf(flat[i], flat[i+1], areas, 0) >= 0 {
				in++
			}
		}
	}
	return in, nil
}

func (s *Standing) judge(problem geom.T, in float64) {
	whole := float64(len(places(problem)) / 2)
	switch g := problem.(type) {
	case *geom.Polygon, *geom.MultiPolygon:
		whole = AreaM2(g)
		s.InArea = share(min(in, whole), whole)
	case *geom.LineString, *geom.MultiLineString:
		whole = 0
		for _, line := range linesIn(g) {
			whole += lref.Length(line)
		}
		s.InArea = share(min(in, whole), whole)
	}
	switch slack := 0.005; {
	case in <= slack:
		s.Verdict = "outside"
	case in >= whole-slack:
		s.Verdict = "inside"
	default:
		s.Verdict = "partly"
	}
}

// round gives distances to a centimetre.
func (s *Standing) round() {
	for _, d := range []*float64{s.ToAreaM, s.ToLineM} {
		if d != nil {
			*d = cents(*d)
		}
	}
}

// places gives the X and Y of all vertices.
func places(g geom.T) []float64 {
	var out []float64
	if c, ok := g.(*geom.GeometryCollection); ok {
		for _, inner := range c.Geoms() {
			out = append(out, places(inner)...)
		}
		return out
	}
	flat, stride := g.FlatCoords(), g.Stride()
	for i := 0; i+1 < len(flat); i += stride {
		out = append(out, flat[i], flat[i+1])
	}
	return out
}

func linesIn(g geom.T) []*geom.LineString {
	switch g := g.(type) {
	case *geom.LineString:
		return []*geom.LineString{g}
	case *geom.MultiLineString:
		var out []*geom.LineString
		for i := range g.NumLineStrings() {
			out = append(out, g.LineString(i))
		}
		return out
	}
	return nil
}

// apart is the distance in metres of two lines, or of a point and a line, 0 where they meet: lines that do not meet are nearest at a
// vertex of one of them.
func apart(g geom.T, line *geom.LineString) float64 {
	least := math.Inf(1)
	flat := places(g)
	for i := 0; i < len(flat); i += 2 {
		least = min(least, lref.Project(line, flat[i], flat[i+1]).DistanceM)
	}
	if _, point := g.(*geom.Point); point {
		return least
	}
	for _, own := range ownLines(g) {
		var e edges
		e.add(own, 2)
		e.index()
		self := []*Shape{{edge: e, box: boxOf(own, 2)}}
		at := line.FlatCoords()
		for i := 3; i < len(at); i += 3 {
			if len(cutsOf(at[i-3], at[i-2], at[i], at[i+1], self)) > 2 {
				return 0
			}
		}
		back := measureless(own, 2)
		for i := 0; i < len(at); i += 3 {
			least = min(least, lref.Project(back, at[i], at[i+1]).DistanceM)
		}
	}
	return least
}

// ownLines gives the lines and rings of a geometry.
func ownLines(g geom.T) [][]float64 {
	var out [][]float64
	switch g := g.(type) {
	case *geom.Polygon, *geom.MultiPolygon:
		return NewShape(g).rings()
	default:
		for _, line := range linesIn(g) {
			out = append(out, places(line))
		}
	}
	return out
}

func boxPolygon(b geo.Extent) *geom.MultiPolygon {
	return geom.NewMultiPolygonFlat(geom.XY, []float64{b.West, b.South, b.East, b.South, b.East, b.North, b.West, b.North, b.West, b.South}, [][]int{{10}}).SetSRID(int(geo.CGCS2000))
}
