package tiles

import (
	"math"
	"slices"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/clip"
	"github.com/paulmach/orb/simplify"

	"hetu/tiles/mvt"
)

// buffer is how far a tile draws beyond its square, in tile units, so that strokes and icons meet across the edge.
const buffer = 64

// maxGrain bounds grain, in tile units.
const maxGrain = 4

// grain is how coarse shapes are at a zoom, in tile units: lines are simplified to it, polygons' vertices are put on a grid
// of it. Four units are half a pixel of a tile drawn 512 wide. From 16 on nothing is left out.
func grain(zoom int) float64 {
	switch {
	case zoom < 12:
		return maxGrain
	case zoom < 16:
		return 2
	default:
		return 1
	}
}

// frame turns geometries into the shapes of one tile.
//
// Neighbouring tiles must agree on what crosses their common edge, though each is built alone. So all that changes a shape
// happens in the frame of the whole world, on the whole geometry, before anything is cut off: vertices are put on the
// world's grid of tile units, lines are simplified, and every line gets a vertex where it crosses a tile's edge or the end of a
// tile's buffer, computed from the crossing segment alone. Cutting then only takes away: it never makes a vertex inside.
//
// Polygons are not simplified but put on the grid of grain units, vertex by vertex: whatever else a polygon is made of, a
// border that two of them share stays shared. (Douglas-Peucker depends on where a ring starts.)
type frame struct {
	size  float64 // of the world at this zoom, in tile units
	grain float64
	left  float64 // of the tile in the world
	top   float64
	cuts  [2][]float64 // the x and y at which lines get vertices
	box   orb.Bound    // the tile with its buffer, tile units from its corner
}

func newFrame(z, x, y int) *frame {
	f := &frame{
		size: float64(int64(mvt.Extent) << z), grain: grain(z), left: float64(x) * mvt.Extent, top: float64(y) * mvt.Extent,
		box: orb.Bound{Min: orb.Point{-buffer, -buffer}, Max: orb.Point{mvt.Extent + buffer, mvt.Extent + buffer}},
	}
	for axis, origin := range []float64{f.left, f.top} {
		for _, edge := range []float64{0, mvt.Extent} {
			f.cuts[axis] = append(f.cuts[axis], origin+edge-buffer, origin+edge, origin+edge+buffer)
		}
	}
	return f
}

// shape gives what of a geometry is seen in the tile, in tile units, or nil if nothing is. The input is lon/lat degrees; it is
// used up.
func (f *frame) shape(g orb.Geometry) orb.Geometry {
	switch g := g.(type) {
	case orb.Point:
		return f.points(orb.MultiPoint{g})
	case orb.MultiPoint:
		return f.points(g)
	case orb.LineString:
		return f.lines(orb.MultiLineString{g})
	case orb.MultiLineString:
		return f.lines(g)
	case orb.Polygon:
		return f.polygons(orb.MultiPolygon{g})
	case orb.MultiPolygon:
		return f.polygons(g)
	default:
		return nil
	}
}

func (f *frame) points(in orb.MultiPoint) orb.Geometry {
	var out orb.MultiPoint
	for _, p := range in {
		if p = f.local(f.project(p, 1)); f.box.Contains(p) {
			out = append(out, p)
		}
	}
	switch len(out) {
	case 0:
		return nil
	case 1:
		return out[0]
	default:
		return out
	}
}

func (f *frame) lines(in orb.MultiLineString) orb.Geometry {
	var out orb.MultiLineString
	for _, ls := range in {
		ls = f.snap(ls, 1)
		if len(ls) < 2 {
			continue
		}
		if f.grain > 1 {
			ls = simplify.DouglasPeucker(f.grain).LineString(ls)
		}
		out = f.within(out, f.cut(ls))
	}
	switch len(out) {
	case 0:
		return nil
	case 1:
		return out[0]
	default:
		return out
	}
}

func (f *frame) polygons(in orb.MultiPolygon) orb.Geometry {
	var out orb.MultiPolygon
	for _, p := range in {
		var kept orb.Polygon
		for i, ring := range p {
			ring = f.ring(ring, i == 0)
			if ring == nil && i == 0 {
				break
			}
			if ring != nil {
				kept = append(kept, ring)
			}
		}
		if kept != nil {
			out = append(out, kept)
		}
	}
	switch len(out) {
	case 0:
		return nil
	case 1:
		return out[0]
	default:
		return out
	}
}

