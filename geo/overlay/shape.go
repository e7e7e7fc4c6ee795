package overlay

import (
	"slices"

	"github.com/twpayne/go-geom"

	"hetu/geo"
)

// Shape is a polygon 面 of any number of parts, put in order: exterior rings run counter-clockwise and holes clockwise, each from its
// first vertex by longitude and latitude, no vertex twice; parts and holes stand by their first vertices. It does not change.
type Shape struct {
	Geom *geom.MultiPolygon // XY
	M2   float64
	box  geo.Extent
	edge edges
}

// NewShape puts the polygons of a geometry (any layout, degrees) in order. Rings without area are left out, and so are points and
// lines, which is where two polygons merely touch.
func NewShape(g geom.T) *Shape {
	parts := partsOf(nil, g)
	slices.SortFunc(parts, func(a, b [][]float64) int { return slices.Compare(a[0], b[0]) })
	return shapeOf(parts)
}

func partsOf(parts [][][]float64, g geom.T) [][][]float64 {
	switch g := g.(type) {
	case *geom.Polygon:
		parts = appendPart(parts, g)
	case *geom.MultiPolygon:
		for i := range g.NumPolygons() {
			parts = appendPart(parts, g.Polygon(i))
		}
	case *geom.GeometryCollection:
		for _, inner := range g.Geoms() {
			parts = partsOf(parts, inner)
		}
	}
	return parts
}

func appendPart(parts [][][]float64, p *geom.Polygon) [][][]float64 {
	var rings [][]float64
	for i := range p.NumLinearRings() {
		ring := ordered(p.LinearRing(i).FlatCoords(), p.Stride(), i == 0)
		if ring == nil && i == 0 {
			return parts
		}
		if ring != nil {
			rings = append(rings, ring)
		}
	}
	if len(rings) == 0 {
		return parts
	}
	slices.SortFunc(rings[1:], slices.Compare)
	return append(parts, rings)
}

// ordered gives a ring as a Shape has it, nil where it has no area.
func ordered(flat []float64, stride int, exterior bool) []float64 {
	var at [][2]float64
	for i := 0; i+1 < len(flat); i += stride {
		if p := [2]float64{flat[i], flat[i+1]}; len(at) == 0 || p != at[len(at)-1] {
			at = append(at, p)
		}
	}
	if len(at) > 1 && at[0] == at[len(at)-1] {
		at = at[:len(at)-1]
	}
	if len(at) < 3 {
		return nil
	}
	twice := 0.0
	for i := range at {
		twice += cross(at[0][0], at[0][1], at[i][0], at[i][1], at[(i+1)%len(at)][0], at[(i+1)%len(at)][1])
	}
	if (twice > 0) != exterior {
		slices.Reverse(at)
	}
	first := 0
	for i := range at {
		if at[i][0] < at[first][0] || at[i][0] == at[first][0] && at[i][1] < at[first][1] {
			first = i
		}
	}
	out := make([]float64, 0, 2*len(at)+2)
	for i := range at {
		p := at[(first+i)%len(at)]
		out = append(out, p[0], p[1])
	}
	return append(out, out[0], out[1])
}

func shapeOf(parts [][][]float64) *Shape {
	s := &Shape{box: nowhere()}
	var flat []float64
	var ends [][]int
	for _, rings := range parts {
		var e []int
		for _, ring := range rings {
			s.M2 += ringM2(ring, 2)
			s.edge.add(ring, 2)
			flat = append(flat, ring...)
			e = append(e, len(flat))
		}
		ends = append(ends, e)
	}
	s.edge.index()
	s.box = boxOf(flat, 2)
	s.Geom = geom.NewMultiPolygonFlat(geom.XY, flat, ends).SetSRID(int(geo.CGCS2000))
	return s
}

// Box is what it lies in.
func (s *Shape) Box() geo.Extent { return s.box }

// Empty tells whether nothing is in it.
func (s *Shape) Empty() bool { return len(s.edge.at) == 0 }

// Covers tells whether a position lies in it or on its edge.
func (s *Shape) Covers(lon, lat float64) bool { return s.edge.covers(lon, lat) }

// Effort bounds how much work overlays may be. PostGIS does not look at the time while it finds where edges cross: 200,000 crossings took
// 16 s under a limit of 1 s, and two combs of ten thousand teeth would cross a hundred million times.
type Effort struct{ pairs, crossings int }

const (
	maxPairs     = 50_000_000 // of edges that are looked at
	maxCrossings = 20_000
)

// Spend counts how often a shape's edges cross those of a polygon, and refuses what is too much in all.
func (e *Effort) Spend(s *Shape, g geom.T) error {
	t := NewShape(g)
	a, b := &s.edge, &t.edge
	if len(a.at) > len(b.at) {
		a, b = b, a
	}
	for i := 0; i < len(a.at) && !e.over(); i += 4 {
		p := a.at[i : i+4]
		b.each(geo.Extent{West: min(p[0], p[2]), South: min(p[1], p[3]), East: max(p[0], p[2]), North: max(p[1], p[3])}, func(j int) bool {
			q := b.at[j : j+4]
			e.pairs++
			if (cross(p[0], p[1], p[2], p[3], q[0], q[1]) > 0) != (cross(p[0], p[1], p[2], p[3], q[2], q[3]) > 0) &&
				(cross(q[0], q[1], q[2], q[3], p[0], p[1]) > 0) != (cross(q[0], q[1], q[2], q[3], p[2], p[3]) > 0) {
				e.crossings++
			}
			return !e.over()
		})
	}
	if e.over() {
		return geo.Errorf(geo.CodeRefused, "the polygon's edges cross what is stored too often (%d times at most): simplify it, or ask about a part of it", maxCrossings)
	}
	return nil
}

func (e *Effort) over() bool { return e.pairs > maxPairs || e.crossings > maxCrossings }

// Edges is how many edges it has.
func (s *Shape) Edges() int { return len(s.edge.at) / 4 }

// Parts gives each part as a shape of its own.
func (s *Shape) Parts() []*Shape {
	if s.Geom.NumPolygons() == 1 {
		return []*Shape{s}
	}
	out := make([]*Shape, 0, s.Geom.NumPolygons())
	for i := range s.Geom.NumPolygons() {
		p := s.Geom.Polygon(i)
		var rings [][]float64
		for j := range p.NumLinearRings() {
			rings = append(rings, p.LinearRing(j).FlatCoords())
		}
		out = append(out, shapeOf([][][]float64{rings}))
	}
	return out
}

// rings gives all its rings.
func (s *Shape) rings() [][]float64 {
	var out [][]float64
	for i := range s.Geom.NumPolygons() {
		for p, j := s.Geom.Polygon(i), 0; j < p.NumLinearRings(); j++ {
			out = append(out, p.LinearRing(j).FlatCoords())
		}
	}
	return out
}
