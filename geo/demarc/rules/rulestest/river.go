package rulestest

import (
	"math"
	"math/rand/v2"

	"github.com/twpayne/go-geom"

	"hetu/geo"
	"hetu/geo/demarc"
	"hetu/geo/lref"
)

// station is a place of a centre line: where it is, which way it flows (radians from east), and whether it lies far enough from tight bends
// for all offsets to have a vertex square to it.
type station struct {
	x, y, heading float64
	safe          bool
	corner        int // of a tight bend; -1 outside
}

// bend is an arc between two straight parts: what an offset beyond its radius, on its inside, is cut back to.
type bend struct {
	x, y   float64 // where the straight parts would meet
	in     float64 // heading before
	turn   float64 // radians, left is positive
	radius float64
}

// river is a curve with its projection.
type river struct {
	stations []station
	bends    []bend
	plane    demarc.Plane
	x0, y0   float64
	route    *geom.LineString // XYM, a vertex each station
}

// widest is how far from the centre line anything of the river's own stands.
const widest = 95.0

// newRiver draws a curve; a meandering one has so many stations.
func newRiver(r *rand.Rand, stations int) *river {
	v := &river{}
	lon, lat := 80+r.Float64()*50, 18+r.Float64()*32
	v.plane = demarc.NewPlane(geom.NewLineStringFlat(geom.XY, []float64{lon, lat}))
	v.x0, v.y0 = v.plane.To(lon, lat)
	if r.IntN(5) < 3 {
		v.meander(r, stations)
	} else {
		v.angular(r)
	}
	var flat []float64
	for _, s := range v.stations {
		flat = append(flat, v.degrees(s.x, s.y)...)
	}
	v.route = lref.Measured(geom.NewLineStringFlat(geom.XY, flat), []string{"mouth", "source"}[r.IntN(2)]).SetSRID(int(geo.CGCS2000))
	return v
}

// degrees gives a position as it is stored: of nine decimals.
func (v *river) degrees(x, y float64) []float64 {
	lon, lat := v.plane.From(v.x0+x, v.y0+y)
	return []float64{math.Round(lon*1e9) / 1e9, math.Round(lat*1e9) / 1e9}
}

// meander draws a sine-generated curve, whose bends are nowhere tighter than twice the widest offset.
func (v *river) meander(r *rand.Rand, stations int) {
	const step = 12.0
	amplitude := 0.3 + r.Float64()*0.9
	wave := math.Max(2*math.Pi*amplitude*2.2*widest, 900) * (1 + r.Float64())
	second, phase := 0.15*amplitude*r.Float64(), 2*math.Pi*r.Float64()
	base := 2 * math.Pi * r.Float64()
	heading := func(s float64) float64 {
		return base + amplitude*math.Sin(2*math.Pi*s/wave+phase) + second*math.Sin(2*math.Pi*s/wave*0.5)
	}
	x, y := 0.0, 0.0
	for i := range stations {
		s := float64(i) * step
		v.stations = append(v.stations, station{x, y, heading(s), true, -1})
		for k := range 8 { // by the rule of the midpoint, finely
			h := heading(s + step*(float64(k)+0.5)/8)
			x, y = x+step/8*math.Cos(h), y+step/8*math.Sin(h)
		}
	}
}

// angular draws straight parts and arcs, some of them tighter than the offsets.
func (v *river) angular(r *rand.Rand) {
	const step = 15.0
	x, y, heading, sign := 0.0, 0.0, 2*math.Pi*r.Float64(), 1.0
	straight := func(l float64, free float64, first bool) {
		n := math.Ceil(l / step)
		for k := 0.0; k < n; k++ {
			d := l * k / n
			if k == 0 && !first {
				continue
			}
			v.stations = append(v.stations, station{x + d*math.Cos(heading), y + d*math.Sin(heading), heading, d > free && l-d > free, -1})
		}
		x, y = x+l*math.Cos(heading), y+l*math.Sin(heading)
	}
	straight(400+200*r.Float64(), 150, true)
	for range 3 + r.IntN(4) {
		radius := []float64{18, 24, 160, 250}[r.IntN(4)]
		turn := sign * (0.3 + r.Float64()*0.9)
		sign = -sign
		tangent := radius * math.Tan(math.Abs(turn)/2)
		v.bends = append(v.bends, bend{x + tangent*math.Cos(heading), y + tangent*math.Sin(heading), heading, turn, radius})
		side := 1.0
		if turn < 0 {
			side = -1
		}
		cx, cy := x-side*radius*math.Sin(heading), y+side*radius*math.Cos(heading)
		n := math.Ceil(math.Max(math.Abs(turn)/(7*math.Pi/180), math.Abs(turn)*radius/step))
		for k := 0.0; k <= n; k++ {
			h := heading + turn*k/n
			v.stations = append(v.stations, station{cx + side*radius*math.Sin(h), cy - side*radius*math.Cos(h), h, false, len(v.bends) - 1})
		}
		heading += turn
		x, y = cx+side*radius*math.Sin(heading), cy-side*radius*math.Cos(heading)
		straight(420+250*r.Float64(), 150, false)
	}
}

// at is a place beside a station: d metres to the left, or to the right where negative.
func (v *river) at(i int, d float64) []float64 {
	s := v.stations[i]
	return v.degrees(s.x-d*math.Sin(s.heading), s.y+d*math.Cos(s.heading))
}

// beside is the curve from station i to j, d metres to the left (negative: right), cut back at bends tighter than that.
func (v *river) beside(d float64, i, j int) []float64 {
	var out []float64
	cornered := -1
	for k := i; k <= j; k++ {
		b := v.cutBack(k, d)
		if b < 0 {
			out = append(out, v.at(k, d)...)
			continue
		}
		if b != cornered {
			cornered = b
			c := v.bends[b]
			back := math.Abs(d) * math.Tan(math.Abs(c.turn)/2)
			x, y := c.x-back*math.Cos(c.in), c.y-back*math.Sin(c.in)
			out = append(out, v.degrees(x-d*math.Sin(c.in), y+d*math.Cos(c.in))...)
		}
	}
	return out
}

// cutBack tells the bend to whose corner a station's offset is cut back; -1 where it stays.
func (v *river) cutBack(i int, d float64) int {
	s := v.stations[i]
	for b, c := range v.bends {
		if c.turn > 0 != (d > 0) || math.Abs(d) < c.radius {
			continue
		}
		back := math.Abs(d) * math.Tan(math.Abs(c.turn)/2)
		if s.corner == b || math.Hypot(s.x-c.x, s.y-c.y) < back+1 {
			return b
		}
	}
	return -1
}

func (v *river) measure(i int) float64 { return v.route.FlatCoords()[3*i+2] }

func (v *river) ranged(i, j int) (fromM, toM float64) {
	a, b := v.measure(i), v.measure(j)
	return min(a, b), max(a, b)
}
