package overlay

import (
	"math"
	"slices"

	"github.com/twpayne/go-geom"

	"hetu/geo"
	"hetu/geo/lref"
)

// Stretch is a part of a line that lies in one shape.
type Stretch struct {
	Of   int       // the number of the shape, -1 for none
	Flat []float64 // XY
}

// LengthM is its length in metres on the ellipsoid.
func (s Stretch) LengthM() float64 { return lref.Length(geom.NewLineStringFlat(geom.XY, s.Flat)) }

// Partition cuts a line wherever it passes the edge of a shape, and tells for each part in which of the shapes it lies: the first of
// several; for a part in none the nearest within so many metres. Parts of one shape that follow each other are one; together they
// are the line.
func Partition(flat []float64, stride int, shapes []*Shape, withinM float64) []Stretch {
	var out []Stretch
	for i := stride; i+1 < len(flat); i += stride {
		x1, y1, x2, y2 := flat[i-stride], flat[i-stride+1], flat[i], flat[i+1]
		if x1 == x2 && y1 == y2 {
			continue
		}
		cuts := cutsOf(x1, y1, x2, y2, shapes)
		for k := 1; k < len(cuts); k++ {
			from, to := at(x1, y1, x2, y2, cuts[k-1]), at(x1, y1, x2, y2, cuts[k])
			if from == to {
				continue
			}
			of := placeOf((from[0]+to[0])/2, (from[1]+to[1])/2, shapes, withinM)
			if n := len(out) - 1; n >= 0 && out[n].Of == of {
				out[n].Flat = append(out[n].Flat, to[0], to[1])
			} else {
				out = append(out, Stretch{of, []float64{from[0], from[1], to[0], to[1]}})
			}
		}
	}
	return out
}

func at(x1, y1, x2, y2, t float64) [2]float64 {
	switch t {
	case 0:
		return [2]float64{x1, y1}
	case 1:
		return [2]float64{x2, y2}
	}
	return [2]float64{x1 + (x2-x1)*t, y1 + (y2-y1)*t}
}

// cutsOf gives how far along an edge it passes edges of shapes, with its ends 0 and 1, in order; one place may come twice.
func cutsOf(x1, y1, x2, y2 float64, shapes []*Shape) []float64 {
	cuts := []float64{0, 1}
	box := geo.Extent{West: min(x1, x2), South: min(y1, y2), East: max(x1, x2), North: max(y1, y2)}
	for _, s := range shapes {
		if !meet(s.box, box) {
			continue
		}
		s.edge.each(box, func(j int) bool {
			e := s.edge.at[j : j+4]
			a, b := cross(e[0], e[1], e[2], e[3], x1, y1), cross(e[0], e[1], e[2], e[3], x2, y2)
			c, d := cross(x1, y1, x2, y2, e[0], e[1]), cross(x1, y1, x2, y2, e[2], e[3])
			if a != b && (a <= 0) != (b <= 0) && min(c, d) <= 0 && max(c, d) >= 0 {
				cuts = append(cuts, a/(a-b))
			}
			if c == 0 && d == 0 { // on one line: what lies on what begins and ends at vertices
				for k := 0; k < 4; k += 2 {
					if dx, dy := x2-x1, y2-y1; math.Abs(dx) > math.Abs(dy) {
						cuts = append(cuts, (e[k]-x1)/dx)
					} else {
						cuts = append(cuts, (e[k+1]-y1)/dy)
					}
				}
			}
			return true
		})
	}
	cuts = slices.DeleteFunc(cuts, func(t float64) bool { return t < 0 || t > 1 })
	slices.Sort(cuts)
	return cuts
}

// placeOf gives the shape that a position lies in, or the nearest within so many metres.
func placeOf(lon, lat float64, shapes []*Shape, withinM float64) int {
	for i, s := range shapes {
		if s.Covers(lon, lat) {
			return i
		}
	}
	best, of := withinM, -1
	for i, s := range shapes {
		if withinM > 0 && meet(s.box, around(geo.Extent{West: lon, South: lat, East: lon, North: lat}, withinM)) {
			if d := s.DistanceM(lon, lat); d < best {
				best, of = d, i
			}
		}
	}
	return of
}

// DistanceM is how far a position lies from the shape's edge, inside or out.
func (s *Shape) DistanceM(lon, lat float64) float64 {
	best := math.Inf(1)
	for _, ring := range s.rings() {
		best = min(best, lref.Project(measureless(ring, 2), lon, lat).DistanceM)
	}
	return best
}

// measureless makes a line that can be projected to, with no measures.
func measureless(flat []float64, stride int) *geom.LineString {
	out := make([]float64, 0, len(flat)/stride*3)
	for i := 0; i+1 < len(flat); i += stride {
		out = append(out, flat[i], flat[i+1], 0)
	}
	return geom.NewLineStringFlat(geom.XYM, out)
}

// around widens a box by metres.
func around(b geo.Extent, metres float64) geo.Extent {
	dlat := metres / 110_000
	cos := math.Cos(max(math.Abs(b.South), math.Abs(b.North)) * math.Pi / 180)
	dlon := dlat / max(cos, 0.01)
	return geo.Extent{West: b.West - dlon, South: b.South - dlat, East: b.East + dlon, North: b.North + dlat}
}

