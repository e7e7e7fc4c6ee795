package demarc

import (
	"math"

	"github.com/twpayne/go-geom"

	"hetu/geo"
)

// xy is a position in a [Plane], in metres.
type xy struct{ x, y float64 }

func (a xy) plus(b xy) xy              { return xy{a.x + b.x, a.y + b.y} }
func (a xy) minus(b xy) xy             { return xy{a.x - b.x, a.y - b.y} }
func (a xy) times(f float64) xy        { return xy{a.x * f, a.y * f} }
func (a xy) dot(b xy) float64          { return a.x*b.x + a.y*b.y }
func (a xy) cross(b xy) float64        { return a.x*b.y - a.y*b.x }
func (a xy) length() float64           { return math.Hypot(a.x, a.y) }
func (a xy) to(b xy) float64           { return math.Hypot(b.x-a.x, b.y-a.y) }
func (a xy) toward(b xy, t float64) xy { return xy{a.x + (b.x-a.x)*t, a.y + (b.y-a.y)*t} }
func (a xy) left() xy                  { return xy{-a.y, a.x} } // turned by a right angle to the left
func (a xy) unit() xy {
	if l := a.length(); l > 0 {
		return a.times(1 / l)
	}
	return xy{}
}

// foot is how far along the segment from a to b the place lies that is nearest to p, in [0, 1], and its distance.
func foot(a, b, p xy) (t, distance float64) {
	d := b.minus(a)
	if l := d.dot(d); l > 0 {
		t = min(1, max(0, p.minus(a).dot(d)/l))
	}
	return t, a.toward(b, t).to(p)
}

// straightOver is the longest segment in metres that is taken into a plane as one: a stored segment is straight in degrees, and in a
// plane it bends by a millimetre at this length.
const straightOver = 300.0

// flat gives a line (any layout, degrees) in the plane; a vertex that lies where the one before does is left out.
func (p Plane) flat(line *geom.LineString) []xy {
	in, stride := line.FlatCoords(), line.Stride()
	out := make([]xy, 0, len(in)/stride)
	for i := 0; i+1 < len(in); i += stride {
		x, y := p.To(in[i], in[i+1])
		here := xy{x, y}
		if len(out) > 0 {
			last := out[len(out)-1]
			d := last.to(here)
			if d < sameWithin {
				continue
			}
			n := math.Ceil(d / straightOver)
			for k := 1.0; k < n; k++ {
				lon, lat := in[i-stride]+(in[i]-in[i-stride])*k/n, in[i-stride+1]+(in[i+1]-in[i-stride+1])*k/n
				x, y := p.To(lon, lat)
				out = append(out, xy{x, y})
			}
		}
		out = append(out, here)
	}
	return out
}

// sameWithin is how near in metres two vertices are one.
const sameWithin = 1e-4

// line gives a line of the plane in degrees, XY, EPSG:4490, at nine decimals, a tenth of a millimetre: what is stored is what was made.
// A segment that is long gets vertices between, for it is stored straight in degrees.
func (p Plane) line(in []xy) *geom.LineString {
	out := make([]float64, 0, 2*len(in))
	add := func(a xy) {
		lon, lat := p.From(a.x, a.y)
		lon, lat = ninth(lon), ninth(lat)
		if n := len(out); n == 0 || out[n-2] != lon || out[n-1] != lat {
			out = append(out, lon, lat)
		}
	}
	for i, a := range in {
		if i > 0 {
			n := math.Ceil(in[i-1].to(a) / straightOver)
			for k := 1.0; k < n; k++ {
				add(in[i-1].toward(a, k/n))
			}
		}
		add(a)
	}
	return geom.NewLineStringFlat(geom.XY, out).SetSRID(int(geo.CGCS2000))
}

func ninth(deg float64) float64 { return math.Round(deg*1e9) / 1e9 }

func lengthOf(line []xy) float64 {
	sum := 0.0
	for i := 1; i < len(line); i++ {
		sum += line[i-1].to(line[i])
	}
	return sum
}

