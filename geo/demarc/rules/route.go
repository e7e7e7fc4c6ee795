package rules

import (
	"math"
	"sort"

	"github.com/twpayne/go-geom"

	"hetu/geo"
	"hetu/geo/demarc"
)

// route is the centre line in the plane. A place of it is told by q: the number of a segment, and how far along it.
type route struct {
	tree  *tree
	m     []float64 // the measure of each vertex
	chain []float64 // metres in the plane from the upper end to each vertex
}

func newRoute(plane demarc.Plane, line *geom.LineString) (*route, error) {
	if line == nil || line.Layout() != geom.XYM {
		return nil, geo.Errorf(geo.CodeInvalid, "a boundary is checked against a route with measures (XYM): give the stretch one")
	}
	r := &route{}
	var xy []float64
	flat := line.FlatCoords()
	for i := 0; i+2 < len(flat); i += 3 {
		if !geo.World().Contains(flat[i], flat[i+1]) || math.IsNaN(flat[i+2]) || math.IsInf(flat[i+2], 0) {
			return nil, geo.Errorf(geo.CodeInvalid, "vertex %d of the route is no position with a measure: mend the route first", i/3+1)
		}
		x, y := plane.To(flat[i], flat[i+1])
		n := len(xy)
		if n > 0 && xy[n-2] == x && xy[n-1] == y {
			continue
		}
		step := 0.0
		if n > 0 {
			step = r.chain[len(r.chain)-1] + math.Hypot(x-xy[n-2], y-xy[n-1])
		}
		xy, r.m, r.chain = append(xy, x, y), append(r.m, flat[i+2]), append(r.chain, step)
	}
	if len(r.m) < 2 {
		return nil, geo.Errorf(geo.CodeInvalid, "a route needs two points that lie apart: give the stretch a line")
	}
	r.tree = treeOf(xy)
	return r, nil
}

// falls tells whether measures grow against the flow, so that the lowest lies at the mouth.
func (r *route) falls() bool { return r.m[len(r.m)-1] < r.m[0] }

func (r *route) segments() int { return len(r.m) - 1 }

func (r *route) split(q float64) (seg int, t float64) {
	seg = min(max(int(q), 0), r.segments()-1)
	return seg, q - float64(seg)
}

// measure gives that of a place.
func (r *route) measure(q float64) float64 {
	seg, t := r.split(q)
	return r.m[seg] + (r.m[seg+1]-r.m[seg])*t
}

// along gives the metres from the upper end to a place.
func (r *route) along(q float64) float64 {
	seg, t := r.split(q)
	return r.chain[seg] + (r.chain[seg+1]-r.chain[seg])*t
}

// place is where a measure lies; past an end it is that end.
func (r *route) place(m float64) float64 {
	n := len(r.m)
	rising := r.m[n-1] >= r.m[0]
	i := sort.Search(n, func(i int) bool { return rising && r.m[i] >= m || !rising && r.m[i] <= m })
	switch {
	case i == 0:
		return 0
	case i == n:
		return float64(n - 1)
	case r.m[i] == r.m[i-1]:
		return float64(i)
	}
	return float64(i-1) + (m-r.m[i-1])/(r.m[i]-r.m[i-1])
}

// position gives that of a place, and the direction of the flow there.
func (r *route) position(q float64) (x, y, east, north float64) {
	seg, t := r.split(q)
	s := r.tree.segs[seg]
	l := math.Hypot(s.x2-s.x1, s.y2-s.y1)
	return s.x1 + (s.x2-s.x1)*t, s.y1 + (s.y2-s.y1)*t, (s.x2 - s.x1) / l, (s.y2 - s.y1) / l
}

// window gives the segments between two distances from the upper end.
func (r *route) window(from, to float64) (lo, hi int) {
	lo = max(0, sort.SearchFloat64s(r.chain, from)-1)
	hi = min(r.segments(), max(lo+1, sort.SearchFloat64s(r.chain, to)))
	return min(lo, r.segments()-1), hi
}

// The way along a line beside the route is followed from vertex to vertex: the next lies opposite a place not far from the last, though
// the other arm of a meander may be nearer.
const (
	followM    = 150.0 // how far from the last place the next is looked for, besides
	followRate = 3.0   // so many times the way between the two
	lostM      = 50.0  // farther off than twice the nearest of all and so much: the way was lost
)

