package label_test

import (
	"math"
	"math/big"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"hetu/tiles/label"
)

// shape is an area as Pole takes it.
type shape struct {
	flat  []int32
	parts []int
	hole  []bool
}

// ring adds a ring, closing it.
func (s *shape) ring(hole bool, positions ...[2]int32) {
	for _, p := range append(positions, positions[0]) {
		s.flat = append(s.flat, p[0], p[1])
	}
	s.parts, s.hole = append(s.parts, len(positions)+1), append(s.hole, hole)
}

// rings gives each ring's positions.
func (s *shape) rings() [][][2]int32 {
	var out [][][2]int32
	flat := s.flat
	for _, n := range s.parts {
		var ring [][2]int32
		for range n {
			ring = append(ring, [2]int32{flat[0], flat[1]})
			flat = flat[2:]
		}
		out = append(out, ring)
	}
	return out
}

// strictlyIn tells by exact fractions whether a point lies inside a ring and not on it.
func strictlyIn(ring [][2]int32, x, y int32) (in, on bool) {
	number := func(v int32) *big.Int { return big.NewInt(int64(v)) }
	for i := 1; i < len(ring); i++ {
		a, b := ring[i-1], ring[i]
		cross := new(big.Int).Sub(
			new(big.Int).Mul(new(big.Int).Sub(number(b[0]), number(a[0])), new(big.Int).Sub(number(y), number(a[1]))),
			new(big.Int).Mul(new(big.Int).Sub(number(b[1]), number(a[1])), new(big.Int).Sub(number(x), number(a[0]))),
		).Sign()
		if cross == 0 && x >= min(a[0], b[0]) && x <= max(a[0], b[0]) && y >= min(a[1], b[1]) && y <= max(a[1], b[1]) {
			return false, true
		}
		if (a[1] > y) != (b[1] > y) && (cross > 0) == (b[1] > a[1]) {
			in = !in
		}
	}
	return in, false
}

// clear gives the distance of a point to the nearest border, below 0 outside, of a shape of one polygon.
func (s *shape) clear(x, y int32) float64 {
	least, inside := math.Inf(1), false
	for i, ring := range s.rings() {
		in, on := strictlyIn(ring, x, y)
		if on {
			return 0
		}
		if i == 0 {
			inside = in
		} else if in {
			inside = false
		}
		for j := 1; j < len(ring); j++ {
			ax, ay := float64(ring[j-1][0])-float64(x), float64(ring[j-1][1])-float64(y)
			dx, dy := float64(ring[j][0])-float64(ring[j-1][0]), float64(ring[j][1])-float64(ring[j-1][1])
			t := 0.0
			if dx != 0 || dy != 0 {
				t = max(0, min(1, -(ax*dx+ay*dy)/(dx*dx+dy*dy)))
			}
			least = min(least, math.Hypot(ax+t*dx, ay+t*dy))
		}
	}
	if !inside {
		return -least
	}
	return least
}

// star draws a ring that is seen whole from its middle, and so never crosses itself.
func star(rt *rapid.T, x, y, least, most float64) [][2]int32 {
	n := rapid.IntRange(3, 60).Draw(rt, "n")
	var ring [][2]int32
	for i := range n {
		sin, cos := math.Sincos(2 * math.Pi * float64(i) / float64(n))
		r := rapid.Float64Range(least, most).Draw(rt, "r")
		ring = append(ring, [2]int32{int32(x + r*cos), int32(y + r*sin)})
	}
	if rapid.Bool().Draw(rt, "turned") {
		slices.Reverse(ring)
	}
	return ring
}

func TestPoleIsInsideAndFarFromTheBorder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		size := rapid.SampledFrom([]float64{300, 1e5, 2e9}).Draw(rt, "size")
		x, y := rapid.Float64Range(-1e8, 1e8).Draw(rt, "x"), rapid.Float64Range(-1e8, 1e8).Draw(rt, "y")
		var s shape
		s.ring(false, star(rt, x, y, size*0.3, size)...)
		if rapid.Bool().Draw(rt, "holed") {
			s.ring(true, star(rt, x, y, size*0.02, size*0.25)...)
		}
		px, py := label.Pole(s.flat, s.parts, s.hole)
		got := s.clear(px, py)
		if got <= 0 {
			rt.Fatalf("%d %d is not inside: %v", px, py, s)
		}
		for i := range 33 {
			for j := range 33 {
				qx, qy := x+size*(float64(i)/16-1), y+size*(float64(j)/16-1)
				if d := s.clear(int32(qx), int32(qy)); d > got+2*size/500+2 {
					rt.Fatalf("%.0f %.0f is %g from the border, Pole's %d %d only %g", qx, qy, d, px, py, got)
				}
			}
		}
	})
}

func TestPoleOfSlivers(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		// A ribbon along a bent line, a thousandth or less as wide as long.
		wide := rapid.IntRange(2, 1000).Draw(rt, "wide")
		slope := rapid.Float64Range(-3, 3).Draw(rt, "slope")
		turned := rapid.Bool().Draw(rt, "turned")
		var there, back [][2]int32
		for i := range 20 {
			x, y := float64(i)*50_000, slope*50_000*float64(i)+1e4*math.Sin(float64(i))
			a, b := [2]int32{int32(x), int32(y)}, [2]int32{int32(x), int32(y) + int32(wide)}
			if turned {
				a, b = [2]int32{a[1], a[0]}, [2]int32{b[1], b[0]}
			}
			there, back = append(there, a), append(back, b)
		}
		slices.Reverse(back)
		var s shape
		s.ring(false, append(there, back...)...)
		px, py := label.Pole(s.flat, s.parts, nil)
		if d := s.clear(px, py); d <= 0 && (wide > 10 || d < 0) {
			rt.Fatalf("%d %d is not inside: %g", px, py, d)
		}
	})
}