// grid finds the segments of lines by cells of a size in metres.
type grid struct {
	size  float64
	from  []xy // of each segment
	to    []xy
	cells map[[2]int32][]int32
}

// newGrid makes a grid whose cells are at least so wide; lines are added with add.
func newGrid(size float64) *grid { return &grid{size: max(size, 1), cells: map[[2]int32][]int32{}} }

// gridOf is the grid of one line, its cells at least so wide and not much smaller than its segments.
func gridOf(line []xy, least float64) *grid {
	g := newGrid(max(least, 2*lengthOf(line)/float64(max(1, len(line)-1))))
	g.add(line)
	return g
}

func (g *grid) add(line []xy) {
	for i := 1; i < len(line); i++ {
		n := int32(len(g.from)) //nolint:gosec // G115: a line has at most some hundred thousand segments
		g.from, g.to = append(g.from, line[i-1]), append(g.to, line[i])
		g.along(line[i-1], line[i], func(cell [2]int32) { g.cells[cell] = append(g.cells[cell], n) })
	}
}

// along calls f with the cells that a segment passes, and some beside it: of one that is long and lies aslant these are far fewer than
// those of its box.
func (g *grid) along(a, b xy, f func(cell [2]int32)) {
	if a.x > b.x {
		a, b = b, a
	}
	x0, x1 := g.cell(a.x), g.cell(b.x)
	if x1-x0 < 2 {
		g.span(a, b, 0, f)
		return
	}
	for x := x0; x <= x1; x++ {
		const hair = 0.001 // of a cell: what rounding may do at an edge
		west, east := (float64(x)-hair)*g.size, (float64(x)+1+hair)*g.size
		p, q := a.toward(b, max(0, (west-a.x)/(b.x-a.x))), a.toward(b, min(1, (east-a.x)/(b.x-a.x)))
		for y, last := g.cell(min(p.y, q.y)-hair*g.size), g.cell(max(p.y, q.y)+hair*g.size); y <= last; y++ {
			f([2]int32{x, y})
		}
	}
}

// span calls f with the cells of the box around a segment that is grown by so many metres.
func (g *grid) span(a, b xy, by float64, f func(cell [2]int32)) {
	x0, x1 := g.cell(min(a.x, b.x)-by), g.cell(max(a.x, b.x)+by)
	y0, y1 := g.cell(min(a.y, b.y)-by), g.cell(max(a.y, b.y)+by)
	for x := x0; x <= x1; x++ {
		for y := y0; y <= y1; y++ {
			f([2]int32{x, y})
		}
	}
}

func (g *grid) cell(v float64) int32 {
	return int32(math.Floor(min(max(v/g.size, -1e9), 1e9)))
}

// within tells whether a segment comes nearer to p than so many metres.
func (g *grid) within(p xy, metres float64) bool {
	found := false
	g.span(p, p, metres, func(cell [2]int32) {
		if found {
			return
		}
		for _, i := range g.cells[cell] {
			if _, d := foot(g.from[i], g.to[i], p); d < metres {
				found = true
				return
			}
		}
	})
	return found
}

// distance is that of the nearest segment within so many metres; +Inf if there is none.
func (g *grid) distance(p xy, within float64) float64 {
	best := math.Inf(1)
	g.span(p, p, within, func(cell [2]int32) {
		for _, i := range g.cells[cell] {
			if _, d := foot(g.from[i], g.to[i], p); d < best && d <= within {
				best = d
			}
		}
	})
	return best
}

// meeting is where two segments meet: how far along either.
type meeting struct {
	i, j int32
	t, u float64
}

// Lines that were drawn meet themselves a few times, and few of their segments lie in one cell. What goes over these is no line of a bank: of n
// segments n² may meet, which no memory holds.
const (
	meetingsEach, meetingsMore = 8, 1_000       // meetings that are gathered, by segment and beside
	triedEach, triedMore       = 2_000, 100_000 // pairs of segments that are held against each other
)

