package demarc

import (
	"fmt"
	"math"
	"slices"

	sf "github.com/peterstace/simplefeatures/geom"
	"github.com/twpayne/go-geom"

	"hetu/geo"
	"hetu/geo/lref"
	"hetu/geo/overlay"
)

// Preview is what an edit would make of lines 预览. Nothing is written: the lines that were given stay as they are.
type Preview struct {
	Lines             Lines
	MaxShiftM         float64 // how far a place of a new line lies off the old one of its bank at most
	GainedM2, LostM2  float64 // land that comes into the area and that goes out of it, on the ellipsoid
	PiecesWas, Pieces int
}

// preview compares lines with what they were. The error is of geo.CodeInvalid: lines that meet too often.
func preview(was, now Lines) (Preview, error) {
	out := Preview{Lines: now, PiecesWas: len(was.Pieces), Pieces: len(now.Pieces)}
	for _, bank := range []geo.Bank{geo.Left, geo.Right} {
		a, b := joinedLine(was.Of(bank)), joinedLine(now.Of(bank))
		if len(a) < 2 || len(b) < 2 || slices.Equal(a, b) {
			continue
		}
		out.MaxShiftM = max(out.MaxShiftM, shiftOf(a, b))
		gained, lost, err := betweenLines(a, b, bank)
		if err != nil {
			return Preview{}, err
		}
		out.GainedM2, out.LostM2 = out.GainedM2+gained, out.LostM2+lost
	}
	return out, nil
}

// shiftOf is how far a vertex of either line lies off the other at most, in metres.
func shiftOf(a, b []xy) float64 {
	plane := NewPlane(lineOf(a))
	p, q := plane.flat(lineOf(a)), plane.flat(lineOf(b))
	most := 0.0
	for _, pair := range [][2][]xy{{p, q}, {q, p}} {
		g := gridOf(pair[1], 20)
		for _, v := range pair[0] {
			d := math.Inf(1)
			for within := 20.0; math.IsInf(d, 1) && within < 1e5; within *= 8 {
				d = g.distance(v, within)
			}
			if !math.IsInf(d, 1) {
				most = max(most, d)
			}
		}
	}
	return most
}

func lineOf(at []xy) *geom.LineString {
	return geom.NewLineStringFlat(geom.XY, flatOf(at)).SetSRID(int(geo.CGCS2000))
}

// betweenLines measures what lies between the old and the new line of a bank: landward of the old one it is gained, else lost.
func betweenLines(was, now []xy, bank geo.Bank) (gained, lost float64, err error) {
	ring := slices.Clone(was)
	for i := len(now) - 1; i >= 0; i-- {
		ring = append(ring, now[i])
	}
	ring = slices.CompactFunc(append(ring, ring[0]), func(a, b xy) bool { return a == b })
	if len(ring) < 4 {
		return 0, 0, nil
	}
	loops, err := loopsOf(ring)
	for _, loop := range loops {
		m2 := overlay.AreaM2(geom.NewPolygonFlat(geom.XY, flatOf(loop), []int{2 * len(loop)}))
		if (signed(loop) > 0) == (bank == geo.Left) {
			gained += m2
		} else {
			lost += m2
		}
	}
	return gained, lost, err
}

// drawn refuses pieces whose line has no two positions in degrees: who sends lines may send anything.
func (l Lines) drawn() error {
	for i, p := range l.Pieces {
		field := fmt.Sprintf("pieces[%d]", i)
		if p.Bank != geo.Left && p.Bank != geo.Right {
			return geo.InvalidField(field+".bank", "has to be left or right, not %q", p.Bank)
		}
		if p.Line == nil || p.Line.NumCoords() < 2 {
			return geo.InvalidField(field+".line", "has to be a line of two points or more")
		}
		for k, c := 0, p.Line.FlatCoords(); k < len(c); k += p.Line.Stride() {
			if !geo.World().Contains(c[k], c[k+1]) {
				return geo.InvalidField(field+".line", "has at vertex %d no position in degrees", k/p.Line.Stride()+1)
			}
		}
	}
	return nil
}

// at gives piece i, counted over both banks, or an error that says how many there are.
func (l Lines) at(i int) (Piece, error) {
	if err := l.drawn(); err != nil {
		return Piece{}, err
	}
	if i < 0 || i >= len(l.Pieces) {
		return Piece{}, geo.InvalidField("piece", "there is no piece %d: the lines have %d, counted from 0", i, len(l.Pieces))
	}
	return l.Pieces[i], nil
}

