package rulestest

import (
	"math"
	"slices"

	"github.com/twpayne/go-geom"

	"hetu/geo"
	"hetu/geo/demarc"
)

// Fault is one way to spoil a sound boundary. Seed does it and tells where; ok is false where the boundary has nothing of the kind.
type Fault struct {
	Name string
	Rule string
	Seed func(c *Case) (at Spot, ok bool)
}

// Spot is where a fault is. Without a place it is of the whole.
type Spot struct {
	Lon, Lat float64
	Placed   bool
	WithinM  float64 // how far off the finding may show it
}

// spotM is how near a finding has to show a fault, where the fault has no length of its own.
const spotM = 5.0

func (c *Case) spot(x, y float64) Spot {
	lon, lat := c.river.plane.From(x, y)
	return Spot{lon, lat, true, spotM}
}

// XY gives a position in metres, for tests to tell distances.
func (c *Case) XY(lon, lat float64) (x, y float64) { return c.river.plane.To(lon, lat) }

// LonLat is the inverse of XY.
func (c *Case) LonLat(x, y float64) (lon, lat float64) { return c.river.plane.From(x, y) }

// Shift moves some vertices of the line that follow each other landward, or towards the water where negative; false where no line has so
// many in a row that is straight enough.
func (c *Case) Shift(count int, metres float64) bool {
	v, ok := c.inner(demarc.NaturalBank, demarc.Revetment)
	if !ok || v.i+count+2 >= c.Lines.Pieces[v.piece].Line.NumCoords() {
		return false
	}
	var all []vertex
	for k := range count {
		all = append(all, c.vertexAt(v.piece, v.i+k))
	}
	for _, v := range all {
		c.move(v, 0, metres)
	}
	return true
}

// LeftHalf is what lies between the left line, drawn sound, and the route.
func (c *Case) LeftHalf() *geom.MultiPolygon {
	ring := append(c.river.beside(0, c.first, c.last), reversed(c.path(geo.Left, c.first, c.last))...)
	return polygon(append(ring, ring[0], ring[1]))
}

// vertex is a vertex of a piece, with the way on and the way landward there.
type vertex struct {
	piece, i     int
	x, y         float64
	tx, ty       float64 // downstream
	nx, ny       float64 // landward
	before, next [2]float64
}

// inner draws a vertex of a piece that has neighbours, of the bases that are asked for.
func (c *Case) inner(ofBasis ...demarc.Basis) (vertex, bool) {
	for range 200 {
		p := c.random.IntN(len(c.Lines.Pieces))
		piece := c.Lines.Pieces[p]
		n := piece.Line.NumCoords()
		if n < 9 || len(ofBasis) > 0 && !slices.Contains(ofBasis, piece.Basis) {
			continue
		}
		v := c.vertexAt(p, 3+c.random.IntN(n-6))
		if math.Hypot(v.next[0]-v.x, v.next[1]-v.y) > 7 && math.Hypot(v.before[0]-v.x, v.before[1]-v.y) > 7 && c.straight(v) {
			return v, true
		}
	}
	return vertex{}, false
}

// straight tells whether the line hardly turns at a vertex.
func (c *Case) straight(v vertex) bool {
	ax, ay, bx, by := v.x-v.before[0], v.y-v.before[1], v.next[0]-v.x, v.next[1]-v.y
	return math.Abs(math.Atan2(ax*by-ay*bx, ax*bx+ay*by)) < 0.15
}

func (c *Case) vertexAt(p, i int) vertex {
	piece := c.Lines.Pieces[p]
	at := func(k int) [2]float64 {
		f := piece.Line.FlatCoords()
		x, y := c.river.plane.To(f[2*k], f[2*k+1])
		return [2]float64{x, y}
	}
	v := vertex{piece: p, i: i, x: at(i)[0], y: at(i)[1], before: at(i - 1), next: at(i + 1)}
	dx, dy := v.next[0]-v.before[0], v.next[1]-v.before[1]
	l := math.Hypot(dx, dy)
	v.tx, v.ty = dx/l, dy/l
	v.nx, v.ny = -v.ty, v.tx
	if piece.Bank == geo.Right {
		v.nx, v.ny = v.ty, -v.tx
	}
	return v
}