// meetings finds where the segments of the grid meet each other; neighbours in the order they were added meet at their shared end,
// which is left out. Each pair is found once; overlaps along a line are none. It gives up, and says so, where they are too many.
func (g *grid) meetings() (found []meeting, ok bool) {
	return g.meetingsUpTo(meetingsEach*len(g.from) + meetingsMore)
}

// meetingsUpTo gives up when there are more meetings than so many.
func (g *grid) meetingsUpTo(most int) (out []meeting, ok bool) {
	left := triedEach*len(g.from) + triedMore
	for cell, in := range g.cells {
		for a, i := range in {
			if left -= len(in) - a - 1; left < 0 {
				return nil, false
			}
			for _, j := range in[a+1:] {
				if i == j || (j-i == 1 || i-j == 1) && (g.to[min(i, j)] == g.from[max(i, j)]) {
					continue
				}
				lo, hi := min(i, j), max(i, j)
				t, u, ok := meet(g.from[lo], g.to[lo], g.from[hi], g.to[hi])
				if !ok {
					continue
				}
				at := g.from[lo].toward(g.to[lo], t)
				if cell == [2]int32{g.cell(at.x), g.cell(at.y)} { // in one of the cells that both lie in
					if len(out) == most {
						return nil, false
					}
					out = append(out, meeting{lo, hi, t, u})
				}
			}
		}
	}
	return out, true
}

// meet tells how far along segment ab and segment cd they meet; false where they do not, or are parallel.
func meet(a, b, c, d xy) (t, u float64, ok bool) {
	v, w := b.minus(a), d.minus(c)
	det := v.cross(w)
	if math.Abs(det) <= 1e-12*v.length()*w.length() {
		return 0, 0, false
	}
	ac := c.minus(a)
	t, u = ac.cross(w)/det, ac.cross(v)/det
	const over = 1e-12
	if t < -over || t > 1+over || u < -over || u > 1+over {
		return 0, 0, false
	}
	return min(1, max(0, t)), min(1, max(0, u)), true
}

// thinned leaves out vertices that lie within so many metres of the line without them (Douglas and Peucker); the ends stay.
func thinned(line []xy, metres float64) []xy {
	if len(line) < 3 || metres <= 0 {
		return line
	}
	keep := make([]bool, len(line))
	keep[0], keep[len(line)-1] = true, true
	todo := [][2]int{{0, len(line) - 1}}
	for len(todo) > 0 {
		from, to := todo[len(todo)-1][0], todo[len(todo)-1][1]
		todo = todo[:len(todo)-1]
		worst, at := metres, -1
		for i := from + 1; i < to; i++ {
			if _, d := foot(line[from], line[to], line[i]); d > worst {
				worst, at = d, i
			}
		}
		if at >= 0 {
			keep[at] = true
			todo = append(todo, [2]int{from, at}, [2]int{at, to})
		}
	}
	out := make([]xy, 0, len(line))
	for i, k := range keep {
		if k {
			out = append(out, line[i])
		}
	}
	return out
}

// simple tells whether a line is known not to meet itself; of a closed one the ends are one place.
func simple(line []xy) bool {
	last := int32(len(line) - 2) //nolint:gosec // G115: see add
	closed := len(line) > 2 && line[0] == line[len(line)-1]
	found, ok := gridOf(line, 1).meetingsUpTo(1)
	return ok && (len(found) == 0 || closed && found[0] == meeting{0, last, 0, 1})
}

// crossed gives a segment of the grid that a segment meets.
func (g *grid) crossed(a, b xy) (i int, ok bool) {
	g.span(a, b, 0, func(cell [2]int32) {
		for _, k := range g.cells[cell] {
			if ok {
				return
			}
			if _, _, meets := meet(a, b, g.from[k], g.to[k]); meets {
				i, ok = int(k), true
			}
		}
	})
	return i, ok
}
