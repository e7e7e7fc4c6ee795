package lref

import (
	"math"

	"github.com/twpayne/go-geom"

	"hetu/geo"
)

// Place is a point at or beside a route.
type Place struct {
	Lon, Lat   float64
	AzimuthDeg float64 // of the flow at the measure: degrees from north by east, in [0, 360)
}

// LocateOffset gives the point offsetM metres beside a route (XYM, downstream) at a measure, square to the flow: left is negative,
// right positive, facing downstream; 0 is the point of the route itself, as Locate has it. At an inner vertex the flow is the
// bisector of its two segments. It is right to a millimetre for offsets up to two kilometres. In a bend that is tighter than the
// offset, another part of the route may be nearer to the point. Errors are those of Locate, and an offset that is no number.
func LocateOffset(route *geom.LineString, m, offsetM float64) (Place, error) {
	flat := route.FlatCoords()
	s, err := spotAt(flat, m)
	if err != nil {
		return Place{}, err
	}
	if math.IsNaN(offsetM) || math.IsInf(offsetM, 0) {
		return Place{}, geo.Errorf(geo.CodeInvalid, "an offset is a number of metres, negative to the left: write -30 or 30")
	}
	lon, lat := s.position(flat)
	p := newPlane(lon, lat)
	east, north := flow(flat, s, p)
	out := Place{Lon: lon, Lat: lat, AzimuthDeg: azimuth(east, north)}
	if offsetM != 0 {
		out.Lon, out.Lat = p.from(offsetM*north, -offsetM*east)
	}
	return out, nil
}

// azimuth is the direction in degrees from north by east, in [0, 360).
func azimuth(east, north float64) float64 {
	deg := math.Atan2(east, north) * 180 / math.Pi
	if deg < 0 {
		deg += 360
	}
	if deg >= 360 { // a tiny negative angle rounds up to it
		return 0
	}
	return deg
}

// vertexWithin is how near in metres a place must be to a vertex to take the direction of both its segments: far less than stored
// measures are good to, and more than rounding moves a measure.
const vertexWithin = 1e-5

// flow is the unit vector of the flow at a place of a line (XYM), in the plane around that place. A line that turns straight back
// flows as its first segment does; a line without length flows north.
func flow(flat []float64, s spot, p plane) (east, north float64) {
	vertex, before, after := s.snapped(flat, p).vertex(flat)
	if vertex < 0 {
		return direction(flat, s.at, s.at+3, p)
	}
	if before < 0 && after < 0 {
		return 0, 1
	}
	if before < 0 {
		return direction(flat, vertex, after, p)
	}
	east, north = direction(flat, before, vertex, p)
	if after < 0 {
		return east, north
	}
	e, n := direction(flat, vertex, after, p)
	if l := math.Hypot(east+e, north+n); l > 1e-9 {
		return (east + e) / l, (north + n) / l
	}
	return east, north
}

// snapped moves a place to the vertex that it is all but at.
func (s spot) snapped(flat []float64, p plane) spot {
	l := math.Hypot((flat[s.at+3]-flat[s.at])*p.kx, (flat[s.at+4]-flat[s.at+1])*p.ky)
	switch {
	case s.along*l <= vertexWithin:
		s.along = 0
	case (1-s.along)*l <= vertexWithin:
		s.along = 1
	}
	return s
}

// direction is that of the segment from one vertex to another, which at a plane's origin needs no second order.
func direction(flat []float64, i, j int, p plane) (east, north float64) {
	east, north = (flat[j]-flat[i])*p.kx, (flat[j+1]-flat[i+1])*p.ky
	if l := math.Hypot(east, north); l > 0 {
		return east / l, north / l
	}
	return 0, 1
}