// off is a place beside a vertex: metres downstream, and landward.
func (v vertex) off(along, out float64) (x, y float64) {
	return v.x + along*v.tx + out*v.nx, v.y + along*v.ty + out*v.ny
}

func (c *Case) flat(p int) []float64 { return slices.Clone(c.Lines.Pieces[p].Line.FlatCoords()) }

func (c *Case) draw(p int, flat []float64) {
	c.Lines.Pieces[p].Line = c.line(flat)
}

func (c *Case) degrees(x, y float64) []float64 {
	lon, lat := c.river.plane.From(x, y)
	return []float64{lon, lat}
}

// insert puts places (along, out from the vertex) behind a vertex.
func (c *Case) insert(v vertex, offs ...[2]float64) {
	var add []float64
	for _, o := range offs {
		add = append(add, c.degrees(v.off(o[0], o[1]))...)
	}
	c.draw(v.piece, slices.Insert(c.flat(v.piece), 2*v.i+2, add...))
}

// move puts a vertex elsewhere.
func (c *Case) move(v vertex, along, out float64) {
	flat := c.flat(v.piece)
	copy(flat[2*v.i:], c.degrees(v.off(along, out)))
	c.draw(v.piece, flat)
}

// spoil makes a fault of an inner vertex: f spoils it and tells where beside the vertex to look.
func spoil(f func(c *Case, v vertex) (along, out float64), ofBasis ...demarc.Basis) func(c *Case) (Spot, bool) {
	return func(c *Case) (Spot, bool) {
		v, ok := c.inner(ofBasis...)
		if !ok {
			return Spot{}, false
		}
		return c.spot(v.off(f(c, v))), true
	}
}

// Faults gives all.
func Faults() []Fault {
	return slices.Concat(simpleFaults(), sideFaults(), areaFaults(), stakeFaults(), zoneFaults(), wordFaults())
}

// simpleFaults are those that G1 finds.
func simpleFaults() []Fault {
	return []Fault{
		{"spike", "G1", spoil(func(c *Case, v vertex) (float64, float64) {
			c.insert(v, [2]float64{2, 0}, [2]float64{2.1, 4}, [2]float64{2.2, 0})
			return 2, 4
		})},
		{"spike without width", "G1", spoil(func(c *Case, v vertex) (float64, float64) {
			flat := c.flat(v.piece)
			tip := c.degrees(v.off(0, 5))
			c.draw(v.piece, slices.Insert(flat, 2*v.i+2, tip[0], tip[1], flat[2*v.i], flat[2*v.i+1]))
			return 0, 5
		})},
		{"bow-tie", "G1", spoil(func(c *Case, v vertex) (float64, float64) {
			c.insert(v, [2]float64{5, 4}, [2]float64{5, 0.2}, [2]float64{0.5, 4})
			return 3, 2
		})},
		{"vertex that stands twice", "G1", spoil(func(c *Case, v vertex) (float64, float64) {
			c.insert(v, [2]float64{0.006, 0})
			return 0, 0
		})},
		{"segment too short", "G1", spoil(func(c *Case, v vertex) (float64, float64) {
			c.insert(v, [2]float64{0.03, 0})
			return 0, 0
		})},
		{"pseudo-node", "G1", spoil(func(c *Case, v vertex) (float64, float64) {
			c.split(v)
			return 0, 0
		})},
		{"dangle", "G1", dangle},
		{"connector that is missing", "G1", missingConnector},
	}
}

// split cuts a piece in two at a vertex.
func (c *Case) split(v vertex) {
	flat, a := c.flat(v.piece), c.Lines.Pieces[v.piece]
	b := a
	m, _ := c.river.near(v.x, v.y)
	if c.Route.FlatCoords()[2] > c.Route.FlatCoords()[len(c.Route.FlatCoords())-1] {
		a.FromM, b.ToM = m, m
	} else {
		a.ToM, b.FromM = m, m
	}
	a.Line, b.Line = c.line(slices.Clone(flat[:2*v.i+2])), c.line(slices.Clone(flat[2*v.i:]))
	c.Lines.Pieces[v.piece] = a
	c.Lines.Pieces = slices.Insert(c.Lines.Pieces, v.piece+1, b)
}

