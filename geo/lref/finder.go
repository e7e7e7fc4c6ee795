package lref

import (
	"math"

	"github.com/twpayne/go-geom"
)

// finderSegments is how many segments share a box: a long river has hundreds of boxes, and few hold any one position.
const finderSegments = 128

// Finder projects many positions on one route and looks only at the parts of it that come near each: a river of a million vertices
// with thousands of kilometre stones would else be walked once for each. It is not for use by two goroutines at once.
type Finder struct {
	flat  []float64 // XYM
	boxes []finderBox

	looked int // segments, for tests to bound the work
}

type finderBox struct{ west, south, east, north float64 }

// NewFinder makes the finder of a route (XYM, downstream).
func NewFinder(route *geom.LineString) *Finder { return newFinder(route.FlatCoords()) }

func newFinder(flat []float64) *Finder {
	f := &Finder{flat: flat}
	for from := 0; from+5 < len(flat); from += 3 * finderSegments {
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
func (f *Finder) end(from int) int { return min(from+3*finderSegments+3, len(f.flat)) }

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
	const metresPerDegree = 110_000 // of latitude, at least
	dlat := withinM / metresPerDegree
	dlon := 360.0
	if c := math.Cos((math.Abs(lat) + dlat) * math.Pi / 180); c > 0.001 {
		dlon = dlat / c
	}
	best := spot{d2: math.Inf(1)}
	for i, b := range f.boxes {
		if lon < b.west-dlon || lon > b.east+dlon || lat < b.south-dlat || lat > b.north+dlat {
			continue
		}
		from := 3 * finderSegments * i
		part := f.flat[from:f.end(from)]
		f.looked += len(part)/3 - 1
		if s, ok := nearest(part, lon, lat); ok && s.d2 < best.d2 {
			s.at += from
			best = s
		}
	}
	return best, !math.IsInf(best.d2, 1)
}
