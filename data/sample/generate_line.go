package sample

import (
	"math"
	"math/rand/v2"

	"github.com/twpayne/go-geom"

	"hetu/geo"
)

// The lattice lies in a sinusoidal projection around these degrees, so that a cell is as large everywhere.
const (
	genLon, genLat = 109.0, 32.0
	genDegree      = 111200.0 // metres in a degree of latitude, and of longitude at the equator
)

// genPoints is how many vertices a river has in a metre of the straight way.
const genPoints = 0.0147

// fits tells whether the lattice lies within the default extent.
func (t *genTree) fits() bool {
	for _, x := range []int{0, t.wide} {
		for _, y := range []int{0, t.high} {
			lon, lat := t.degrees(float64(x), float64(y))
			if !geo.China().Contains(lon, lat) || math.Abs(lat) > 60 {
				return false
			}
		}
	}
	return true
}

// degrees gives a place of the lattice, in cells from its south-west corner, in degrees to 7 decimals.
func (t *genTree) degrees(x, y float64) (lon, lat float64) {
	lat = genLat + (y-float64(t.high)/2)*genCell/genDegree
	lon = genLon + (x-float64(t.wide)/2)*genCell/(genDegree*math.Cos(lat*math.Pi/180))
	return math.Round(lon*1e7) / 1e7, math.Round(lat*1e7) / 1e7
}

// at gives the place of a cell's node in cells: not its middle, lest the lattice shows.
func (t *genTree) at(cell int32) (x, y float64) {
	h := genHash(t.seed, int(cell))
	jx, jy := float64(h>>40)/(1<<24)-0.5, float64(h<<24>>40)/(1<<24)-0.5
	column, row := t.place(cell)
	return float64(column) + 0.5 + 0.4*jx, float64(row) + 0.5 + 0.4*jy
}

// genHash is splitmix64's finisher: a number that looks random for each cell and use of it.
func genHash(seed uint64, n int) uint64 {
	h := seed*0x9e3779b97f4a7c15 + uint64(n)*0xd1342543de82ef95 + 0x632be59bd9b4e019 //nolint:gosec // bits, not an amount
	h = (h ^ h>>30) * 0xbf58476d1ce4e5b9
	h = (h ^ h>>27) * 0x94d049bb133111eb
	return h ^ h>>31
}

// genRand gives random numbers that the seed and a use of it settle for ever.
func genRand(seed uint64, use int) *rand.Rand {
	return rand.New(rand.NewPCG(seed, uint64(use))) //nolint:gosec // a landscape, not a secret; bits, not an amount
}

// stepPoints gives how many vertices the way from one cell to the next has, its first not counted.
func (t *genTree) stepPoints(from, to int32) int {
	ax, ay := t.at(from)
	bx, by := t.at(to)
	return max(2, int(math.Round(math.Hypot(bx-ax, by-ay)*genCell*genPoints)))
}

// genLine is a river's line: XY to 7 decimals, downstream, and the vertex that each of its cells is.
type genLine struct {
	flat   []float64
	vertex []int
}

// draw gives a river its line through its cells: a smooth curve (Hermite's cubic, the neighbours giving the direction) with
// a meander across each step that dies out towards both cells, so that no bend is a kink and no line strays far.
func (t *genTree) draw(cells []int32) genLine {
	l := genLine{vertex: make([]int, len(cells))}
	r := genRand(t.seed, int(cells[0])+1<<32)
	lon, lat := t.degrees(t.at(cells[0]))
	l.flat = append(l.flat, lon, lat)
	for i := 1; i < len(cells); i++ {
		t.step(&l, r, cells, i)
		l.vertex[i] = len(l.flat)/2 - 1
	}
	return l
}