func TestPoleCases(t *testing.T) {
	t.Parallel()
	square := func(x, y, size int32) [][2]int32 {
		return [][2]int32{{x, y}, {x + size, y}, {x + size, y + size}, {x, y + size}}
	}
	var two, holed, away, l shape
	two.ring(false, square(0, 0, 100)...)
	two.ring(false, square(1000, 1000, 400)...)
	two.ring(true, square(1010, 1010, 20)...)
	two.ring(false, square(2000, 2000, 300)...)
	holed.ring(false, square(0, 0, 500)...)
	holed.ring(true, square(10, 10, 480)...) // a frame of 10: smaller than the next
	holed.ring(false, square(1000, 0, 200)...)
	away.ring(false, square(0, 0, 100)...)
	away.ring(true, square(-5000, 20, 60)...) // a hole that lies outside takes nothing away from inside
	l.ring(false, [2]int32{0, 0}, [2]int32{10000, 0}, [2]int32{10000, 100}, [2]int32{4000, 100}, [2]int32{4000, 4000}, [2]int32{0, 4000})
	for name, c := range map[string]struct {
		s              shape
		x0, y0, x1, y1 int32 // where it may be
	}{
		"the largest of three":          {two, 1180, 1180, 1230, 1230},
		"largest by what is left of it": {holed, 1099, 99, 1101, 101},
		"a hole outside":                {away, 49, 49, 51, 51},
		"the broad arm":                 {l, 1940, 1940, 2060, 2060},
	} {
		x, y := label.Pole(c.s.flat, c.s.parts, c.s.hole)
		if x < c.x0 || x > c.x1 || y < c.y0 || y > c.y1 {
			t.Errorf("%s: %d %d lies outside [%d, %d] [%d, %d]", name, x, y, c.x0, c.x1, c.y0, c.y1)
		}
	}
}

func TestPoleOfWhatIsNoArea(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		flat  []int32
		parts []int
		x, y  int32
	}{
		"nothing":          {nil, nil, 0, 0},
		"an empty ring":    {nil, []int{0}, 0, 0},
		"one position":     {[]int32{7, 9}, []int{1}, 7, 9},
		"one, four times":  {[]int32{7, 9, 7, 9, 7, 9, 7, 9}, []int{4}, 7, 9},
		"a line":           {[]int32{0, 0, 50, 0, 100, 0, 0, 0}, []int{4}, 0, 0},
		"a slanting line":  {[]int32{3, 3, 50, 50, 100, 100, 3, 3}, []int{4}, 3, 3},
		"smaller than one": {[]int32{0, 0, 1, 0, 1, 1, 0, 0}, []int{4}, 0, 0},
	} {
		if x, y := label.Pole(c.flat, c.parts, nil); x != c.x || y != c.y {
			t.Errorf("%s: %d %d, not %d %d", name, x, y, c.x, c.y)
		}
	}
}

func TestPoleAtTheEndsOfTheWorld(t *testing.T) {
	t.Parallel()
	const far = math.MaxUint32
	if x, y := label.Pole([]uint32{0, 0, far, 0, far, far, 0, far, 0, 0}, []int{5}, nil); max(x, far-x)-far/2 > far/500 || max(y, far-y)-far/2 > far/500 {
		t.Errorf("the middle of the world is not at %d %d", x, y)
	}
}

// coast draws a ring with bays and capes of many sizes.
func coast(n int) *shape {
	ring := make([][2]int32, n)
	for i := range ring {
		a := 2 * math.Pi * float64(i) / float64(n)
		r := 1e8 * (1 + 0.3*math.Sin(3*a) + 0.2*math.Sin(17*a) + 0.05*math.Sin(211*a) + 0.01*math.Sin(3001*a))
		ring[i] = [2]int32{int32(r * math.Cos(a)), int32(r * math.Sin(a))}
	}
	s := &shape{}
	s.ring(false, ring...)
	return s
}

// comb draws teeth that each reach from top to bottom: every height passes every edge.
func comb(n int) *shape {
	var ring [][2]int32
	for i := range n / 2 {
		y := int32(0)
		if i%2 == 1 {
			y = 90_000_000
		}
		ring = append(ring, [2]int32{int32(i) * 2000, y})
	}
	for i := n/2 - 1; i >= 0; i-- {
		ring = append(ring, [2]int32{int32(i) * 2000, 100_000_000})
	}
	s := &shape{}
	s.ring(false, ring...)
	return s
}

func BenchmarkPole(b *testing.B) {
	for name, s := range map[string]*shape{"coast 1000": coast(1000), "coast 10000": coast(10_000), "coast 100000": coast(100_000), "comb 10000": comb(10_000), "comb 100000": comb(100_000)} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				label.Pole(s.flat, s.parts, s.hole)
			}
		})
	}
}