// Inside gives the parts of a line that lie in a shape, and their length in metres.
func (s *Shape) Inside(line *geom.LineString) (parts []Stretch, lengthM float64) {
	flat, stride := line.FlatCoords(), line.Stride()
	if !meet(boxOf(flat, stride), s.box) {
		return nil, 0
	}
	for _, p := range Partition(flat, stride, []*Shape{s}, 0) {
		if p.Of == 0 {
			parts = append(parts, p)
			lengthM += p.LengthM()
		}
	}
	return parts, lengthM
}

// ByBank are square metres on either side of a river's centre line.
type ByBank struct {
	LeftM2  float64 `json:"left_m2"`
	RightM2 float64 `json:"right_m2"`
}

// Banks tells how much of a shape lies to the left and to the right of a route (XYM, downstream), which goes on straight beyond its
// ends. What bounds the left part is the shape's edge where it lies left, and the route where it runs inside, downstream; the right
// one likewise; so the two sum to the whole. False where the route crosses itself so that there is no telling.
func (s *Shape) Banks(route *geom.LineString) (ByBank, bool) {
	river := riverAcross(route, s.box)
	if river == nil || s.Empty() {
		return ByBank{}, false
	}
	lat0, left, right := s.box.South, 0.0, 0.0
	for _, ring := range s.rings() {
		for _, side := range sides(ring, river.shapes, river.line) {
			if m2 := sweptM2(side.Flat, 2, lat0); side.Of == 0 {
				left += m2
			} else {
				right += m2
			}
		}
	}
	parts, _ := s.Inside(river.line)
	for _, p := range parts {
		m2 := sweptM2(p.Flat, 2, lat0)
		left, right = left+m2, right-m2
	}
	slack := 1e-6*s.M2 + 0.01
	if left < -slack || right < -slack {
		return ByBank{}, false
	}
	left = min(max(left, 0), s.M2)
	return ByBank{LeftM2: left, RightM2: s.M2 - left}, true
}

// across is a route that goes on straight beyond its ends, across a box, so that all in the box lies on one side of it or the other.
type across struct {
	line   *geom.LineString
	shapes []*Shape // its edges, to find where others meet them
}

// riverAcross gives a route across a box; nil for a route without length.
func riverAcross(route *geom.LineString, box geo.Extent) *across {
	line := prolonged(route, box)
	if line == nil {
		return nil
	}
	flat := line.FlatCoords()
	var river edges
	river.add(flat, 3)
	river.index()
	return &across{line, []*Shape{{edge: river, box: boxOf(flat, 3)}}}
}

// sides cuts a ring wherever it meets a river, and tells the parts to its left (0) from those to its right (1). Between two places
// at which it meets the river it lies on one side.
func sides(ring []float64, river []*Shape, line *geom.LineString) []Stretch {
	var out []Stretch
	known, of := false, 0
	for k := 2; k < len(ring); k += 2 {
		cuts := cutsOf(ring[k-2], ring[k-1], ring[k], ring[k+1], river)
		for c := 1; c < len(cuts); c++ {
			from, to := at(ring[k-2], ring[k-1], ring[k], ring[k+1], cuts[c-1]), at(ring[k-2], ring[k-1], ring[k], ring[k+1], cuts[c])
			if from == to {
				continue
			}
			if !known || len(cuts) > 2 {
				if of = 1; lref.Project(line, (from[0]+to[0])/2, (from[1]+to[1])/2).OffsetM < 0 {
					of = 0
				}
			}
			known = len(cuts) == 2
			out = append(out, Stretch{of, []float64{from[0], from[1], to[0], to[1]}})
		}
	}
	return out
}

// prolonged gives a route that goes on straight at both ends until it has left a box; nil for a route without length.
func prolonged(route *geom.LineString, box geo.Extent) *geom.LineString {
	flat := route.FlatCoords()
	var xy []float64
	for i := 0; i+2 < len(flat); i += 3 {
		if n := len(xy); n == 0 || xy[n-3] != flat[i] || xy[n-2] != flat[i+1] {
			xy = append(xy, flat[i], flat[i+1], 0)
		}
	}
	if len(xy) < 6 {
		return nil
	}
	all := boxOf(xy, 3)
	all = extended(extended(all, box.West, box.South), box.East, box.North)
	far := 2 * (all.East - all.West + all.North - all.South)
	ahead := func(ax, ay, bx, by float64) (float64, float64) {
		l := math.Hypot(bx-ax, by-ay)
		return bx + (bx-ax)/l*far, by + (by-ay)/l*far
	}
	n := len(xy)
	x0, y0 := ahead(xy[3], xy[4], xy[0], xy[1])
	x1, y1 := ahead(xy[n-6], xy[n-5], xy[n-3], xy[n-2])
	out := append([]float64{x0, y0, 0}, xy...)
	return geom.NewLineStringFlat(geom.XYM, append(out, x1, y1, 0))
}