// with gives the lines with pieces in place of those from i to before j.
func (l Lines) with(i, j int, pieces ...Piece) Lines {
	return Lines{Pieces: slices.Concat(l.Pieces[:i], pieces, l.Pieces[j:]), Connectors: slices.Clone(l.Connectors)}
}

// PreviewSplit cuts a piece at a measure of the route (XYM), at the place of its line that lies opposite.
func PreviewSplit(l Lines, route *geom.LineString, i int, m float64) (Preview, error) {
	p, err := l.at(i)
	if err != nil {
		return Preview{}, err
	}
	if !(m > p.FromM && m < p.ToM) {
		return Preview{}, geo.InvalidField("m", "%s does not lie within the piece, which runs from %s to %s", lref.Label(m), lref.Label(p.FromM), lref.Label(p.ToM))
	}
	place, err := facingPoint(route, p.Line, m)
	if err != nil {
		return Preview{}, err
	}
	at := degrees(p.Line)
	s, _ := nearestSpot(at, xy{place.Lon, place.Lat})
	s.at = xy{ninth(s.at.x), ninth(s.at.y)}
	head, tail := cutLine(at, s)
	if len(head) < 2 || len(tail) < 2 {
		return Preview{}, geo.InvalidField("m", "the line of the piece is not cut at %s, it has an end there", lref.Label(m))
	}
	a, b := p, p
	a.Line, b.Line = lineOf(head), lineOf(tail)
	if Rises(route) {
		a.ToM, b.FromM = m, m
	} else {
		a.FromM, b.ToM = m, m
	}
	return preview(l, l.with(i, i+1, a, b))
}

func facingPoint(route, line *geom.LineString, m float64) (lref.BankPlace, error) {
	facing, err := lref.Face(geo.Patient{}, route, line)
	if err != nil {
		return lref.BankPlace{}, fmt.Errorf("lay a line beside its route: %w", err)
	}
	return facing.Point(m)
}

// Rises tells whether the measures of a route grow downstream.
func Rises(route *geom.LineString) bool {
	m := route.FlatCoords()
	return m[2] < m[len(m)-1]
}

// cutLine cuts a line at a place of it.
func cutLine(at []xy, s spot) (head, tail []xy) {
	same := func(a, b xy) bool { return a == b }
	head = slices.CompactFunc(append(slices.Clone(at[:s.i+1]), s.at), same)
	tail = slices.CompactFunc(append([]xy{s.at}, at[s.i+1:]...), same)
	return head, tail
}

// PreviewSplitAtBorders cuts all pieces at the borders of divisions; see CutAtBorders.
func PreviewSplitAtBorders(l Lines, route *geom.LineString, divisions []Division) (Preview, error) {
	out, _ := CutAtBorders(l, route, divisions)
	if l.drawn() != nil {
		return Preview{Lines: out, PiecesWas: len(l.Pieces), Pieces: len(out.Pieces)}, nil
	}
	return preview(l, out)
}

// PreviewMerge makes one piece of pieces i and i+1, which have to be of one bank and adjoin; it rests on what the first does. The way
// between them, and the connector that went it, become part of its line.
func PreviewMerge(l Lines, i int) (Preview, error) {
	a, err := l.at(i)
	if err != nil {
		return Preview{}, err
	}
	b, err := l.at(i + 1)
	if err != nil {
		return Preview{}, err
	}
	if a.Bank != b.Bank || math.Abs(a.ToM-b.FromM) > 0.01 && math.Abs(a.FromM-b.ToM) > 0.01 {
		return Preview{}, geo.InvalidField("piece", "pieces %d and %d do not adjoin on one bank: merge neighbours", i, i+1)
	}
	seam := b.FromM
	if math.Abs(a.ToM-b.FromM) > 0.01 {
		seam = b.ToM
	}
	p := a
	p.FromM, p.ToM = min(a.FromM, b.FromM), max(a.ToM, b.ToM)
	p.Line = lineOf(joinedLine([]Piece{a, b}))
	p.Source = joined(a.Source, b.Source)
	p.Confidence = min(a.Confidence, b.Confidence)
	out := l.with(i, i+2, p)
	out.Connectors = slices.DeleteFunc(out.Connectors, func(c Connector) bool {
		return c.Kind == AtChange && c.Bank == a.Bank && math.Abs(c.AtM-seam) < 0.01
	})
	return preview(l, out)
}