// near gives the measure of the nearest station, and its number.
func (v *river) near(x, y float64) (m float64, station int) {
	best := math.Inf(1)
	for i, s := range v.stations {
		if d := math.Hypot(v.x0+s.x-x, v.y0+s.y-y); d < best {
			best, station = d, i
		}
	}
	return v.measure(station), station
}

// dangle takes the last vertex from a piece that another follows.
func dangle(c *Case) (Spot, bool) {
	for p := 0; p+1 < len(c.Lines.Pieces); p++ {
		if c.Lines.Pieces[p].Bank != c.Lines.Pieces[p+1].Bank || c.Lines.Pieces[p].Line.NumCoords() < 5 {
			continue
		}
		flat := c.flat(p)
		n := len(flat)
		x, y := c.river.plane.To(flat[n-4], flat[n-3])
		c.draw(p, flat[:n-2])
		return c.spot(x, y), true
	}
	return Spot{}, false
}

func missingConnector(c *Case) (Spot, bool) {
	for i, k := range c.Lines.Connectors {
		if f := k.Line.FlatCoords(); k.Kind == demarc.AtChange && k.LengthM > 0.2 {
			c.Lines.Connectors = slices.Delete(c.Lines.Connectors, i, i+1)
			x, y := c.river.plane.To(f[0], f[1])
			return c.spot(x, y), true
		}
	}
	return Spot{}, false
}

// sideFaults are those that G2 to G6 find.
func sideFaults() []Fault {
	return []Fault{
		{"sliver", "G2", func(c *Case) (Spot, bool) {
			at := c.river.stations[c.first]
			ring := slices.Concat(c.river.degrees(at.x, at.y), c.river.degrees(at.x+20, at.y), c.river.degrees(at.x+20, at.y+0.1), c.river.degrees(at.x, at.y+0.1), c.river.degrees(at.x, at.y))
			if err := c.Parts[0].Geom.Push(polygon(ring).Polygon(0)); err != nil {
				panic(err) // a fault of the generator
			}
			return c.spot(c.river.x0+at.x, c.river.y0+at.y), true
		}},
		{"ring wound the wrong way", "G2", func(c *Case) (Spot, bool) {
			flat := reversed(c.Area.FlatCoords())
			c.Area = polygon(flat)
			x, y := c.river.plane.To(flat[0], flat[1])
			return c.spot(x, y), true
		}},
		{"hole", "G2", func(c *Case) (Spot, bool) {
			s := c.river.stations[c.safe(c.first+1, c.last-1)]
			hole := slices.Concat(c.river.degrees(s.x, s.y), c.river.degrees(s.x, s.y+4), c.river.degrees(s.x+4, s.y+4), c.river.degrees(s.x+4, s.y), c.river.degrees(s.x, s.y))
			c.Area = polygon(c.Area.FlatCoords(), hole)
			return c.spot(c.river.x0+s.x, c.river.y0+s.y), true
		}},
		{"system not declared", "G3", func(c *Case) (Spot, bool) { c.SRID = 0; return Spot{}, true }},
		{"outside the division", "G3", func(c *Case) (Spot, bool) {
			flat := c.Divisions[0].Geom.FlatCoords()
			for i := 0; i < len(flat); i += 2 {
				flat[i] += 0.5
			}
			p := c.Lines.Pieces[0].Line.FlatCoords()
			x, y := c.river.plane.To(p[0], p[1])
			return c.spot(x, y), true
		}},
		{"coordinate far away", "G3", wildFault(func(lon, lat float64) (float64, float64) { return lon + 3.1, lat + 2.2 })},
		{"coordinate ten times too large", "G21", wildFault(func(lon, lat float64) (float64, float64) { return lon, lat * 10 })},
		{"coordinate ten times too small", "G21", wildFault(func(lon, lat float64) (float64, float64) { return lon / 10, lat })},
		{"axes swapped", "G21", wildFault(func(lon, lat float64) (float64, float64) { return lat, lon })},
		{"second line", "G4", spoilPiece(func(c *Case, p int) {
			piece := c.Lines.Pieces[p]
			flat := c.flat(p)
			out := slices.Clone(flat)
			for i := 1; i+1 < len(flat)/2; i++ {
				copy(out[2*i:], c.degrees(c.vertexAt(p, i).off(0, 3)))
			}
			piece.Line = c.line(out)
			c.Lines.Pieces = append(c.Lines.Pieces, piece)
		})},
		{"no line on a bank", "G4", func(c *Case) (Spot, bool) {
			c.Lines.Pieces = slices.DeleteFunc(c.Lines.Pieces, func(p demarc.Piece) bool { return p.Bank == geo.Left })
			return Spot{}, true
		}},
		{"banks told the wrong way round", "G4", func(c *Case) (Spot, bool) {
			for i := range c.Lines.Pieces {
				c.Lines.Pieces[i].Bank = other(c.Lines.Pieces[i].Bank)
			}
			f := c.Lines.Pieces[0].Line.FlatCoords()
			x, y := c.river.plane.To(f[0], f[1])
			return c.spot(x, y), true
		}},
		{"over the centre line", "G4", spoil(func(c *Case, v vertex) (float64, float64) {
			_, i := c.river.near(v.x, v.y)
			s := c.river.stations[i]
			in := math.Hypot(c.river.x0+s.x-v.x, c.river.y0+s.y-v.y) + 6
			c.move(v, 0, -in)
			return 0, -(in - 6)
		})},
		{"reversed line", "G5", spoilPiece(func(c *Case, p int) { c.draw(p, reversed(c.flat(p))) })},
		{"over the bank top", "G6", spoil(func(c *Case, v vertex) (float64, float64) {
			_, i := c.river.near(v.x, v.y)
			s := c.river.stations[i]
			in := math.Hypot(c.river.x0+s.x-v.x, c.river.y0+s.y-v.y) - c.half + 1
			c.move(v, 0, -in)
			return 0, -(in - 1)
		})},
	}
}

