package lref

import (
	"math"

	"github.com/twpayne/go-geom"

	"hetu/geo/boxes"
)

const (
	// finderSegments is how many segments share a box.
	finderSegments = 4
	// finderFarM is how far off, in metres, a place is still found by boxes: the lengths of degrees around a position are known so far. What lies
	// farther is no place on a river, and the whole line is walked for it.
	finderFarM = 50_000.0
)

// Finder projects many positions on one route and looks only at the parts of it that come near each: a river of a million vertices
// with thousands of kilometre stones would else be walked once for each. Of positions that follow each other, as those of a line do, the next is
// looked for first where the last was found. It is not for use by two goroutines at once.
type Finder struct {
	flat []float64 // XYM
	tree boxes.Tree
	last int // the number of the segment that was found last

	looked int // segments, for tests to bound the work
}

// NewFinder makes the finder of a route (XYM, downstream).
func NewFinder(route *geom.LineString) *Finder { return newFinder(route.FlatCoords()) }

func newFinder(flat []float64) *Finder { return newFinderOf(flat, finderSegments) }

// newFinderOf makes a finder whose boxes are of so many segments each.
func newFinderOf(flat []float64, each int) *Finder {
	return &Finder{flat: flat, tree: boxes.Over(max(0, len(flat)/3-1), each, func(i int) boxes.Box {
		return boxes.Of(flat[3*i], flat[3*i+1], flat[3*i+3], flat[3*i+4])
	})}
}

// Project gives what [Project] gives if that is not more than withinM metres off, else false.
func (f *Finder) Project(lon, lat, withinM float64) (Hit, bool) {
	s, ok := f.nearest(lon, lat, withinM)
	if !ok {
		return Hit{}, false
	}
	h := hitAt(f.flat, s, lon, lat)
	return h, h.DistanceM <= withinM
}

// nearest finds the nearest place of the line, if it is not farther than so many metres; one that is a little farther may be given too.
func (f *Finder) nearest(lon, lat, withinM float64) (spot, bool) {
	if !(withinM <= finderFarM) {
		return f.nearestOfAll(lon, lat)
	}
	p, most := newPlane(lon, lat), 1.01*withinM+1 // a plane is good to a millionth
	return f.among(p, f.besideLast(p, spot{at: -1, d2: most * most}))
}

// nearestOfAll finds the nearest place of the line, however far.
func (f *Finder) nearestOfAll(lon, lat float64) (spot, bool) {
	p := newPlane(lon, lat)
	if near := f.besideLast(p, spot{at: -1, d2: math.Inf(1)}); near.d2 < finderFarM*finderFarM {
		return f.among(p, near)
	}
	s, ok := nearest(f.flat, lon, lat)
	f.last = s.at / 3
	return s, ok
}

// besideLast gives the nearest place of the segment that the last was found on, if it is nearer than what is known.
func (f *Finder) besideLast(p plane, best spot) spot {
	if 3*f.last+5 < len(f.flat) {
		best = f.look(p, scale{}, f.last, f.last+1, best)
	}
	return best
}

// among gives the nearest place of all, of which one is known to be so near.
func (f *Finder) among(p plane, best spot) (spot, bool) {
	per := p.scale(math.Sqrt(best.d2))
	at := boxes.Around{X: p.lon, Y: p.lat, East: per.east, North: per.north}
	f.tree.Near(at, best.d2, 0, len(f.flat)/3, func(from, to int) float64 {
		best = f.look(p, per, from, to, best)
		return best.d2
	})
	if best.at < 0 {
		return best, false
	}
	f.last = best.at / 3
	return best, true
}

// look gives the nearest place of some segments, if it is nearer than what is known, or as near and upstream of it.
func (f *Finder) look(p plane, per scale, from, to int, best spot) spot {
	f.looked += to - from
	off := math.Sqrt(best.d2)
	for i := 3 * from; i < 3*to; i += 3 {
		x1, y1, x2, y2 := f.flat[i], f.flat[i+1], f.flat[i+3], f.flat[i+4]
		dx, dy := max(min(x1, x2)-p.lon, 0, p.lon-max(x1, x2))*per.east, max(min(y1, y2)-p.lat, 0, p.lat-max(y1, y2))*per.north
		if dx*dx+dy*dy > best.d2 || x1 == x2 && y1 == y2 && i+6 < len(f.flat) { // see nearest
			continue
		}
		t, d2 := p.arc(x1, y1, x2, y2).foot(off)
		if d2 < best.d2 || d2 == best.d2 && i < best.at {
			best, off = spot{i, t, d2}, math.Sqrt(d2)
		}
	}
	return best
}

// scale is how long degrees are, at least, in metres.
type scale struct{ east, north float64 }

// metresPerDegree is how long a degree of latitude is, at least.
const metresPerDegree = 110_000

// scaleAround gives the scale up to so many metres around a latitude.
func scaleAround(lat, withinM float64) scale {
	if c := math.Cos((math.Abs(lat) + withinM/metresPerDegree) * math.Pi / 180); c > 0.001 {
		return scale{metresPerDegree * c, metresPerDegree}
	}
	return scale{0, metresPerDegree}
}

// scale is scaleAround in the numbers of the plane, which is closer: up to a kilometre they change by less than a thousandth.
func (p plane) scale(withinM float64) scale {
	const close, spare, north = 1000.0, 0.999, 60.0 // metres, and degrees: farther north the length of a degree changes more
	if withinM <= close && math.Abs(p.lat) < north {
		return scale{spare * p.kx, spare * p.ky}
	}
	return scaleAround(p.lat, withinM)
}

// degreesAround gives how many degrees a place may lie off a latitude's position that is within so many metres.
func degreesAround(lat, withinM float64) (dlon, dlat float64) {
	per := scaleAround(lat, withinM)
	if per.east == 0 {
		return 360, withinM / per.north
	}
	return withinM / per.east, withinM / per.north
}

// Foot is the place of a route that is nearest to a position, with no more of a [Hit] than comes at no cost.
type Foot struct {
	Lon, Lat float64
	MeasureM float64
	// AboutM is how far it lies off in a plane around the position: the distance on the ellipsoid to a fifth of a millimetre at two kilometres.
	AboutM float64
}

// Foot finds where [Project] does. A route of under two points, or a position that is no number, is infinitely far.
func (f *Finder) Foot(lon, lat float64) Foot {
	s, ok := f.nearestOfAll(lon, lat)
	if !ok {
		return Foot{AboutM: math.Inf(1)}
	}
	out := Foot{MeasureM: s.measure(f.flat), AboutM: math.Sqrt(s.d2)}
	out.Lon, out.Lat = s.position(f.flat)
	return out
}

// MeasureOf is the measure of the place of the route that is nearest to a position, however far; NaN where there is none.
func (f *Finder) MeasureOf(lon, lat float64) float64 {
	s, ok := f.nearestOfAll(lon, lat)
	if !ok {
		return math.NaN()
	}
	return s.measure(f.flat)
}
