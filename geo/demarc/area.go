package demarc

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	sf "github.com/peterstace/simplefeatures/geom"
	"github.com/twpayne/go-geom"

	"hetu/geo"
	"hetu/geo/lref"
	"hetu/geo/overlay"
)

// Area derives the management area 管理范围 from its lines (A8): the left line, the connector across the lower end, the right line back and
// the connector across the upper end, polygonised. What joins two pieces of a bank is the straight way between them. Where that ring meets
// itself, as where the river bends back over its own end, the area is all that it goes round. MultiPolygon XY, EPSG:4490, valid by the
// rules of OGC, outer rings counter-clockwise. Errors are of geo.CodeInvalid: a bank without a line, or a ring that encloses nothing.
func Area(l Lines) (*geom.MultiPolygon, error) {
	if err := l.drawn(); err != nil {
		return nil, err
	}
	left, right := joinedLine(l.Of(geo.Left)), joinedLine(l.Of(geo.Right))
	if len(left) < 2 || len(right) < 2 {
		return nil, geo.InvalidField("pieces", "an area needs the lines of both banks: draw the one that is missing")
	}
	slices.Reverse(left) // counter-clockwise: down the right bank, up the left
	ring := slices.CompactFunc(append(right, left...), func(a, b xy) bool { return a == b })
	if ring[0] != ring[len(ring)-1] {
		ring = append(ring, ring[0])
	}
	return polygonised(ring)
}

// joinedLine puts the lines of pieces together, in degrees.
func joinedLine(pieces []Piece) []xy {
	var out []xy
	for _, p := range pieces {
		out = append(out, degrees(p.Line)...)
	}
	return slices.CompactFunc(out, func(a, b xy) bool { return a == b })
}

// degrees gives the positions of a line as they are.
func degrees(line *geom.LineString) []xy {
	flat, stride := line.FlatCoords(), line.Stride()
	out := make([]xy, 0, len(flat)/stride)
	for i := 0; i+1 < len(flat); i += stride {
		out = append(out, xy{flat[i], flat[i+1]})
	}
	return out
}

// polygonised gives what a closed ring goes round counter-clockwise, once or more often.
func polygonised(ring []xy) (*geom.MultiPolygon, error) {
	if len(ring) < 4 {
		return nil, geo.Errorf(geo.CodeInvalid, "the lines enclose nothing: an area needs lines that lie apart")
	}
	p := sf.NewPolygonXY(flatOf(ring))
	if p.Validate() == nil {
		return fromSF(p.ForceCCW().AsGeometry())
	}
	var parts []sf.Geometry
	loops, err := loopsOf(ring)
	if err != nil {
		return nil, err
	}
	for _, loop := range loops {
		if q := sf.NewPolygonXY(flatOf(loop)); signed(loop) > 0 && q.Validate() == nil {
			parts = append(parts, q.AsGeometry())
		}
	}
	if len(parts) == 0 {
		return nil, geo.Errorf(geo.CodeInvalid, "the lines enclose nothing, or run the wrong way: the left line has to lie to the left, facing downstream")
	}
	union, err := sf.UnionMany(parts)
	if err != nil {
		return nil, geo.Wrapf(err, geo.CodeInvalid, "the lines could not be closed to an area")
	}
	return fromSF(union)
}

// signed is twice the area of a ring, positive where it runs counter-clockwise.
func signed(ring []xy) float64 {
	sum := 0.0
	for i := 1; i < len(ring); i++ {
		sum += ring[i-1].minus(ring[0]).cross(ring[i].minus(ring[0]))
	}
	return sum
}

