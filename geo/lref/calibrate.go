package lref

import (
	"cmp"
	"math"
	"slices"

	"github.com/twpayne/go-geom"

	"hetu/geo"
)

// Calibration is a place whose measure is known: a kilometre stone (里程桩), in degrees and metres.
type Calibration struct{ Lon, Lat, MeasureM float64 }

// CalibrateWithinM is how far in metres a calibration point may lie off its route, where nothing else is said: the Ganzi scripts
// take surveyed kilometre points within 500 m.
const CalibrateWithinM = 500.0

// Calibrate gives a route (XYM, downstream) the measures that calibration points tell: at
// the nearest place of the route each has its own, between two they are even in the length on the ellipsoid, and beyond the first
// and the last they go on at a metre a metre. With one point they grow the way they did; two or more tell
// which way they grow, whatever order they are given in. A vertex is added on the line at each point, so that M is even along every
// segment; positions are otherwise kept, and the SRID. A point may lie withinM metres off the route; 0 is CalibrateWithinM.
//
// Errors are of geo.CodeInvalid: no point, a point that is no number or too far off (by name and distance), two points whose
// measures do not rise or fall as the places do (both by name), a route without length.
func Calibrate(route *geom.LineString, points []Calibration, withinM float64) (*geom.LineString, error) {
	flat := route.FlatCoords()
	if withinM == 0 {
		withinM = CalibrateWithinM
	}
	if len(points) == 0 {
		return nil, geo.Errorf(geo.CodeInvalid, "a calibration needs at least one point with its measure")
	}
	length := chainages(flat)
	if len(length) < 2 || !(length[len(length)-1] > 0) {
		return nil, geo.Errorf(geo.CodeInvalid, "a route without length has no measures: give it a line")
	}
	marks, err := marksOf(flat, length, points, withinM)
	if err != nil {
		return nil, err
	}
	rise := 1.0
	if len(marks) > 1 && marks[1].m < marks[0].m || len(marks) == 1 && flat[2] > flat[len(flat)-1] {
		rise = -1
	}
	return geom.NewLineStringFlat(geom.XYM, remeasured(flat, length, marks, rise)).SetSRID(route.SRID()), nil
}

// mark is a calibration point on the route: its chainage from the upper end along the ellipsoid, and its measure.
type mark struct {
	spot
	chainage, m float64
	point       int // counted from 1 as given
}

// chainages gives the length in metres from the first vertex to each, along the ellipsoid.
func chainages(flat []float64) []float64 {
	out := make([]float64, len(flat)/3)
	for i := 1; i < len(out); i++ {
		out[i] = out[i-1] + segmentLength(flat[3*i-3], flat[3*i-2], flat[3*i], flat[3*i+1])
	}
	return out
}

// marksOf finds the points on the route, in its order.
func marksOf(flat, length []float64, points []Calibration, withinM float64) ([]mark, error) {
	marks := make([]mark, 0, len(points))
	finder := newFinder(flat)
	for i, c := range points {
		if math.IsNaN(c.MeasureM) || math.IsInf(c.MeasureM, 0) {
			return nil, geo.Errorf(geo.CodeInvalid, "calibration point %d has no measure: write it as K12+345, K12+345.6 or 12345.6", i+1)
		}
		s, ok := finder.nearest(c.Lon, c.Lat, withinM)
		if !ok { // it is refused, by how far off it lies
			s, ok = nearest(flat, c.Lon, c.Lat)
		}
		if !ok {
			return nil, geo.Errorf(geo.CodeInvalid, "calibration point %d (%s) has no position: give lon and lat in degrees", i+1, Label(c.MeasureM))
		}
		if d := hitAt(flat, s, c.Lon, c.Lat).DistanceM; !(d <= withinM) {
			return nil, geo.Errorf(geo.CodeInvalid, "calibration point %d (%s) lies %.0f m off the route, more than %g m: move it, or leave it out", i+1, Label(c.MeasureM), d, withinM)
		}
		marks = append(marks, mark{spot: s, chainage: chainageOf(s, length), m: c.MeasureM, point: i + 1})
	}
	slices.SortStableFunc(marks, func(a, b mark) int { return cmp.Compare(a.chainage, b.chainage) })
	return marks, monotone(marks)
}

// chainageOf gives that of a place, and exactly that of a vertex which is all but there.
func chainageOf(s spot, length []float64) float64 {
	from, to := length[s.at/3], length[s.at/3+1]
	switch c := from + s.along*(to-from); {
	case c-from < vertexWithin:
		return from
	case to-c < vertexWithin:
		return to
	default:
		return c
	}
}

// monotone refuses marks whose measures do not all rise, or all fall, along the route.
func monotone(marks []mark) error {
	for i := 1; i < len(marks); i++ {
		a, b := marks[i-1], marks[i]
		if b.chainage-a.chainage < vertexWithin {
			return geo.Errorf(geo.CodeInvalid, "calibration points %d (%s) and %d (%s) lie at one place of the route: leave one out", a.point, Label(a.m), b.point, Label(b.m))
		}
		if b.m == a.m || (b.m > a.m) != (marks[1].m > marks[0].m) {
			return geo.Errorf(geo.CodeInvalid, "measures must rise or fall all along the route, and downstream of calibration point %d (%s) comes point %d (%s): correct one of the two",
				a.point, fineLabel(a.m, math.Round), b.point, fineLabel(b.m, math.Round))
		}
	}
	return nil
}

// remeasured writes the line with the measures of the marks, and a vertex at each.
func remeasured(flat, length []float64, marks []mark, rise float64) []float64 {
	out := make([]float64, 0, len(flat)+3*len(marks))
	next := 0
	for v := range length {
		out = append(out, flat[3*v], flat[3*v+1], measureAt(length[v], marks, rise))
		for ; next < len(marks) && v+1 < len(length) && marks[next].chainage < length[v+1]; next++ {
			if marks[next].chainage > length[v] {
				lon, lat := marks[next].position(flat)
				out = append(out, lon, lat, marks[next].m)
			}
		}
	}
	return out
}

// measureAt reads a chainage off the marks: between two of them evenly, beyond the last at a metre a metre.
func measureAt(chainage float64, marks []mark, rise float64) float64 {
	i, found := slices.BinarySearchFunc(marks, chainage, func(k mark, c float64) int { return cmp.Compare(k.chainage, c) })
	switch {
	case found:
		return marks[i].m
	case i == 0:
		return marks[0].m + rise*(chainage-marks[0].chainage)
	case i == len(marks):
		return marks[i-1].m + rise*(chainage-marks[i-1].chainage)
	default:
		a, b := marks[i-1], marks[i]
		return a.m + (b.m-a.m)*(chainage-a.chainage)/(b.chainage-a.chainage)
	}
}
