package lref

import (
	"math"

	"github.com/twpayne/go-geom"
)

// Range is a part of a route by measure in metres (区间): [FromM, ToM), FromM < ToM. With FromM = ToM it stands for a point.
type Range struct{ FromM, ToM float64 }

// storedWithin is how far in metres a stored measure may lie off the place that it means.
const storedWithin = 0.01

// Contains tells whether a measure lies in the range: from FromM on, and up to ToM without it. A range that ends where the
// route's measures end is closed there, for else the route's last point would be nobody's: routeLength is the route's highest
// measure, which is its length where measures begin at 0. That end alone is taken to a centimetre, what stored measures are good
// to. NaN lies in no range.
func (r Range) Contains(m, routeLength float64) bool {
	if m >= r.FromM && m < r.ToM {
		return true
	}
	closed := r.ToM >= routeLength-storedWithin && r.FromM < r.ToM
	return closed && m >= r.FromM && m <= math.Max(r.ToM, routeLength)+storedWithin
}

// UpperEnd gives the upstream end of a route, lon and lat in degrees and its measure in metres: the first point, whichever way the
// measures grow. It is false for a route without points.
func UpperEnd(route *geom.LineString) (lon, lat, m float64, ok bool) {
	flat := route.FlatCoords()
	if len(flat) < 3 {
		return 0, 0, 0, false
	}
	return flat[0], flat[1], flat[2], true
}

// IsUpstream tells whether all of a lies upstream of all of b, two parts or points of one route. What counts is the upper end of b:
// a point halfway along a line is not upstream of it, though it is upstream of the line's lower end (fwapg #38). A line that
// begins at the upper end of b is upstream of it; a point is not upstream of itself.
func IsUpstream(route *geom.LineString, a, b Range) bool {
	if a == b && a.FromM == a.ToM {
		return false
	}
	if flat := route.FlatCoords(); len(flat) >= 3 && flat[2] < flat[len(flat)-1] {
		return a.ToM <= b.FromM // measures grow downstream: the upper end is the smaller
	}
	return a.FromM >= b.ToM
}