// loopsOf takes a closed ring apart into loops that do not meet themselves: each time the way comes back to a place where it was, what lies
// between is one. The error is of geo.CodeInvalid: it meets itself too often.
func loopsOf(ring []xy) ([][]xy, error) {
	const scale = 1e5 // of degrees to about metres, for the grid
	scaled := make([]xy, len(ring))
	for i, p := range ring {
		scaled[i] = p.minus(ring[0]).times(scale)
	}
	parts, _, ok := partsOf(scaled, nil)
	if !ok {
		return nil, geo.Errorf(geo.CodeInvalid, "the lines meet themselves or each other too often to enclose an area: draw them anew")
	}
	var out [][]xy
	way, nodes := []xy{scaled[0]}, []int32{-1}
	on := map[int32]int{} // where on the way each node is
	for _, p := range parts {
		way, nodes = append(way, p.b), append(nodes, p.node)
		if p.node < 0 {
			continue
		}
		first, again := on[p.node]
		if !again {
			on[p.node] = len(way) - 1
			continue
		}
		out = append(out, slices.Clone(way[first:]))
		for _, gone := range nodes[first+1 : len(nodes)-1] {
			delete(on, gone)
		}
		way, nodes = way[:first+1], nodes[:first+1]
	}
	out = append(out, way)
	for i, loop := range out {
		for k, p := range loop {
			loop[k] = p.times(1 / scale).plus(ring[0])
		}
		loop = slices.CompactFunc(loop, func(a, b xy) bool { return a.to(b) < 1e-12 })
		loop[len(loop)-1] = loop[0]
		out[i] = loop
	}
	return slices.DeleteFunc(out, func(loop []xy) bool { return len(loop) < 4 }), nil
}

func flatOf(line []xy) []float64 {
	out := make([]float64, 0, 2*len(line))
	for _, p := range line {
		out = append(out, p.x, p.y)
	}
	return out
}

// fromSF gives the polygons of a geometry, outer rings counter-clockwise; what has no area is left out.
func fromSF(g sf.Geometry) (*geom.MultiPolygon, error) { return takenOver(g, flatOf) }

// takenOver is fromSF whose rings become degrees by a function.
func takenOver(g sf.Geometry, degrees func(ring []xy) []float64) (*geom.MultiPolygon, error) {
	out := geom.NewMultiPolygon(geom.XY).SetSRID(int(geo.CGCS2000))
	for _, part := range polygonsIn(g) {
		part = part.ForceCCW()
		var flat []float64
		var ends []int
		for i := range part.NumRings() {
			ring := part.ExteriorRing()
			if i > 0 {
				ring = part.InteriorRingN(i - 1)
			}
			seq := ring.Coordinates()
			at := make([]xy, seq.Length())
			for k := range at {
				at[k] = xy{seq.GetXY(k).X, seq.GetXY(k).Y}
			}
			flat = append(flat, degrees(at)...)
			ends = append(ends, len(flat))
		}
		if err := out.Push(geom.NewPolygonFlat(geom.XY, flat, ends)); err != nil {
			return nil, fmt.Errorf("take over a polygon: %w", err)
		}
	}
	return out, nil
}

func polygonsIn(g sf.Geometry) []sf.Polygon {
	switch {
	case g.IsPolygon():
		if p := g.MustAsPolygon(); !p.IsEmpty() {
			return []sf.Polygon{p}
		}
	case g.IsMultiPolygon():
		m := g.MustAsMultiPolygon()
		out := make([]sf.Polygon, 0, m.NumPolygons())
		for i := range m.NumPolygons() {
			out = append(out, m.PolygonN(i))
		}
		return out
	case g.IsGeometryCollection():
		var out []sf.Polygon
		c := g.MustAsGeometryCollection()
		for i := range c.NumGeometries() {
			out = append(out, polygonsIn(c.GeometryN(i))...)
		}
		return out
	}
	return nil
}

// toSF gives a MultiPolygon (any layout) to the library of overlays. It is checked there: an error tells what is wrong with it.
func toSF(m *geom.MultiPolygon) (sf.Geometry, error) {
	polygons := make([]sf.Polygon, 0, m.NumPolygons())
	for i := range m.NumPolygons() {
		p := m.Polygon(i)
		var rings [][]float64
		for k := range p.NumLinearRings() {
			rings = append(rings, flatOf(ringDegrees(p.LinearRing(k))))
		}
		if len(rings) > 0 {
			polygons = append(polygons, sf.NewPolygonXY(rings...))
		}
	}
	out := sf.NewMultiPolygon(polygons)
	if err := out.Validate(); err != nil {
		return sf.Geometry{}, geo.Wrapf(err, geo.CodeInvalid, "the polygon breaks the rules of OGC: %v", err)
	}
	return out.AsGeometry(), nil
}

