package overlay

import (
	"math"

	"github.com/twpayne/go-geom"
)

// The ellipsoid of CGCS2000.
const (
	semiMajor  = 6378137.0
	flattening = 1 / 298.257222101
)

// AreaM2 is the area in square metres on the ellipsoid of what lies between edges that are straight in degrees: a ring's winding does
// not matter, holes are taken off. What is no polygon has none.
func AreaM2(g geom.T) float64 {
	sum := 0.0
	switch g := g.(type) {
	case *geom.Polygon:
		for i := range g.NumLinearRings() {
			ring := math.Abs(ringM2(g.LinearRing(i).FlatCoords(), g.Stride()))
			if i > 0 {
				ring = -ring
			}
			sum += ring
		}
	case *geom.MultiPolygon:
		for i := range g.NumPolygons() {
			sum += AreaM2(g.Polygon(i))
		}
	}
	return sum
}

// ringM2 is the area of a closed ring, positive where it runs counter-clockwise.
func ringM2(flat []float64, stride int) float64 {
	if len(flat) == 0 {
		return 0
	}
	return sweptM2(flat, stride, flat[1])
}

// sweptM2 is the area between a line and the parallel of latitude lat0, positive where the line runs west above it. For lines that
// together close, the sum is the area to their left, whatever lat0: one near to them keeps the rounding small.
func sweptM2(flat []float64, stride int, lat0 float64) float64 {
	const rad = math.Pi / 180
	below := zoneM2(lat0 * rad)
	sum := 0.0
	for i := stride; i+1 < len(flat); i += stride {
		dlon := (flat[i] - flat[i-stride]) * rad
		sum -= dlon * (meanZoneM2(flat[i-stride+1]*rad, flat[i+1]*rad) - below)
	}
	return sum
}

// meanZoneM2 is the mean of zoneM2 between two latitudes, which a straight edge passes evenly: by Gauss-Legendre's rule of three points,
// good to 1e-15 over two degrees; a longer edge is taken in steps. It is the same from either end.
func meanZoneM2(a, b float64) float64 {
	const step = 2 * math.Pi / 180
	n := max(1, math.Ceil(math.Abs(b-a)/step))
	if n > 1 {
		lo, hi := min(a, b), max(a, b)
		sum := 0.0
		for i := range int(n) {
			sum += meanZoneM2(lo+(hi-lo)*float64(i)/n, lo+(hi-lo)*float64(i+1)/n)
		}
		return sum / n
	}
	mid, off := (a+b)/2, math.Abs(b-a)/2*math.Sqrt(0.6)
	return (5*(zoneM2(mid-off)+zoneM2(mid+off)) + 8*zoneM2(mid)) / 18
}

// zoneM2 is the area between the equator and a latitude over one radian of longitude: s/(1-e²s²) + artanh(es)/e, s being its sine, as a series in
// e²s². Its terms fall by a hundred and fifty times each, so that after these nothing is left in a number.
func zoneM2(lat float64) float64 {
	const e2 = flattening * (2 - flattening)
	s := math.Sin(lat)
	u := e2 * s * s
	return semiMajor * semiMajor * (1 - e2) * s * (1 + u*(2./3+u*(3./5+u*(4./7+u*(5./9+u*(6./11+u*(7./13+u*8/15)))))))
}