// follow tells for each vertex of a line which place of the route it lies opposite; lo and hi bound the segments.
func (r *route) follow(xy []float64, lo, hi int) []float64 {
	out := make([]float64, len(xy)/2)
	for i := range out {
		x, y := xy[2*i], xy[2*i+1]
		if i == 0 {
			s := r.tree.nearest(x, y, lo, hi)
			out[i] = float64(s.seg) + s.t
			continue
		}
		ds := math.Hypot(x-xy[2*i-2], y-xy[2*i-1])
		out[i] = r.next(x, y, out[i-1], followM+followRate*ds, lo, hi)
	}
	return out
}

func (r *route) next(x, y, q, reach float64, lo, hi int) float64 {
	from, to := r.along(q)-reach, r.along(q)+reach
	a, b := r.window(from, to)
	a, b = max(a, lo), min(b, hi)
	if a >= b {
		a, b = lo, hi
	}
	s := r.tree.nearest(x, y, a, b)
	for (s.seg == a && s.t == 0 && a > lo) || (s.seg == b-1 && s.t == 1 && b < hi) {
		from, to = from-reach, to+reach
		was := s
		a, b = r.window(from, to)
		a, b = max(a, lo), min(b, hi)
		if s = r.tree.nearest(x, y, a, b); s == was {
			break
		}
	}
	if all := r.tree.nearest(x, y, lo, hi); s.distance() > 2*all.distance()+lostM {
		s = all
	}
	return float64(s.seg) + s.t
}

// opposite gives the range of measures that a position near a place of the route may be told to lie opposite: inside a bend it has a foot
// on several segments, and the line square to the flow at the vertex between two passes through it as well.
func (r *route) opposite(x, y, q float64) (lo, hi float64) {
	lo, hi = r.measure(q), r.measure(q)
	seg, _ := r.split(q)
	for _, step := range []int{-1, 1} {
		for k := seg; k >= 0 && k < r.segments(); k += step {
			t, squareM := r.tree.segs[k].square(x, y)
			if k != seg && squareM > stakeMeasureM {
				break
			}
			m := r.measure(float64(k) + t)
			lo, hi = min(lo, m), max(hi, m)
		}
	}
	return lo, hi
}

// downstream is the share of a line's length that runs with the flow, less what runs against it: from 1 to -1.
func (r *route) downstream(xy, q []float64) float64 {
	with, length := 0.0, 0.0
	for i := 1; i < len(q); i++ {
		dx, dy := xy[2*i]-xy[2*i-2], xy[2*i+1]-xy[2*i-1]
		_, _, east, north := r.position((q[i] + q[i-1]) / 2)
		with += dx*east + dy*north
		length += math.Hypot(dx, dy)
	}
	if length == 0 {
		return 0
	}
	return with / length
}

// side tells on which side of a line a position lies, given its nearest place there; beyond, if that is an end of it.
func side(t *tree, s spot, x, y float64) (left, beyond bool) {
	g := t.segs[s.seg]
	before, after := -1, -1
	switch {
	case s.t == 0:
		after = s.seg
		if s.seg > 0 && t.segs[s.seg-1].line == g.line {
			before = s.seg - 1
		}
	case s.t == 1:
		before = s.seg
		if s.seg+1 < len(t.segs) && t.segs[s.seg+1].line == g.line {
			after = s.seg + 1
		}
	default:
		return g.leftOf(x, y) > 0, false
	}
	if before < 0 || after < 0 {
		return g.leftOf(x, y) > 0, true
	}
	in, out := t.segs[before], t.segs[after]
	if a, b := in.leftOf(x, y) > 0, out.leftOf(x, y) > 0; a == b {
		return a, false
	}
	return in.leftOf(out.x2, out.y2) < 0, false // the position lies outside the bend
}

// leftOf is positive where a position lies to the left of a segment.
func (s segment) leftOf(x, y float64) float64 { return (s.x2-s.x1)*(y-s.y1) - (s.y2-s.y1)*(x-s.x1) }