func ringDegrees(ring *geom.LinearRing) []xy {
	flat, stride := ring.FlatCoords(), ring.Stride()
	out := make([]xy, 0, len(flat)/stride)
	for i := 0; i+1 < len(flat); i += stride {
		out = append(out, xy{flat[i], flat[i+1]})
	}
	return out
}

// DivisionPart is what of an area lies in one division.
type DivisionPart struct {
	Division int64 // 0: in none of those given
	Geom     *geom.MultiPolygon
	AreaM2   float64 // on the ellipsoid
}

// SplitByDivision cuts an area (MultiPolygon, EPSG:4490, valid) by divisions of one level, which do not overlap (A7, A8). Parts come in
// the order of the divisions, then what lies in none; a part under 1e-4 m² is left out. Together they are the area. Errors are of
// geo.CodeInvalid: a polygon that breaks the rules of OGC, by its division; or the asker's, when nobody waits for it any more.
func SplitByDivision(ctx geo.Asker, area *geom.MultiPolygon, divisions []Division) ([]DivisionPart, error) {
	rest, err := toSF(area)
	if err != nil {
		return nil, geo.AtField(err, "area")
	}
	divisions = slices.Clone(divisions)
	slices.SortStableFunc(divisions, func(a, b Division) int { return cmp.Or(cmp.Compare(a.Code, b.Code), cmp.Compare(a.ID, b.ID)) })
	var out []DivisionPart
	add := func(id int64, g sf.Geometry) error {
		part, err := fromSF(g)
		if err != nil {
			return err
		}
		if m2 := overlay.AreaM2(part); m2 > 1e-4 {
			out = append(out, DivisionPart{id, part, m2})
		}
		return nil
	}
	for _, div := range divisions {
		if err := ctx.Err(); err != nil {
			return nil, fmt.Errorf("cut an area by divisions: %w", err)
		}
		if div.Geom == nil || div.Geom.NumPolygons() == 0 {
			continue
		}
		g, err := toSF(div.Geom)
		if err != nil {
			return nil, geo.AtField(err, "division "+cmp.Or(div.Code, div.Name))
		}
		inside, err := sf.Intersection(rest, g)
		if err == nil {
			err = add(div.ID, inside)
		}
		if err != nil {
			return nil, geo.Wrapf(err, geo.CodeInvalid, "the area could not be cut by division %s", cmp.Or(div.Code, div.Name))
		}
		if rest, err = sf.Difference(rest, g); err != nil {
			return nil, geo.Wrapf(err, geo.CodeInvalid, "the area could not be cut by division %s", cmp.Or(div.Code, div.Name))
		}
	}
	if err := add(0, rest); err != nil {
		return nil, err
	}
	return out, nil
}

// CutAtBorders cuts the pieces of lines where they cross the border of a division (A7), so that either side has its own and both
// end at one place. by tells the division of each piece that comes back, 0 for none. A piece that a border cuts has its range cut at the
// measure of the route nearest to that place. A piece without a line in degrees is left as it is, in no division.
func CutAtBorders(l Lines, route *geom.LineString, divisions []Division) (out Lines, by []int64) {
	plane := NewPlane(route)
	borders := newGrid(200)
	shapes := make([]*overlay.Shape, len(divisions))
	for i, div := range divisions {
		if div.Geom == nil {
			continue
		}
		shapes[i] = overlay.NewShape(div.Geom)
		for k := range div.Geom.NumPolygons() {
			p := div.Geom.Polygon(k)
			for r := range p.NumLinearRings() {
				c := p.LinearRing(r)
				borders.add(plane.flat(geom.NewLineStringFlat(c.Layout(), c.FlatCoords())))
			}
		}
	}
	finder := lref.NewFinder(route)
	out.Connectors = slices.Clone(l.Connectors)
	for _, p := range l.Pieces {
		if (Lines{Pieces: []Piece{p}}).drawn() != nil {
			out.Pieces, by = append(out.Pieces, p), append(by, 0)
			continue
		}
		for _, q := range cutPiece(p, plane, borders, finder) {
			mid := middleOf(q.Line)
			id := int64(0)
			for i, s := range shapes {
				if s != nil && s.Covers(mid.x, mid.y) {
					id = divisions[i].ID
					break
				}
			}
			if n := len(out.Pieces) - 1; n >= 0 && by[n] == id && out.Pieces[n].sameRun(q) && out.Pieces[n].Line != nil && follows(out.Pieces[n].Line, q.Line) {
				out.Pieces[n] = joinedPiece(out.Pieces[n], q) // two divisions that are not looked at meet there, or a border is touched
				continue
			}
			out.Pieces, by = append(out.Pieces, q), append(by, id)
		}
	}
	return out, by
}

