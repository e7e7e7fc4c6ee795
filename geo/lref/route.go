package lref

import (
	"fmt"
	"math"

	"github.com/twpayne/go-geom"

	"hetu/geo"
)

// Measured gives a line that runs downstream its measures: XYM out of any layout. Origin "mouth" sets M to 0 at the last
// point and growing upstream, "source" to 0 at the first and growing downstream. A "custom" origin cannot be had from the line
// alone: Calibrate fits one to surveyed points; here it is as "source". The SRID is kept. Lines of
// under two points come back with M 0.
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

// storedWithin is how far in metres a stored measure may lie off the place that it means.
const storedWithin = 0.01

// Locate gives the one point of a route at a measure, also where two segments share it: of places with one measure, as the two
// ends of a lake may have, the one upstream. A measure more than a centimetre off the route is an error that names its ends.
func Locate(route *geom.LineString, m float64) (lon, lat float64, err error) {
	flat := route.FlatCoords()
	s, err := spotAt(flat, m)
	if err != nil {
		return 0, 0, err
	}
	lon, lat = s.position(flat)
	return lon, lat, nil
}

// spotAt finds the place of a line (XYM) at a measure.
func spotAt(flat []float64, m float64) (spot, error) {
	if len(flat) < 6 {
		return spot{}, geo.Errorf(geo.CodeInvalid, "a route of under two points has no measures: give it a line")
	}
	if math.IsNaN(m) {
		return spot{}, geo.Errorf(geo.CodeInvalid, "a measure is a number: write it as K12+345, K12+345.6 or 12345.6")
	}
	lowest, highest := bounds(flat)
	if m < lowest-storedWithin || m > highest+storedWithin {
		return spot{}, geo.Errorf(geo.CodeInvalid, "the measure %s lies outside the route, which runs from %s to %s",
			fineLabel(m, math.Round), fineLabel(lowest, math.Ceil), fineLabel(highest, math.Floor))
	}
	m = min(max(m, lowest), highest)
	for i := 0; i+5 < len(flat); i += 3 {
		lo, hi := min(flat[i+2], flat[i+5]), max(flat[i+2], flat[i+5])
		if m < lo || m > hi {
			continue
		}
		t := 0.0
		if hi > lo {
			t = (m - flat[i+2]) / (flat[i+5] - flat[i+2])
		}
		return spot{at: i, along: t}, nil
	}
	return spot{}, geo.Errorf(geo.CodeInvalid, "the route's measures have a gap at %s: measure it anew", Label(m))
}

// Ends gives the lowest and the highest measure of a route (XYM); false for one of under two points.
func Ends(route *geom.LineString) (lowest, highest float64, ok bool) {
	flat := route.FlatCoords()
	if len(flat) < 6 {
		return 0, 0, false
	}
	lowest, highest = bounds(flat)
	return lowest, highest, true
}

// LabelWithin is how far in metres a measure read off a label may lie past the end that it means: labels are rounded to the metre, so
// that a route of 12345.6 m ends at K12+346.
const LabelWithin = 0.5

// Clamp takes a measure that lies past an end of a route by no more than LabelWithin to that end; another stays as it is. moved tells
// that it lay past by more than stored measures are good to.
func Clamp(route *geom.LineString, m float64) (at float64, moved bool) {
	lowest, highest, ok := Ends(route)
	if !ok || !(m >= lowest-LabelWithin && m <= highest+LabelWithin) {
		return m, false
	}
	at = min(max(m, lowest), highest)
	return at, math.Abs(at-m) > storedWithin
}

// bounds gives the lowest and the highest measure of a line (XYM) that runs one way.
func bounds(flat []float64) (lowest, highest float64) {
	first, last := flat[2], flat[len(flat)-1]
	return min(first, last), max(first, last)
}

// Substring gives the part of a route between two measures, XY, downstream as the route runs. from < to; both on the route
// to within a centimetre, which is what stored measures are good to.
func Substring(route *geom.LineString, from, to float64) (*geom.LineString, error) {
	flat := route.FlatCoords()
	if len(flat) < 6 || !(from < to) {
		return nil, geo.Errorf(geo.CodeInvalid, "a range runs from a smaller to a larger measure, not from %g to %g", from, to)
	}
	lo, hi := bounds(flat)
	if from < lo-storedWithin || to > hi+storedWithin {
		return nil, geo.Errorf(geo.CodeInvalid, "the range %s to %s reaches beyond its route, which runs from %s to %s",
			fineLabel(from, math.Round), fineLabel(to, math.Round), fineLabel(lo, math.Ceil), fineLabel(hi, math.Floor))
	}
	from, to = max(from, lo), min(to, hi)
	start, end := from, to
	if flat[2] > flat[len(flat)-1] {
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
