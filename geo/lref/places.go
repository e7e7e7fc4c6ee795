package lref

import (
	"math"

	"hetu/geo/boxes"
)

// places finds where a line (XYM) comes nearest to the plane's origin before it goes off again, in the order of the line. It walks
// the line once: a place is the foot within a segment, or a vertex that the line comes down to and goes up from.
func places(flat []float64, p plane) []spot {
	w := passing{plane: p, flat: flat, end: len(flat), valleys: valleys{ridge: math.Inf(-1)}, first: true}
	for i := 0; i+5 < len(flat); i += 3 {
		w.segment(i)
	}
	return w.places()
}

// passing is a walk along a line past the plane's origin.
type passing struct {
	plane
	valleys
	flat    []float64 // XYM
	end     int       // behind the last vertex that is walked to
	first   bool      // no segment was walked yet
	pending bool      // the segment before came nearest at its end: a place, if this one goes up from there
	atEnd   spot
}

// segment walks one, which begins at an index.
func (w *passing) segment(i int) {
	if samePlace(w.flat, i, i+3) && (i+6 < w.end || !w.first) {
		return
	}
	s := w.arc(w.flat[i], w.flat[i+1], w.flat[i+3], w.flat[i+4])
	t, d2 := s.foot(math.Inf(1))
	if math.IsNaN(d2) {
		return
	}
	w.pass(math.Hypot(s.ax, s.ay))
	switch here := (spot{i, t, d2}); {
	case t == 1:
		w.atEnd, w.pending = here, true
	case t == 0 && w.pending:
		if d2 < w.atEnd.d2 { // one place, told twice: the one that nearest takes
			w.atEnd = here
		}
		w.add(w.atEnd)
		w.pending = false
	case t > 0 || w.first:
		w.add(here)
		w.pending = false
	}
	w.first = false
}

// places gives what was found to the end.
func (w *passing) places() []spot {
	if w.pending {
		w.add(w.atEnd)
		w.pending = false
	}
	return w.found
}

// valleys gathers nearest places in the order of the line, and joins those that no ridge of apartBy parts.
type valleys struct {
	found []spot
	ridge float64 // the farthest that the line went since the last of found
}

func (v *valleys) pass(d float64) { v.ridge = max(v.ridge, d) }

func (v *valleys) add(s spot) {
	if n := len(v.found) - 1; n >= 0 {
		last := &v.found[n]
		if v.ridge-math.Sqrt(max(last.d2, s.d2)) < apartBy {
			if s.d2 < last.d2 {
				*last, v.ridge = s, math.Inf(-1)
			}
			return
		}
	}
	v.found, v.ridge = append(v.found, s), math.Inf(-1)
}

// course is which way some segments of a line go: all between two directions, in degrees, less than half a turn apart. From most positions beside a long
// line they come nearer all the way, or go off all the way, and then need not be looked at one by one.
type course struct {
	box      boxes.Box
	from, to [2]float64 // the rightmost direction and the leftmost, about as long as a degree of latitude
	known    bool
}

// courseOf tells that of segments [from, to) of a line (XYM); not known where they turn too far or one has no length.
func courseOf(flat []float64, from, to int) course {
	c := course{box: boxes.Empty().With(flat[3*from], flat[3*from+1])}
	cos := math.Cos(flat[3*from+1] * math.Pi / 180)
	var first, right, left [2]float64 // in degrees of latitude
	for i := 3 * from; i < 3*to; i += 3 {
		c.box = c.box.With(flat[i+3], flat[i+4])
		d := [2]float64{(flat[i+3] - flat[i]) * cos, flat[i+4] - flat[i+1]}
		l := math.Hypot(d[0], d[1])
		if !(l > 0) {
			return course{}
		}
		d[0], d[1] = d[0]/l, d[1]/l
		switch {
		case i == 3*from:
			first, right, left = d, d, d
		case !(first[0]*d[0]+first[1]*d[1] > 0):
			return course{}
		case left[0]*d[1]-left[1]*d[0] > 0:
			left = d
		case right[0]*d[1]-right[1]*d[0] < 0:
			right = d
		}
	}
	if !(cos > 0.01) {
		return course{}
	}
	c.from, c.to, c.known = [2]float64{right[0] / cos, right[1]}, [2]float64{left[0] / cos, left[1]}, true
	return c
}

