package rules

import (
	"errors"
	"fmt"
	"math"

	"github.com/peterstace/simplefeatures/geom"
	gogeom "github.com/twpayne/go-geom"

	"hetu/geo"
)

// knot is a place at which a line meets itself, or another, where it must not.
type knot struct {
	a, b int // segments, by their index in the tree
	how  contact
	x, y float64
}

// knots finds where the segments of lines (degrees) meet other than a line goes on from one to the next, or lines end on each other. It
// calls f for each, until it says no. wanted, if not nil, tells which segments are looked at.
func knots(t *tree, counts []int, wanted func(i int) bool, f func(knot) bool) {
	on := true
	for i := 0; i < len(t.segs) && on; i++ {
		if wanted != nil && !wanted(i) {
			continue
		}
		t.each(t.segs[i].box(), func(j int) bool {
			if j == i || j < i && (wanted == nil || wanted(j)) {
				return true // told already, from there
			}
			a, b := t.segs[min(i, j)], t.segs[max(i, j)]
			how, x, y := meet(a, b)
			if how == apart || how == touch && goesOn(a, b, counts, x, y) {
				return true
			}
			on = f(knot{min(i, j), max(i, j), how, x, y})
			return on
		})
	}
}

// goesOn tells whether two segments may meet at a point: one follows the other, or both lines end there.
func goesOn(a, b segment, counts []int, x, y float64) bool {
	if a.line == b.line && a.at+1 == b.at {
		return true
	}
	return endsAt(a, counts, x, y) && endsAt(b, counts, x, y)
}

// endsAt tells whether a segment's line begins or ends with it at a position.
func endsAt(s segment, counts []int, x, y float64) bool {
	return s.at == 0 && s.x1 == x && s.y1 == y || int(s.at) == counts[s.line]-1 && s.x2 == x && s.y2 == y
}

// distinct gives a line without vertices that repeat the one before exactly.
func distinct(flat []float64, stride int) []float64 {
	var out []float64
	for i := 0; i+1 < len(flat); i += stride {
		if n := len(out); n == 0 || out[n-2] != flat[i] || out[n-1] != flat[i+1] {
			out = append(out, flat[i], flat[i+1])
		}
	}
	return out
}

// Simple tells whether a line (any layout) neither crosses nor touches itself but for its two ends, which may meet; if not, where. It is
// what ST_IsSimple tells: vertices that stand twice are no matter. A line of under two places is simple.
func Simple(line *gogeom.LineString) (at gogeom.Coord, ok bool) {
	flat := distinct(line.FlatCoords(), line.Stride())
	for i := 0; i+1 < len(flat); i += 2 {
		if v := flat[i] + flat[i+1]; math.IsNaN(v) || math.IsInf(v, 0) {
			return gogeom.Coord{flat[i], flat[i+1]}, false // what is no place is on no line
		}
	}
	if len(flat) < 4 {
		return nil, true
	}
	ok = true
	knots(treeOf(flat), []int{len(flat)/2 - 1}, nil, func(k knot) bool {
		at, ok = gogeom.Coord{k.x, k.y}, false
		return false
	})
	return at, ok
}

// Valid tells what is wrong with a polygon's geometry by the rules of OGC Simple Features, as ST_IsValid does; nil if nothing. Its
// Msg says what; an empty polygon is valid.
func Valid(area *gogeom.MultiPolygon) error {
	if area == nil {
		return nil
	}
	var polygons []geom.Polygon
	for i := range area.NumPolygons() {
		var rings []geom.LineString
		for p, j := area.Polygon(i), 0; j < p.NumLinearRings(); j++ {
			flat := xyOf(p.LinearRing(j).FlatCoords(), area.Stride())
			rings = append(rings, geom.NewLineString(geom.NewSequence(flat, geom.DimXY)))
		}
		polygons = append(polygons, geom.NewPolygon(rings))
	}
	if err := geom.NewMultiPolygon(polygons).Validate(); err != nil {
		return geo.Wrapf(err, geo.CodeInvalid, "the polygon is not valid")
	}
	return nil
}

// cause is the sentence of the library beneath a fault.
func cause(err error) string {
	if inner := errors.Unwrap(err); inner != nil {
		return inner.Error()
	}
	return fmt.Sprint(err)
}

// xyOf gives the X and Y of coordinates.
func xyOf(flat []float64, stride int) []float64 {
	if stride == 2 {
		return flat
	}
	out := make([]float64, 0, len(flat)/stride*2)
	for i := 0; i+1 < len(flat); i += stride {
		out = append(out, flat[i], flat[i+1])
	}
	return out
}