// reshapeWithin is how far in metres the ends of what is drawn may lie off the line that it changes.
const reshapeWithin = 1.0

// PreviewReshape replaces the part of a piece between the places at which a drawn line (any layout, degrees, drawn in either direction) begins
// and ends, both within a metre of the piece.
func PreviewReshape(l Lines, i int, drawn *geom.LineString) (Preview, error) {
	p, err := l.at(i)
	if err != nil {
		return Preview{}, err
	}
	if err := (Lines{Pieces: []Piece{{Bank: p.Bank, Line: drawn}}}).drawn(); err != nil {
		return Preview{}, geo.InvalidField("line", "draw a line of two points or more, in degrees")
	}
	at, part := degrees(p.Line), degrees(drawn)
	plane := NewPlane(p.Line)
	line := flatIn(plane, at)
	a, offA := nearestSpot(line, xyOf(plane, part[0]))
	b, offB := nearestSpot(line, xyOf(plane, part[len(part)-1]))
	if max(offA, offB) > reshapeWithin {
		return Preview{}, geo.InvalidField("line", "the drawn line begins and ends %.1f and %.1f m off the piece, over %g m: draw it from the piece to the piece", offA, offB, reshapeWithin)
	}
	if b.before(a) {
		a, b = b, a
		slices.Reverse(part)
	}
	a.at, b.at = at[a.i].toward(at[a.i+1], a.t), at[b.i].toward(at[b.i+1], b.t)
	head, _ := cutLine(at, a)
	_, tail := cutLine(at, b)
	whole := slices.Concat(head, part[1:len(part)-1], tail)
	for k := range whole {
		whole[k] = xy{ninth(whole[k].x), ninth(whole[k].y)}
	}
	q := p
	q.Line = lineOf(slices.CompactFunc(whole, func(a, b xy) bool { return a == b }))
	if !simple(plane.flat(q.Line)) {
		return Preview{}, geo.InvalidField("line", "the line would cross itself: draw the part anew")
	}
	return preview(l, l.with(i, i+1, q))
}

// PreviewOffset moves a piece by so many metres, landward if they are over 0, else to the river; it is cut at its ends where it was.
func PreviewOffset(l Lines, i int, metres float64) (Preview, error) {
	p, err := l.at(i)
	if err != nil {
		return Preview{}, err
	}
	if !(math.Abs(metres) <= maxWidth) {
		return Preview{}, geo.InvalidField("metres", "has to be from %g to %g, not %g", -maxWidth, maxWidth, metres)
	}
	plane := NewPlane(p.Line)
	line := plane.flat(p.Line)
	left := (p.Bank == geo.Left) == (metres >= 0)
	if !left {
		slices.Reverse(line)
	}
	o := offset(line, math.Abs(metres))
	if !left {
		slices.Reverse(o.line)
	}
	if len(o.line) < 2 {
		return Preview{}, geo.InvalidField("metres", "nothing is left of the piece %g m to that side: the bend is too tight", metres)
	}
	q := p
	q.WidthM, q.Line = max(0, p.WidthM+metres), plane.line(o.line)
	return preview(l, l.with(i, i+1, q))
}

// PreviewThin leaves out vertices that lie within a tolerance in metres of the lines without them. The ends of pieces stay, and where a line
// would come to meet itself or another, less is left out.
func PreviewThin(l Lines, metres float64) (Preview, error) {
	if !(metres > 0 && metres <= 100) {
		return Preview{}, geo.InvalidField("metres", "has to be over 0 and at most 100, not %g", metres)
	}
	if err := l.drawn(); err != nil {
		return Preview{}, err
	}
	out := Lines{Pieces: slices.Clone(l.Pieces), Connectors: slices.Clone(l.Connectors)}
	if len(l.Pieces) == 0 {
		return preview(l, out)
	}
	lines := make([]*geom.LineString, len(l.Pieces))
	for i, p := range l.Pieces {
		lines[i] = p.Line
	}
	plane := NewPlane(lines...)
	for tolerance := metres; tolerance > metres/300; tolerance /= 2 {
		for i, p := range l.Pieces {
			line := plane.flat(p.Line)
			thin := thinned(line, tolerance)
			if len(thin) == len(line) {
				continue
			}
			out.Pieces[i].Line = kept(degrees(p.Line), plane, thin)
		}
		if apart(out, plane) || !apart(l, plane) {
			return preview(l, out)
		}
		copy(out.Pieces, l.Pieces)
	}
	return preview(l, out)
}

