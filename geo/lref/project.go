package lref

import (
	"cmp"
	"math"
	"slices"

	"github.com/twpayne/go-geom"

	"hetu/geo"
)

// Hit is a position seen from a route.
type Hit struct {
	MeasureM  float64  // on the route
	DistanceM float64  // from the position to Lon, Lat, on the ellipsoid
	OffsetM   float64  // DistanceM with the side as its sign, facing downstream: left is negative, right positive
	Bank      geo.Bank // of the position: left, right, or centre within a metre of the line
	Lon, Lat  float64  // the nearest point of the route
	Beyond    bool     // the nearest point is an end of the route: the position lies past it
}

const (
	// centreWithin is the distance in metres at which a position counts as on the centre line (rule A9).
	centreWithin = 1.0
	// apartBy is how many metres the line must go farther off between two nearest places for them to be two: less is how a hand
	// draws, and one bend would be many places.
	apartBy = 1.0
)

// spot is a place on a line of XYM: the segment that starts at index at, and how far along it in [0, 1].
type spot struct {
	at        int
	along, d2 float64 // d2: squared metres from the position that was asked about
}

// Project finds the point of a route (XYM, downstream) that is nearest to a position, its measure, and the bank the
// position lies on: rules A9 and A10, a true projection onto segments. It is right to a millimetre on the ellipsoid for positions
// within two kilometres of the route. Of places equally near, the one upstream is given; Candidates has all. A route of under two
// points, or a position that is no number, is infinitely far: DistanceM is +Inf and it has no Bank.
func Project(route *geom.LineString, lon, lat float64) Hit {
	flat := route.FlatCoords()
	s, ok := nearest(flat, lon, lat)
	if !ok {
		return Hit{DistanceM: math.Inf(1), OffsetM: math.Inf(1), Beyond: true}
	}
	return hitAt(flat, s, lon, lat)
}

// Candidates gives all places of a route (XYM, downstream) at which a position may be meant to lie: those at which the route
// comes nearest before it goes off again, and of them the ones not more than tolM metres farther than the nearest of all (rule
// A10: bends, parallel channels). Nearest first, of equals the one upstream; the first is what Project gives. A bend is one
// candidate unless the route goes a metre farther off between its two arms. Empty where Project finds nothing.
func Candidates(route *geom.LineString, lon, lat, tolM float64) []Hit {
	flat := route.FlatCoords()
	spots := places(flat, newPlane(lon, lat))
	if len(spots) == 0 {
		return nil
	}
	slices.SortStableFunc(spots, func(a, b spot) int { return cmp.Compare(a.d2, b.d2) })
	if !(tolM > 0) {
		tolM = 0
	}
	limit := math.Sqrt(spots[0].d2) + tolM
	var out []Hit
	for _, s := range spots {
		if s.d2 <= limit*limit || s.d2 == spots[0].d2 {
			out = append(out, hitAt(flat, s, lon, lat))
		}
	}
	return out
}

// nearest finds the nearest place of a line (XYM). False when the line has no segment or the position is no number.
func nearest(flat []float64, lon, lat float64) (spot, bool) {
	p := newPlane(lon, lat)
	best, off := spot{d2: math.Inf(1)}, math.Inf(1)
	for i := 0; i+5 < len(flat); i += 3 {
		if samePlace(flat, i, i+3) && i+6 < len(flat) {
			continue // the segments beside it have its place, and a direction; the last is looked at for a line that is one point
		}
		if t, d2 := p.arc(flat[i], flat[i+1], flat[i+3], flat[i+4]).foot(off); d2 < best.d2 {
			best, off = spot{i, t, d2}, math.Sqrt(d2)
		}
	}
	return best, !math.IsInf(best.d2, 1)
}

func samePlace(flat []float64, i, j int) bool { return flat[i] == flat[j] && flat[i+1] == flat[j+1] }

// hitAt describes a position seen from a place of the route.
func hitAt(flat []float64, s spot, lon, lat float64) Hit {
	hit := Hit{MeasureM: s.measure(flat)}
	hit.Lon, hit.Lat = s.position(flat)
	hit.DistanceM = Distance(lon, lat, hit.Lon, hit.Lat)
	vertex, before, after := s.vertex(flat)
	hit.Beyond = vertex >= 0 && (before < 0 || after < 0)
	hit.Bank, hit.OffsetM = geo.Right, hit.DistanceM
	if onLeft(flat, s.at, vertex, before, after, lon, lat) {
		hit.Bank, hit.OffsetM = geo.Left, -hit.DistanceM
	}
	if hit.DistanceM <= centreWithin {
		hit.Bank = geo.Centre
	}
	return hit
}

func (s spot) measure(flat []float64) float64 {
	a, b := flat[s.at+2], flat[s.at+5]
	return a + (b-a)*s.along
}

func (s spot) position(flat []float64) (lon, lat float64) {
	a, b := flat[s.at:s.at+3], flat[s.at+3:s.at+6]
	if s.along == 1 {
		return b[0], b[1] // a + (b-a) may miss b by a rounding
	}
	return a[0] + (b[0]-a[0])*s.along, a[1] + (b[1]-a[1])*s.along
}

// vertex gives the index of the vertex that the place is, and those of its neighbours that lie elsewhere; -1 for what there is not.
func (s spot) vertex(flat []float64) (vertex, before, after int) {
	switch s.along {
	case 0:
		vertex = s.at
	case 1:
		vertex = s.at + 3
	default:
		return -1, -1, -1
	}
	before, after = vertex-3, vertex+3
	for before >= 0 && samePlace(flat, before, vertex) {
		before -= 3
	}
	for after < len(flat) && samePlace(flat, after, vertex) {
		after += 3
	}
	if after >= len(flat) {
		after = -1
	}
	return vertex, max(before, -1), after
}

// onLeft tells the side of the position from where the route passes its nearest point. At an inner vertex one segment alone can tell
// the wrong side: the position lies outside the bend, so where the two segments disagree the turn decides. Where they agree they
// are asked, for on a straight line the turn is the noise of rounding. The sign of the cross product is the same in degrees as in
// metres, and a segment is straight in degrees.
func onLeft(flat []float64, at, vertex, before, after int, lon, lat float64) bool {
	cross := func(i, j int, x, y float64) float64 {
		return (flat[j]-flat[i])*(y-flat[i+1]) - (flat[j+1]-flat[i+1])*(x-flat[i])
	}
	switch {
	case before >= 0 && after >= 0:
		in, out := cross(before, vertex, lon, lat), cross(vertex, after, lon, lat)
		if turn := cross(before, vertex, flat[after], flat[after+1]); turn != 0 && (in > 0) != (out > 0) {
			return turn < 0
		}
		return in >= 0
	case before >= 0:
		return cross(before, vertex, lon, lat) >= 0
	case after >= 0:
		return cross(vertex, after, lon, lat) >= 0
	default:
		return cross(at, at+3, lon, lat) >= 0
	}
}