// step draws the way from cells[i-1] to cells[i].
func (t *genTree) step(l *genLine, r *rand.Rand, cells []int32, i int) {
	ax, ay := t.at(cells[i-1])
	bx, by := t.at(cells[i])
	ux, uy, vx, vy := bx-ax, by-ay, bx-ax, by-ay
	if i > 1 {
		px, py := t.at(cells[i-2])
		ux, uy = (bx-px)/2, (by-py)/2
	}
	if i+1 < len(cells) && !t.splits(cells[i]) { // into a confluence all come straight, lest they cross before it
		nx, ny := t.at(cells[i+1])
		vx, vy = (nx-ax)/2, (ny-ay)/2
	}
	wide, waves, phase := 0.04+0.13*r.Float64(), 0.8+0.8*r.Float64(), 2*math.Pi*r.Float64()
	if i == len(cells)-1 {
		wide /= 5 // a tributary comes straight in, lest it meets the river it joins before it should
	}
	n := t.stepPoints(cells[i-1], cells[i])
	for k := 1; k <= n; k++ {
		s := float64(k) / float64(n)
		h1, h2, h3 := s*s*(3-2*s), s*(1-s)*(1-s), s*s*(s-1)
		x, y := ax+(bx-ax)*h1+ux*h2+vx*h3, ay+(by-ay)*h1+uy*h2+vy*h3
		m := math.Sin(math.Pi*s) * math.Sin(math.Pi*s) * wide * math.Sin(2*math.Pi*waves*s+phase)
		lon, lat := t.degrees(x-(by-ay)*m, y+(bx-ax)*m)
		if k == n {
			lon, lat = t.degrees(t.at(cells[i]))
		}
		l.flat = append(l.flat, lon, lat)
	}
}

// part gives the line's vertices from first to last, both included.
func (l genLine) part(first, last int) *geom.LineString {
	return geom.NewLineStringFlat(geom.XY, l.flat[2*first:2*last+2:2*last+2])
}

// offset gives the line metres to a bank of the vertices from first to last, XY to 7 decimals, downstream. Where the river
// bends more tightly than that it comes nearer, and at the worst leaves a vertex out: it never changes sides.
func (l genLine) offset(first, last int, bank geo.Bank, metres float64) []float64 {
	side := 1.0
	if bank == geo.Right {
		side = -1
	}
	ky := genDegree
	kx := genDegree * math.Cos(l.flat[2*first+1]*math.Pi/180)
	out := make([]float64, 0, 2*(last-first+1))
	for i := first; i <= last; i++ {
		p, q := max(0, i-1), min(len(l.flat)/2-1, i+1)
		dx, dy := (l.flat[2*q]-l.flat[2*p])*kx, (l.flat[2*q+1]-l.flat[2*p+1])*ky
		d := math.Hypot(dx, dy)
		for _, m := range [...]float64{metres, metres * 0.6, metres * 0.35, metres * 0.2, metres * 0.1} {
			lon, lat := l.flat[2*i]-side*dy/d*m/kx, l.flat[2*i+1]+side*dx/d*m/ky
			if l.clear(i, lon, lat, kx, ky, 0.8*m) {
				out = append(out, math.Round(lon*1e7)/1e7, math.Round(lat*1e7)/1e7)
				break
			}
		}
	}
	return out
}

// clear tells whether a position keeps off the river around vertex i.
func (l genLine) clear(i int, lon, lat, kx, ky, metres float64) bool {
	for k := max(0, i-8); k < min(len(l.flat)/2-1, i+8); k++ {
		ax, ay := (l.flat[2*k]-lon)*kx, (l.flat[2*k+1]-lat)*ky
		bx, by := (l.flat[2*k+2]-lon)*kx, (l.flat[2*k+3]-lat)*ky
		s := 0.0
		if d := (bx-ax)*(bx-ax) + (by-ay)*(by-ay); d > 0 {
			s = min(1, max(0, -(ax*(bx-ax)+ay*(by-ay))/d))
		}
		if math.Hypot(ax+(bx-ax)*s, ay+(by-ay)*s) < metres {
			return false
		}
	}
	return true
}

// sideChannel gives another way between two vertices that are nodes: the river's own, bowed to one side.
func (l genLine) sideChannel(first, last int, metres float64) *geom.LineString {
	ky := genDegree
	kx := genDegree * math.Cos(l.flat[2*first+1]*math.Pi/180)
	out := make([]float64, 0, 2*(last-first+1))
	for i := first; i <= last; i++ {
		x, y := l.flat[2*i], l.flat[2*i+1]
		if i > first && i < last {
			dx, dy := (l.flat[2*i+2]-l.flat[2*i-2])*kx, (l.flat[2*i+3]-l.flat[2*i-1])*ky
			d := math.Hypot(dx, dy)
			bow := metres * math.Sqrt(math.Sin(math.Pi*float64(i-first)/float64(last-first)))
			x, y = math.Round((x-dy/d*bow/kx)*1e7)/1e7, math.Round((y+dx/d*bow/ky)*1e7)/1e7
		}
		out = append(out, x, y)
	}
	return geom.NewLineStringFlat(geom.XY, out)
}