func (p Piece) sameRun(q Piece) bool {
	return p.Bank == q.Bank && p.Basis == q.Basis && p.WidthM == q.WidthM && (p.ToM == q.FromM || p.FromM == q.ToM)
}

func follows(a, b *geom.LineString) bool {
	x, y := a.FlatCoords(), b.FlatCoords()
	return x[len(x)-2] == y[0] && x[len(x)-1] == y[1]
}

func joinedPiece(p, q Piece) Piece {
	p.FromM, p.ToM = min(p.FromM, q.FromM), max(p.ToM, q.ToM)
	flat := append(slices.Clone(p.Line.FlatCoords()), q.Line.FlatCoords()[2:]...)
	p.Line = geom.NewLineStringFlat(geom.XY, flat).SetSRID(p.Line.SRID())
	return p
}

// middleOf gives the place half-way along a line, in degrees.
func middleOf(line *geom.LineString) xy {
	at := degrees(line)
	half := lengthOf(at) / 2
	for i := 1; i < len(at); i++ {
		if l := at[i-1].to(at[i]); half <= l && l > 0 {
			return at[i-1].toward(at[i], half/l)
		} else {
			half -= l
		}
	}
	return at[len(at)-1]
}

// cutPiece cuts a piece at every place where it meets one of the borders.
func cutPiece(p Piece, plane Plane, borders *grid, finder *lref.Finder) []Piece {
	at := degrees(p.Line)
	var out []Piece
	here := []xy{at[0]}
	first, last := finder.MeasureOf(at[0].x, at[0].y), finder.MeasureOf(at[len(at)-1].x, at[len(at)-1].y)
	rising := first <= last
	reached := p.FromM
	if !rising {
		reached = p.ToM
	}
	end := func(m float64) {
		q := p
		if rising {
			q.FromM, q.ToM = reached, m
		} else {
			q.FromM, q.ToM = m, reached
		}
		q.Line = geom.NewLineStringFlat(geom.XY, flatOf(here)).SetSRID(p.Line.SRID())
		out, reached = append(out, q), m
	}
	for i := 1; i < len(at); i++ {
		a, b := xyOf(plane, at[i-1]), xyOf(plane, at[i])
		for _, t := range borders.crossings(a, b) {
			cut := at[i-1].toward(at[i], t)
			cut = xy{ninth(cut.x), ninth(cut.y)}
			m := min(max(finder.MeasureOf(cut.x, cut.y), p.FromM), p.ToM)
			if cut == here[len(here)-1] && len(here) < 2 || cut == at[len(at)-1] || (m-reached)*sign(rising) <= 1e-6 || m == p.ToM && rising || m == p.FromM && !rising {
				continue
			}
			if cut != here[len(here)-1] {
				here = append(here, cut)
			}
			end(m)
			here = []xy{cut}
		}
		if at[i] != here[len(here)-1] {
			here = append(here, at[i])
		}
	}
	if rising {
		end(p.ToM)
	} else {
		end(p.FromM)
	}
	return out
}

func sign(rising bool) float64 {
	if rising {
		return 1
	}
	return -1
}

func xyOf(plane Plane, degrees xy) xy {
	x, y := plane.To(degrees.x, degrees.y)
	return xy{x, y}
}

// crossings tells how far along a segment it meets segments of the grid, in order.
func (g *grid) crossings(a, b xy) []float64 {
	var out []float64
	g.span(a, b, 0, func(cell [2]int32) {
		for _, k := range g.cells[cell] {
			if t, _, ok := meet(a, b, g.from[k], g.to[k]); ok {
				out = append(out, t)
			}
		}
	})
	slices.Sort(out)
	return slices.CompactFunc(out, func(s, t float64) bool { return math.Abs(s-t)*a.to(b) < 0.01 })
}
