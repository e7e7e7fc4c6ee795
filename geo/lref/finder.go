package lref

import (
	"math"

	"github.com/twpayne/go-geom"
)

// finderSegments is how many segments share a box: a long river has thousands of boxes, and few hold any one position.
const finderSegments = 32

// Finder projects many positions on one route and looks only at the parts of it that come near each: a river of a million vertices
// with thousands of kilometre stones would else be walked once for each. It is not for use by two goroutines at once.
type Finder struct {
	flat  []float64 // XYM
	boxes []finderBox
	each  int // segments of a box

	looked int // segments, for tests to bound the work
}

type finderBox struct{ west, south, east, north float64 }

// NewFinder makes the finder of a route (XYM, downstream).
func NewFinder(route *geom.LineString) *Finder { return newFinder(route.FlatCoords()) }

func newFinder(flat []float64) *Finder { return newFinderOf(flat, finderSegments) }

// newFinderOf makes a finder whose boxes are of so many segments each.
func newFinderOf(flat []float64, each int) *Finder {
	f := &Finder{flat: flat, each: each}
	for from := 0; from+5 < len(flat); from += 3 * each {
		b := finderBox{math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)}
		for i := from; i < f.end(from); i += 3 {
			b.west, b.east = min(b.west, flat[i]), max(b.east, flat[i])
			b.south, b.north = min(b.south, flat[i+1]), max(b.north, flat[i+1])
		}
		f.boxes = append(f.boxes, b)
	}
	return f
}

// end is behind the last vertex of the box that begins at an index; the next box begins with that vertex.
func (f *Finder) end(from int) int { return min(from+3*f.each+3, len(f.flat)) }

// Project gives what [Project] gives if that is not more than withinM metres off, else false.
func (f *Finder) Project(lon, lat, withinM float64) (Hit, bool) {
	s, ok := f.nearest(lon, lat, withinM)
	if !ok {
		return Hit{}, false
	}
	h := hitAt(f.flat, s, lon, lat)
	return h, h.DistanceM <= withinM
}

// nearest finds the nearest place of the line among the parts that may come within so many metres.
func (f *Finder) nearest(lon, lat, withinM float64) (spot, bool) {
	dlon, dlat := degreesAround(lat, withinM)
	best := spot{d2: math.Inf(1)}
	for i, b := range f.boxes {
		if !b.meets(lon, lat, dlon, dlat) {
			continue
		}
		from := 3 * f.each * i
		part := f.flat[from:f.end(from)]
		f.looked += len(part)/3 - 1
		if s, ok := nearest(part, lon, lat); ok && s.d2 < best.d2 {
			s.at += from
			best = s
		}
	}
	return best, !math.IsInf(best.d2, 1)
}

// degreesAround gives how many degrees a place may lie off a latitude's position that is within so many metres.
func degreesAround(lat, withinM float64) (dlon, dlat float64) {
	const metresPerDegree = 110_000 // of latitude, at least
	dlat = withinM / metresPerDegree
	if c := math.Cos((math.Abs(lat) + dlat) * math.Pi / 180); c > 0.001 {
		return dlat / c, dlat
	}
	return 360, dlat
}

// distance is how many metres the line is off, looked for in circles that grow; +Inf where it finds nothing.
func (f *Finder) distance(lon, lat float64) float64 {
	for within := 100.0; within < 1e8; within *= 4 {
		if s, ok := f.nearest(lon, lat, within); ok && s.d2 <= within*within {
			return math.Sqrt(s.d2)
		}
	}
	return math.Inf(1)
}

// places is [places] of the parts of the line that come within so many metres; of those parts that run on, as one.
func (f *Finder) places(lon, lat, withinM float64) []spot {
	dlon, dlat := degreesAround(lat, withinM)
	p := newPlane(lon, lat)
	var out []spot
	for i := 0; i < len(f.boxes); i++ {
		first := i
		for ; i < len(f.boxes) && f.boxes[i].meets(lon, lat, dlon, dlat); i++ {
		}
		if i == first {
			continue
		}
		from := 3 * f.each * first
		for _, s := range places(f.flat[from:f.end(3*f.each*(i-1))], p) {
			if s.at += from; s.d2 <= withinM*withinM {
				out = append(out, s)
			}
		}
	}
	if len(out) == 0 { // a position that is no number, or a line that is
		return places(f.flat, p)
	}
	return out
}

func (b finderBox) meets(lon, lat, dlon, dlat float64) bool {
	return !(lon < b.west-dlon || lon > b.east+dlon || lat < b.south-dlat || lat > b.north+dlat)
}

// MeasureOf is the measure of the place of the route that is nearest to a position, however far; NaN where there is none.
func (f *Finder) MeasureOf(lon, lat float64) float64 {
	for within := 100.0; within < 1e8; within *= 4 {
		if s, ok := f.nearest(lon, lat, within); ok && s.d2 <= within*within {
			return s.measure(f.flat)
		}
	}
	return math.NaN()
}
