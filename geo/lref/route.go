package lref

import (
	"fmt"
	"math"

	"github.com/twpayne/go-geom"

	"hetu/geo"
)

// Measured gives a line that runs downstream its measures: XYM out of any layout. Origin "mouth" sets M to 0 at the last
// point and growing upstream, "source" to 0 at the first and growing downstream; a "custom" origin is an offset to one of
// these. The SRID is kept. Lines of under two points come back with M 0.
func Measured(line *geom.LineString, origin string) *geom.LineString {
	flat, stride := line.FlatCoords(), line.Stride()
	n := len(flat) / stride
	out := make([]float64, 0, n*3)
	sum := 0.0
	for i := range n {
		x, y := flat[i*stride], flat[i*stride+1]
		if i > 0 {
			sum += segmentLength(flat[(i-1)*stride], flat[(i-1)*stride+1], x, y)
		}
		out = append(out, x, y, sum)
	}
	if origin == "mouth" {
		for i := 2; i < len(out); i += 3 {
			out[i] = sum - out[i]
		}
	}
	return geom.NewLineStringFlat(geom.XYM, out).SetSRID(line.SRID())
}

// Hit is a position seen from a route.
type Hit struct {
	MeasureM  float64  // on the route
	DistanceM float64  // from the position to Lon, Lat, on the ellipsoid
	Bank      geo.Bank // of the position: left, right, or centre within a metre of the line
	Lon, Lat  float64  // the nearest point of the route
	Beyond    bool     // the nearest point is an end of the route: the position lies past it
}

// centreWithin is the distance in metres at which a position counts as on the centre line (rule A9).
const centreWithin = 1.0

// Project finds the point of a route (XYM, downstream) that is nearest to a position, its measure, and the bank the
// position lies on: rules A9 and A10, a true projection onto segments in the plane of the position's own latitude, which
// is exact to a millimetre for positions within some kilometres. The route must have two points.
func Project(route *geom.LineString, lon, lat float64) Hit {
	flat := route.FlatCoords()
	kx, ky := metresPerDegree(lat)
	best, at, along := math.Inf(1), 0, 0.0
	for i := 0; i+5 < len(flat); i += 3 {
		ax, ay := (flat[i]-lon)*kx, (flat[i+1]-lat)*ky
		bx, by := (flat[i+3]-lon)*kx, (flat[i+4]-lat)*ky
		t := 0.0
		if l := (bx-ax)*(bx-ax) + (by-ay)*(by-ay); l > 0 {
			t = min(1, max(0, -(ax*(bx-ax)+ay*(by-ay))/l))
		}
		x, y := ax+(bx-ax)*t, ay+(by-ay)*t
		if d := x*x + y*y; d < best {
			best, at, along = d, i, t
		}
	}
	a, b := flat[at:at+3], flat[at+3:at+6]
	hit := Hit{
		MeasureM: a[2] + (b[2]-a[2])*along,
		Lon:      a[0] + (b[0]-a[0])*along,
		Lat:      a[1] + (b[1]-a[1])*along,
	}
	hit.DistanceM = Distance(lon, lat, hit.Lon, hit.Lat)
	hit.Beyond = (at == 0 && along == 0) || (at+6 == len(flat) && along == 1)
	hit.Bank = bank(flat, at, along, lon, lat, kx, ky)
	if hit.DistanceM <= centreWithin {
		hit.Bank = geo.Centre
	}
	return hit
}

// bank tells the side of the position from the segment that starts at index at of flat. Where the nearest point is an inner
// vertex, one segment alone can tell the wrong side: the position then lies outside the bend, so the turn decides.
func bank(flat []float64, at int, along, lon, lat, kx, ky float64) geo.Bank {
	cross := func(i, j int, x, y float64) float64 {
		dx, dy := (flat[j]-flat[i])*kx, (flat[j+1]-flat[i+1])*ky
		return dx*(y-flat[i+1])*ky - dy*(x-flat[i])*kx
	}
	side := cross(at, at+3, lon, lat)
	vertex := -1
	switch {
	case along == 0 && at > 0:
		vertex = at
	case along == 1 && at+6 < len(flat):
		vertex = at + 3
	}
	if vertex >= 0 {
		before, after := vertex-3, vertex+3
		for before > 0 && flat[before] == flat[vertex] && flat[before+1] == flat[vertex+1] {
			before -= 3
		}
		for after+3 < len(flat) && flat[after] == flat[vertex] && flat[after+1] == flat[vertex+1] {
			after += 3
		}
		if turn := cross(before, vertex, flat[after], flat[after+1]); turn != 0 {
			side = -turn
		}
	}
	if side >= 0 {
		return geo.Left
	}
	return geo.Right
}