func other(b geo.Bank) geo.Bank {
	if b == geo.Left {
		return geo.Right
	}
	return geo.Left
}

// wildFault changes the coordinate of a vertex; it is shown at the vertex before it.
func wildFault(f func(lon, lat float64) (float64, float64)) func(c *Case) (Spot, bool) {
	return func(c *Case) (Spot, bool) {
		v, ok := c.inner()
		if !ok {
			return Spot{}, false
		}
		flat := c.flat(v.piece)
		flat[2*v.i], flat[2*v.i+1] = f(flat[2*v.i], flat[2*v.i+1])
		c.draw(v.piece, flat)
		return c.spot(v.before[0], v.before[1]), true
	}
}

// spoilPiece makes a fault of a piece; it is shown from the piece's first vertex, or the last of a line that was turned.
func spoilPiece(f func(c *Case, p int)) func(c *Case) (Spot, bool) {
	return func(c *Case) (Spot, bool) {
		p := c.random.IntN(len(c.Lines.Pieces))
		if c.Lines.Pieces[p].Line.NumCoords() < 6 {
			return Spot{}, false
		}
		f(c, p)
		flat := c.Lines.Pieces[p].Line.FlatCoords()
		x, y := c.river.plane.To(flat[0], flat[1])
		return c.spot(x, y), true
	}
}

// Nearest is how far in metres a finding shows from a place, infinite where it shows none.
func (c *Case) Nearest(place geom.T, lon, lat float64) float64 {
	if place == nil {
		return math.Inf(1)
	}
	x, y := c.XY(lon, lat)
	flat, stride := place.FlatCoords(), place.Stride()
	best := math.Inf(1)
	for i := 0; i+1 < len(flat); i += stride {
		bx, by := c.XY(flat[i], flat[i+1])
		best = min(best, math.Hypot(bx-x, by-y))
		if i > 0 {
			ax, ay := c.XY(flat[i-stride], flat[i-stride+1])
			dx, dy := bx-ax, by-ay
			if l := dx*dx + dy*dy; l > 0 {
				t := min(1, max(0, ((x-ax)*dx+(y-ay)*dy)/l))
				best = min(best, math.Hypot(ax+t*dx-x, ay+t*dy-y))
			}
		}
	}
	return best
}