// kept gives the vertices of a line that a thinned line in the plane still has, as they are stored.
func kept(at []xy, plane Plane, thin []xy) *geom.LineString {
	has := map[xy]bool{}
	for _, p := range thin {
		has[p] = true
	}
	out := make([]xy, 0, len(thin))
	for i, p := range at {
		if i == 0 || i == len(at)-1 || has[xyOf(plane, p)] {
			out = append(out, p)
		}
	}
	return lineOf(out)
}

// apart tells whether the lines of both banks neither meet themselves nor each other.
func apart(l Lines, plane Plane) bool {
	g := newGrid(50)
	for _, bank := range []geo.Bank{geo.Left, geo.Right} {
		if line := joinedLine(l.Of(bank)); len(line) > 1 {
			g.add(plane.flat(lineOf(line)))
		}
	}
	found, ok := g.meetingsUpTo(0)
	return ok && len(found) == 0
}

// PreviewEdgeMatch moves the ends of each bank's lines to the nearest end of a neighbour's line of the bank, if it lies within a tolerance in
// metres (0.1 unless said by who asks), so that both have one place.
func PreviewEdgeMatch(l, neighbour Lines, metres float64) (Preview, error) {
	if !(metres > 0 && metres <= 100) {
		return Preview{}, geo.InvalidField("metres", "has to be over 0 and at most 100, not %g", metres)
	}
	if err := l.drawn(); err != nil {
		return Preview{}, err
	}
	if err := neighbour.drawn(); err != nil {
		return Preview{}, geo.AtField(err, "neighbour")
	}
	out := Lines{Pieces: slices.Clone(l.Pieces), Connectors: slices.Clone(l.Connectors)}
	for _, bank := range []geo.Bank{geo.Left, geo.Right} {
		theirs := joinedLine(neighbour.Of(bank))
		if len(theirs) < 2 {
			continue
		}
		first := slices.IndexFunc(out.Pieces, func(p Piece) bool { return p.Bank == bank })
		if first < 0 {
			continue
		}
		last := first
		for i, p := range out.Pieces {
			if p.Bank == bank {
				last = i
			}
		}
		ends := []xy{theirs[0], theirs[len(theirs)-1]}
		out.Pieces[first].Line = snapped(out.Pieces[first].Line, 0, ends, metres)
		out.Pieces[last].Line = snapped(out.Pieces[last].Line, -1, ends, metres)
	}
	return preview(l, out)
}

// snapped moves the first (0) or last (-1) place of a line to the nearest of some within so many metres.
func snapped(line *geom.LineString, end int, to []xy, metres float64) *geom.LineString {
	at := degrees(line)
	k := 0
	if end < 0 {
		k = len(at) - 1
	}
	best, least := at[k], metres
	for _, p := range to {
		if d := lref.Distance(at[k].x, at[k].y, p.x, p.y); d <= least {
			best, least = p, d
		}
	}
	at[k] = best
	return lineOf(at)
}

// PreviewBuffer is all that lies within so many metres of the line of a piece, to both sides, with round ends; and its area on the ellipsoid.
func PreviewBuffer(p Piece, metres float64) (*geom.MultiPolygon, float64, error) {
	if !(metres > 0 && metres <= maxWidth) {
		return nil, 0, geo.InvalidField("metres", "has to be over 0 and at most %g, not %g", maxWidth, metres)
	}
	if err := (Lines{Pieces: []Piece{p}}).drawn(); err != nil {
		return nil, 0, err
	}
	plane := NewPlane(p.Line)
	if len(plane.flat(p.Line)) < 2 {
		return nil, 0, geo.InvalidField("piece", "a line without length has no buffer")
	}
	buffer, err := sf.Buffer(sf.NewLineStringXY(flatOf(plane.flat(p.Line))...).AsGeometry(), metres, sf.BufferQuadSegments(8))
	if err != nil {
		return nil, 0, geo.Wrapf(err, geo.CodeInvalid, "the line could not be widened")
	}
	out, err := plane.polygons(buffer)
	if err != nil {
		return nil, 0, err
	}
	return out, overlay.AreaM2(out), nil
}

// polygons gives the polygons of a geometry of the plane in degrees.
func (p Plane) polygons(g sf.Geometry) (*geom.MultiPolygon, error) {
	return takenOver(g, func(ring []xy) []float64 { return p.line(ring).FlatCoords() })
}