// ring gives what of a ring is in the box, wound as the specification wants it: outer rings have a positive area with y
// downwards, holes a negative one. A ring without an area is none.
func (f *frame) ring(r orb.Ring, outer bool) orb.Ring {
	cut := orb.Ring(f.cut(f.snap(orb.LineString(r), f.grain)))
	for i, p := range cut {
		cut[i] = f.local(p)
	}
	if len(cut) < 4 || !f.box.Intersects(cut.Bound()) {
		return nil
	}
	cut = clip.Ring(f.box, cut)
	// Where the edge of the box itself is crossed far outside, the crossing is no whole number; and the arithmetic of an
	// exact one may be off by the last bit.
	for i, p := range cut {
		cut[i] = orb.Point{math.Round(p[0]), math.Round(p[1])}
	}
	cut = slices.Compact(cut)
	area := doubleArea(cut)
	if len(cut) < 4 || area == 0 {
		return nil
	}
	if (area > 0) != outer {
		slices.Reverse(cut)
	}
	return cut
}

// doubleArea is twice the surveyor's area, exact for the whole numbers of a tile.
func doubleArea(r orb.Ring) float64 {
	sum := 0.0
	for i := 1; i < len(r); i++ {
		sum += r[i-1][0]*r[i][1] - r[i][0]*r[i-1][1]
	}
	return sum
}

// project puts a position on the world's grid of step units. What lies beyond the Mercator square is put on its rim.
func (f *frame) project(p orb.Point, step float64) orb.Point {
	sin := math.Sin(p[1] * math.Pi / 180)
	x := (p[0] + 180) / 360 * f.size
	y := (0.5 - math.Atanh(sin)/(2*math.Pi)) * f.size
	return orb.Point{snapTo(x, step, f.size), snapTo(y, step, f.size)}
}

func snapTo(v, step, size float64) float64 {
	return min(max(math.Round(v/step)*step, 0), size)
}

// local gives a point of the world from the tile's corner.
func (f *frame) local(p orb.Point) orb.Point { return orb.Point{p[0] - f.left, p[1] - f.top} }

// snap projects a line in place and leaves out vertices that fall on the one before.
func (f *frame) snap(ls orb.LineString, step float64) orb.LineString {
	for i, p := range ls {
		ls[i] = f.project(p, step)
	}
	return slices.Compact(ls)
}

// cut puts vertices where the line crosses the cuts. Segments that stay clear of the box are left as they are.
func (f *frame) cut(ls orb.LineString) orb.LineString {
	if len(ls) == 0 {
		return ls
	}
	out := make(orb.LineString, 1, len(ls)+8)
	out[0] = ls[0]
	for i := 1; i < len(ls); i++ {
		a, b := ls[i-1], ls[i]
		if f.near(a, b) {
			out = f.crossings(out, a, b)
		}
		out = append(out, b)
	}
	return slices.Compact(out)
}

// near tells whether the segment's own box touches the tile's.
func (f *frame) near(a, b orb.Point) bool {
	a, b = f.local(a), f.local(b)
	return max(a[0], b[0]) >= f.box.Min[0] && min(a[0], b[0]) <= f.box.Max[0] && max(a[1], b[1]) >= f.box.Min[1] && min(a[1], b[1]) <= f.box.Max[1]
}

// crossings adds the rounded crossings of one segment with the cuts, in their order along it. They are computed with the ends
// in one order, whichever way the line runs, so that a border is the same for the polygons on both sides.
func (f *frame) crossings(out orb.LineString, a, b orb.Point) orb.LineString {
	backwards := b[0] < a[0] || (b[0] == a[0] && b[1] < a[1])
	if backwards {
		a, b = b, a
	}
	type crossing struct {
		at float64
		p  orb.Point
	}
	var found [12]crossing
	n := 0
	for axis := range f.cuts {
		from, to := a[axis], b[axis]
		for _, c := range f.cuts[axis] {
			if c <= min(from, to) || c >= max(from, to) {
				continue
			}
			at := (c - from) / (to - from)
			other := 1 - axis
			var p orb.Point
			p[axis], p[other] = c, math.Round(a[other]+(b[other]-a[other])*at)
			found[n] = crossing{at, p}
			n++
		}
	}
	slices.SortFunc(found[:n], func(x, y crossing) int {
		switch {
		case x.at < y.at:
			return -1
		case x.at > y.at:
			return 1
		default:
			return 0
		}
	})
	if backwards {
		slices.Reverse(found[:n])
	}
	for _, c := range found[:n] {
		out = append(out, c.p)
	}
	return out
}

// within adds the parts of a cut line that lie in the box. No segment of it crosses the box's edge, so one whose ends are
// inside is inside.
func (f *frame) within(out orb.MultiLineString, ls orb.LineString) orb.MultiLineString {
	var part orb.LineString
	for _, p := range ls {
		if p = f.local(p); f.box.Contains(p) {
			part = append(part, p)
			continue
		}
		if len(part) > 1 {
			out = append(out, part)
		}
		part = nil
	}
	if len(part) > 1 {
		out = append(out, part)
	}
	return out
}