// Locate gives the one point of a route at a measure. A measure off the route is an error that names its ends.
func Locate(route *geom.LineString, m float64) (lon, lat float64, err error) {
	flat := route.FlatCoords()
	if math.IsNaN(m) {
		return 0, 0, geo.Errorf(geo.CodeInvalid, "a measure is a number")
	}
	for i := 0; i+5 < len(flat); i += 3 {
		lo, hi := min(flat[i+2], flat[i+5]), max(flat[i+2], flat[i+5])
		if m < lo || m > hi {
			continue
		}
		t := 0.0
		if hi > lo {
			t = (m - flat[i+2]) / (flat[i+5] - flat[i+2])
		}
		return flat[i] + (flat[i+3]-flat[i])*t, flat[i+1] + (flat[i+4]-flat[i+1])*t, nil
	}
	return 0, 0, geo.Errorf(geo.CodeInvalid, "the measure %s lies outside the route, which runs from %s to %s", Label(m), Label(flat[2]), Label(flat[len(flat)-1]))
}

// Substring gives the part of a route between two measures, XY, downstream as the route runs. from < to; both on the route
// to within a centimetre, which is what stored measures are good to.
func Substring(route *geom.LineString, from, to float64) (*geom.LineString, error) {
	const slack = 0.01
	flat := route.FlatCoords()
	if len(flat) < 6 || !(from < to) {
		return nil, geo.Errorf(geo.CodeInvalid, "a range runs from a smaller to a larger measure, not from %g to %g", from, to)
	}
	first, last := flat[2], flat[len(flat)-1]
	lo, hi := min(first, last), max(first, last)
	if from < lo-slack || to > hi+slack {
		return nil, geo.Errorf(geo.CodeInvalid, "the range %s to %s reaches beyond its route, which runs from %s to %s", Label(from), Label(to), Label(lo), Label(hi))
	}
	from, to = max(from, lo), min(to, hi)
	start, end := from, to
	if first > last {
		start, end = to, from
	}
	out, err := cut(route, start, end)
	if err != nil {
		return nil, err
	}
	return geom.NewLineStringFlat(geom.XY, out).SetSRID(route.SRID()), nil
}

// cut walks the route from the measure start to the measure end, in the order the route runs.
func cut(route *geom.LineString, start, end float64) ([]float64, error) {
	flat := route.FlatCoords()
	lon, lat, err := Locate(route, start)
	if err != nil {
		return nil, fmt.Errorf("cut a route: %w", err)
	}
	out := []float64{lon, lat}
	inside := func(m float64) bool { return (m > start && m < end) || (m < start && m > end) }
	for i := 0; i < len(flat); i += 3 {
		if inside(flat[i+2]) && (flat[i] != out[len(out)-2] || flat[i+1] != out[len(out)-1]) {
			out = append(out, flat[i], flat[i+1])
		}
	}
	lon, lat, err = Locate(route, end)
	if err != nil {
		return nil, fmt.Errorf("cut a route: %w", err)
	}
	if len(out) == 2 || lon != out[len(out)-2] || lat != out[len(out)-1] {
		out = append(out, lon, lat)
	}
	return out, nil
}

// Label writes a measure as it stands on boards and plans: K12+345, rounded to the metre, so that 999.6 is K1+000.
func Label(m float64) string {
	n := int64(math.Round(m))
	if n < 0 {
		return fmt.Sprintf("-K%d+%03d", -n/1000, -n%1000)
	}
	return fmt.Sprintf("K%d+%03d", n/1000, n%1000)
}