// past tells whether the segments go off (1) from the plane's origin all the way, come nearer (-1), or neither is sure (0).
func (c *course) past(p plane) int {
	if !c.known {
		return 0
	}
	const sure = 0.02 // the sine of how far from square to the way there is: a plane bends less within finderFarM
	x0, x1, y0, y1 := c.box.X0-p.lon, c.box.X1-p.lon, c.box.Y0-p.lat, c.box.Y1-p.lat
	least := sure * p.ky * (max(-x0, x1)*p.kx + max(-y0, y1)*p.ky)
	lowest, highest := math.Inf(1), math.Inf(-1)
	for _, d := range [2][2]float64{c.from, c.to} {
		a, b := d[0]*p.kx*p.kx, d[1]*p.ky*p.ky
		lowest = min(lowest, min(a*x0, a*x1)+min(b*y0, b*y1))
		highest = max(highest, max(a*x0, a*x1)+max(b*y0, b*y1))
	}
	switch {
	case lowest > least:
		return 1
	case highest < -least:
		return -1
	}
	return 0
}

// stretch walks some segments that have one course, if they go off or come nearer all the way: their first or their last tells all. False where they
// have to be walked one by one.
func (w *passing) stretch(c *course, from, to int) bool {
	switch c.past(w.plane) {
	case 1:
		w.segment(3 * from)
		w.pass(math.Hypot(w.to(w.flat[3*to-3], w.flat[3*to-2])))
	case -1:
		w.pass(math.Hypot(w.to(w.flat[3*from], w.flat[3*from+1])))
		w.segment(3*to - 3)
	default:
		return false
	}
	return true
}

const (
	// aroundSegments is how many segments of a route are looked at together, and courseSegments how many where those do not have one course.
	aroundSegments, courseSegments = 16, 4
)

// surroundings finds the places at which a line comes nearest to positions, of the parts of it that come near them.
type surroundings struct {
	*Finder
	long, short []course // of each aroundSegments, and of each courseSegments of them
}

func newSurroundings(flat []float64) *surroundings {
	s := &surroundings{Finder: newFinderOf(flat, aroundSegments)}
	n := max(0, len(flat)/3-1)
	for i := 0; i < n; i += aroundSegments {
		s.long = append(s.long, courseOf(flat, i, min(n, i+aroundSegments)))
	}
	for i := 0; i < n; i += courseSegments {
		s.short = append(s.short, courseOf(flat, i, min(n, i+courseSegments)))
	}
	return s
}

// places is [places] of the parts of the line that come within so many metres; of those parts that run on, as one.
func (s *surroundings) places(lon, lat, withinM float64) []spot {
	dlon, dlat := degreesAround(lat, withinM)
	w := passing{plane: newPlane(lon, lat), flat: s.flat}
	var out []spot
	end := func() {
		for _, at := range w.places() {
			if at.d2 <= withinM*withinM {
				out = append(out, at)
			}
		}
	}
	last := -1
	s.tree.Each(boxes.Box{X0: lon - dlon, Y0: lat - dlat, X1: lon + dlon, Y1: lat + dlat}, func(from, to int) bool {
		if from != last {
			end()
			w.valleys, w.first, w.pending = valleys{found: w.found[:0], ridge: math.Inf(-1)}, true, false
		}
		last, w.end = to, 3*to+3
		s.row(&w, from, to, withinM)
		return true
	})
	end()
	if len(out) == 0 { // a position that is no number, or a line that is
		return places(s.flat, w.plane)
	}
	return out
}

// row walks the segments of a row, at once where they have one course.
func (s *surroundings) row(w *passing, from, to int, withinM float64) {
	near := withinM <= finderFarM
	if near && w.stretch(&s.long[from/aroundSegments], from, to) {
		return
	}
	for i := from; i < to; i += courseSegments {
		end := min(to, i+courseSegments)
		if near && w.stretch(&s.short[i/courseSegments], i, end) {
			continue
		}
		for k := i; k < end; k++ {
			w.segment(3 * k)
		}
	}
}
