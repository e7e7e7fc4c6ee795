package duty

import (
	"cmp"
	"math"
	"slices"

	"github.com/twpayne/go-geom"
)

// Outline is a division with its outline (行政区界), and which routes meet it.
type Outline struct {
	Division Division
	Geom     *geom.MultiPolygon // EPSG:4490
	Routes   []int64
}

// onOutlineM is how near to an outline a river runs on it.
const onOutlineM = 1.0

// InOutlines gives the parts of a route that lie in outlines, with the outline itself: where it runs along the border of two, it
// lies in both. The line is XYM; a part's measures are where the line meets the outline.
func InOutlines(route int64, line *geom.LineString, outlines []Outline) []Piece {
	var out []Piece
	for _, o := range outlines {
		if !slices.Contains(o.Routes, route) {
			continue
		}
		var parts []Range
		c := newOutlineCut(line, o.Geom)
		for i := 3; i+2 < len(c.line); i += 3 {
			parts = append(parts, c.segment(c.line[i-3:i+3])...)
		}
		for _, r := range Union(parts...) {
			out = append(out, Piece{Range: r, Division: o.Division})
		}
	}
	return out
}

// outlineCut is a route and the sides of an outline that lie where it does, in metres of a plane about the route.
type outlineCut struct {
	line  []float64    // x, y, M
	sides [][4]float64 // all, for to lie inside is a matter of all of them
	near  []int        // those in the box of the route
	kx    float64
	x, y  float64
}

func newOutlineCut(line *geom.LineString, outline *geom.MultiPolygon) *outlineCut {
	const degreeM = 111_320.0
	flat := line.FlatCoords()
	c := &outlineCut{x: flat[0], y: flat[1], kx: degreeM * math.Cos(flat[1]*math.Pi/180)}
	plane := func(lon, lat float64) (x, y float64) { return (lon - c.x) * c.kx, (lat - c.y) * degreeM }
	west, south, east, north := math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)
	for i := 0; i+2 < len(flat); i += 3 {
		x, y := plane(flat[i], flat[i+1])
		c.line = append(c.line, x, y, flat[i+2])
		west, south, east, north = min(west, x), min(south, y), max(east, x), max(north, y)
	}
	coords, stride := outline.FlatCoords(), outline.Stride()
	start := 0
	for _, polygon := range outline.Endss() {
		for _, end := range polygon {
			for i := start + stride; i < end; i += stride {
				ax, ay := plane(coords[i-stride], coords[i-stride+1])
				bx, by := plane(coords[i], coords[i+1])
				if max(ax, bx) >= west-onOutlineM && min(ax, bx) <= east+onOutlineM && max(ay, by) >= south-onOutlineM && min(ay, by) <= north+onOutlineM {
					c.near = append(c.near, len(c.sides))
				}
				c.sides = append(c.sides, [4]float64{ax, ay, bx, by})
			}
			start = end
		}
	}
	return c
}

// segment gives the parts of one segment of the route that lie in the outline: it is cut where it meets a side, and the middle of
// each piece tells where that lies.
func (c *outlineCut) segment(s []float64) []Range {
	cuts := []float64{0, 1}
	for _, n := range c.near {
		if t, ok := meets(s, c.sides[n]); ok {
			cuts = append(cuts, t)
		}
	}
	slices.SortFunc(cuts, cmp.Compare[float64])
	var out []Range
	for i := 1; i < len(cuts); i++ {
		a, b := cuts[i-1], cuts[i]
		mid := (a + b) / 2
		if a == b || !c.holds(s[0]+mid*(s[3]-s[0]), s[1]+mid*(s[4]-s[1])) {
			continue
		}
		from, to := s[2]+a*(s[5]-s[2]), s[2]+b*(s[5]-s[2])
		out = append(out, Range{min(from, to), max(from, to)})
	}
	return out
}

// meets gives where on a segment, from 0 to 1, it crosses a side. Parallel ones do not cross.
func meets(s []float64, side [4]float64) (float64, bool) {
	dx, dy := s[3]-s[0], s[4]-s[1]
	ex, ey := side[2]-side[0], side[3]-side[1]
	cross := dx*ey - dy*ex
	if cross == 0 {
		return 0, false
	}
	px, py := side[0]-s[0], side[1]-s[1]
	t, u := (px*ey-py*ex)/cross, (px*dy-py*dx)/cross
	return t, t > 0 && t < 1 && u >= 0 && u <= 1
}

// holds tells whether a point lies within the outline or on it.
func (c *outlineCut) holds(x, y float64) bool {
	in := false
	for _, s := range c.sides {
		if (s[1] > y) != (s[3] > y) && x < s[0]+(y-s[1])/(s[3]-s[1])*(s[2]-s[0]) {
			in = !in
		}
	}
	return in || slices.ContainsFunc(c.near, func(n int) bool { return distanceTo(c.sides[n], x, y) <= onOutlineM })
}

func distanceTo(s [4]float64, x, y float64) float64 {
	dx, dy := s[2]-s[0], s[3]-s[1]
	t := 0.0
	if long := dx*dx + dy*dy; long > 0 {
		t = min(1, max(0, ((x-s[0])*dx+(y-s[1])*dy)/long))
	}
	return math.Hypot(s[0]+t*dx-x, s[1]+t*dy-y)
}
