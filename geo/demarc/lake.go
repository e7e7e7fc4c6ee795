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

// Lake is the boundary of a lake or reservoir 湖泊、水库管理范围 (A4).
type Lake struct {
	Ring   *geom.LineString   // XY, closed, counter-clockwise from its most western place, of several the southern
	Area   *geom.MultiPolygon // what the ring encloses
	AreaM2 float64            // of it, on the ellipsoid
	WidthM float64            // how far outward of the shore
}

// LengthM is how long the ring is, on the ellipsoid.
func (l Lake) LengthM() float64 { return lref.Length(l.Ring) }

// closedM is how far apart the ends of a surveyed shore may lie and still be one place.
const closedM = 1.0

// LakeBoundary draws the boundary of a lake at a width outward of its shore (XY or XYZ, EPSG:4490, drawn in either direction), round at corners; of a
// width of 0 it is the shore. Land that the water and the width shut off all round is counted in, and told. Errors are of geo.CodeInvalid: a
// shore that is not closed or crosses itself, a width that is none.
func LakeBoundary(shore *geom.LineString, width float64) (Lake, []Note, error) {
	if !(width >= 0 && width <= maxWidth) {
		return Lake{}, nil, geo.InvalidField("width_m", "has to be from 0 to %g m, not %g", maxWidth, width)
	}
	plane, ring, err := shoreOf(shore)
	if err != nil {
		return Lake{}, nil, err
	}
	var notes []Note
	if width > 0 {
		if ring, notes, err = outward(ring, width); err != nil {
			return Lake{}, nil, err
		}
	}
	out := Lake{WidthM: width}
	at := degrees(plane.line(ring))
	if signed(at) < 0 {
		slices.Reverse(at)
	}
	at = fromWest(at)
	out.Ring = lineOf(at)
	out.Area = geom.NewMultiPolygonFlat(geom.XY, flatOf(at), [][]int{{2 * len(at)}}).SetSRID(int(geo.CGCS2000))
	out.AreaM2 = overlay.AreaM2(out.Area)
	return out, notes, nil
}

// shoreOf gives a shore as a closed ring of the plane.
func shoreOf(shore *geom.LineString) (Plane, []xy, error) {
	if err := (Lines{Pieces: []Piece{{Bank: geo.Left, Line: shore}}}).drawn(); err != nil {
		return Plane{}, nil, geo.InvalidField("survey", "the shore is no line of two points or more, in degrees")
	}
	plane := NewPlane(shore)
	ring := plane.flat(shore)
	n := len(ring) - 1
	if n < 3 || ring[0].to(ring[n]) > closedM {
		return plane, nil, geo.InvalidField("survey", "the shore is not closed: its ends lie %.1f m apart, more than %g m. Survey the lake all round", ring[0].to(ring[max(n, 0)]), closedM)
	}
	ring[n] = ring[0]
	if !simple(ring) || math.Abs(signed(ring)) < 1 {
		return plane, nil, geo.InvalidField("survey", "the shore crosses itself, or encloses nothing: draw it anew")
	}
	return plane, ring, nil
}

// outward draws a ring of the plane at a distance around another.
func outward(ring []xy, width float64) ([]xy, []Note, error) {
	polygon := sf.NewPolygon([]sf.LineString{sf.NewLineStringXY(flatOf(ring)...)})
	wide, err := sf.Buffer(polygon.AsGeometry(), width, sf.BufferQuadSegments(8))
	if err != nil {
		return nil, nil, geo.Wrapf(err, geo.CodeInvalid, "no line could be drawn around the shore")
	}
	parts := polygonsIn(wide)
	if len(parts) != 1 {
		return nil, nil, geo.InvalidField("survey", "the line around the shore falls into %d parts: draw the shore anew", len(parts))
	}
	var notes []Note
	for i := range parts[0].NumInteriorRings() {
		m2 := math.Abs(sf.NewPolygon([]sf.LineString{parts[0].InteriorRingN(i)}).Area())
		notes = append(notes, Note{
			Code: NotePocket, Bank: geo.Both, Size: m2, Zh: fmt.Sprintf("%.0f m² 土地被水面和管理宽度围住，一并划入", m2),
			En: fmt.Sprintf("%.0f m² of land farther off than the width are shut off all round, and counted in", m2),
		})
	}
	seq := parts[0].ExteriorRing().Coordinates()
	out := make([]xy, seq.Length())
	for i := range out {
		out[i] = xy{seq.GetXY(i).X, seq.GetXY(i).Y}
	}
	return out, notes, nil
}

// fromWest turns a closed ring so that it begins at its most western place, of several the southern.
func fromWest(ring []xy) []xy {
	first := 0
	for i, p := range ring[:len(ring)-1] {
		if q := ring[first]; p.x < q.x || p.x == q.x && p.y < q.y {
			first = i
		}
	}
	out := append([]xy{}, ring[first:len(ring)-1]...)
	return append(append(out, ring[:first]...), ring[first])
}

// Around gives places of the ring, as far apart as each other along it, the first at its beginning.
func (l Lake) Around(n int) []geom.Coord {
	measured := lref.Measured(l.Ring, "source")
	_, length, _ := lref.Ends(measured)
	var out []geom.Coord
	for i := range n {
		lon, lat, err := lref.Locate(measured, length*float64(i)/float64(n))
		if err != nil {
			return nil
		}
		out = append(out, geom.Coord{ninth(lon), ninth(lat)})
	}
	return out
}

// WidthOf gives the width that a profile has for a lake whose shore rests on a basis, and where that was read; 0 where it has none.
func (p WidthProfile) WidthOf(s Situation) (metres float64, source string) {
	if r, ok := p.Of(s); ok {
		return r.MostM, r.Source
	}
	return 0, ""
}
