package label_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"hetu/tiles/label"
)

// pixel is the width of a pixel at a zoom, tiles being 512 of them wide.
func pixel(zoom int) float64 {
	return float64(int64(1)<<label.WorldBits) / 512 / math.Pow(2, float64(zoom))
}

// wander draws a line of n positions with steps of about so many units that keeps a direction for a while.
func wander(rng *rand.Rand, n int, step float64) []int32 {
	x, y, a := 0.0, 0.0, 0.0
	var flat []int32
	for range n {
		flat = append(flat, int32(x), int32(y))
		a += rng.NormFloat64() * 0.4
		a *= 0.95
		x, y = x+step*math.Cos(a), y+step*math.Sin(a)
	}
	return flat
}

// ways gives the way from the beginning to each vertex.
func ways(flat []int32) []float64 {
	out := make([]float64, len(flat)/2)
	for i := 1; i < len(out); i++ {
		out[i] = out[i-1] + math.Hypot(float64(flat[2*i]-flat[2*i-2]), float64(flat[2*i+1]-flat[2*i-1]))
	}
	return out
}

func drawLine(rt *rapid.T) []int32 {
	seed := rapid.Uint64().Draw(rt, "seed")
	n := rapid.IntRange(2, 400).Draw(rt, "n")
	step := math.Pow(2, rapid.Float64Range(4, 20).Draw(rt, "step"))
	return wander(rand.New(rand.NewPCG(seed, 1)), n, step)
}

func TestPlacesAreFewAndApart(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		flat := drawLine(rt)
		n := len(flat) / 2
		first := rapid.IntRange(4, 12).Draw(rt, "first")
		text := rapid.IntRange(30, 200).Draw(rt, "text")
		places := label.Places(flat, []int{n}, first, 13, text)
		way := ways(flat)
		length := way[n-1]
		for zoom := first; zoom <= 13; zoom++ {
			var here []label.Place
			for _, p := range places {
				if p.First <= zoom && zoom <= p.Last {
					here = append(here, p)
				}
			}
			if fits := length/pixel(zoom) >= float64(text); fits != (len(here) > 0) {
				rt.Fatalf("zoom %d: %g px of line, %d px of text, %d places", zoom, length/pixel(zoom), text, len(here))
			}
			apart := 1024.0
			if zoom >= 12 {
				apart = 320
			}
			if most := max(1, int(length/pixel(zoom)/apart)); len(here) > most {
				rt.Fatalf("zoom %d: %d places on %g px", zoom, len(here), length/pixel(zoom))
			}
			for i, a := range here {
				for _, b := range here[:i] {
					if d := math.Hypot(float64(flat[2*a.Vertex]-flat[2*b.Vertex]), float64(flat[2*a.Vertex+1]-flat[2*b.Vertex+1])) / pixel(zoom); d < apart*3/4 {
						rt.Fatalf("zoom %d: %v and %v are %g px apart", zoom, a, b, d)
					}
				}
			}
		}
		for _, p := range places {
			if p.Part != 0 || p.Last != 13 || p.First < first || (n > 2 && (p.Vertex < 1 || p.Vertex > n-2)) || (n == 2 && p.Vertex != 0) {
				rt.Fatalf("a place of %d positions: %v", n, p)
			}
		}
	})
}

// On a line with many vertices the places stand where they should: within a sixteenth of a half, a quarter, an eighth.
func TestPlacesDivideTheLine(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		flat := wander(rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "seed"), 2)), 3000, 20_000)
		way := ways(flat)
		for _, p := range label.Places(flat, []int{3000}, 4, 13, 80) {
			at := way[p.Vertex] / way[2999]
			off := math.Inf(1)
			for n := 2.0; n <= 256; n *= 2 { // odd multiples of 1/n; the place may be 1/8 of that off
				k := math.Round((at*n-1)/2)*2 + 1
				off = min(off, math.Abs(at-k/n)*n*8)
			}
			if off > 1.01 {
				rt.Fatalf("%v stands at %g of the line", p, at)
			}
		}
	})
}

// A line that jumps about as no river does has no more places than it may, and does not take the square of its length.
func TestPlacesAreBounded(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 5))
	var flat []uint32
	for range 20_000 {
		flat = append(flat, r.Uint32N(1<<label.WorldBits), r.Uint32N(1<<label.WorldBits))
	}
	if n := len(label.Places(flat, []int{20_000}, 4, 13, 80)); n < 10 || n > label.MostPlaces {
		t.Errorf("%d places", n)
	}
}

func TestPlacesCases(t *testing.T) {
	t.Parallel()
	px := int32(pixel(10))
	for name, c := range map[string]struct {
		flat        []int32
		parts       []int
		first, last int
		want        []label.Place
	}{
		"nothing":              {nil, nil, 4, 13, nil},
		"no length":            {[]int32{5, 5, 5, 5, 5, 5}, []int{3}, 4, 13, nil},
		"never long enough":    {[]int32{0, 0, px, 0, 2 * px, 0}, []int{3}, 4, 13, nil},
		"when long enough":     {[]int32{0, 0, 10 * px, 0, 25 * px, 0}, []int{3}, 4, 13, []label.Place{{0, 1, 12, 13}}},
		"two positions":        {[]int32{0, 0, 100 * px, 0}, []int{2}, 4, 13, []label.Place{{0, 0, 10, 13}}},
		"a vertex near an end": {[]int32{0, 0, 5 * px, 0, 100 * px, 0}, []int{3}, 4, 13, []label.Place{{0, 1, 10, 13}}},
		"not before the first": {[]int32{0, 0, 500 * px, 0, 1000 * px, 0}, []int{3}, 9, 10, []label.Place{{0, 1, 9, 10}}},
		"the longest part":     {[]int32{0, 0, 9 * px, 0, 20 * px, 0, 30 * px, 0, 80 * px, 0, 130 * px, 0}, []int{3, 3}, 4, 10, []label.Place{{1, 1, 10, 10}}},
		"closer from zoom 12 on": {
			[]int32{0, 0, 150 * px, 0, 300 * px, 0, 450 * px, 0, 600 * px, 0},
			[]int{5},
			4, 13,
			[]label.Place{{0, 2, 8, 13}, {0, 1, 12, 13}, {0, 3, 12, 13}},
		},
		"both parts": {
			[]int32{0, 0, 1000 * px, 0, 2000 * px, 0, 2001 * px, 0, 3000 * px, 0, 4000 * px, 0},
			[]int{3, 3},
			10, 10,
			[]label.Place{{0, 1, 10, 10}, {1, 1, 10, 10}},
		},
	} {
		if diff := cmp.Diff(c.want, label.Places(c.flat, c.parts, c.first, c.last, 90)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// The way from vertex 41 to vertex 51 is straight; the middle of the line is at vertex 51, in the bends.
func TestPlacesPreferTheStraight(t *testing.T) {
	t.Parallel()
	px := int32(pixel(10))
	flat := []int32{0, 0}
	for i := range int32(100) {
		y := int32(0)
		if i%2 == 0 && (i < 40 || i > 50) {
			y = 20 * px
		}
		flat = append(flat, (10*i+10)*px, y)
	}
	places := label.Places(flat, []int{101}, 10, 10, 90)
	if len(places) != 1 || places[0].Vertex < 45 || places[0].Vertex > 47 {
		t.Errorf("the name does not stand on the straight: %v", places)
	}
}

func TestStretchLiesOnTheLineAboutThePlace(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		flat := drawLine(rt)
		n := len(flat) / 2
		vertex := 0
		if n > 2 {
			vertex = rapid.IntRange(1, n-2).Draw(rt, "vertex")
		}
		zoom := rapid.IntRange(4, 13).Draw(rt, "zoom")
		p := label.Stretch(flat, vertex, zoom)
		way := ways(flat)
		place := way[vertex]
		if n == 2 {
			place = way[1] / 2
		}
		want := [2]float64{max(0, place-180*pixel(zoom)), min(way[n-1], place+180*pixel(zoom))}
		if p.From > p.To || p.From < 1 || p.To > n-1 {
			rt.Fatalf("%v of %d positions", p, n)
		}
		for i, end := range []struct {
			at     [2]int32
			before int
		}{{p.Head, p.From - 1}, {p.Tail, p.To - 1}} {
			from := [2]int32{flat[2*end.before], flat[2*end.before+1]}
			got := way[end.before] + math.Hypot(float64(end.at[0]-from[0]), float64(end.at[1]-from[1]))
			if math.Abs(got-want[i]) > 2 || got > way[end.before+1]+2 {
				rt.Fatalf("%v: end %d lies at %g, not %g, of %g", p, i, got, want[i], way)
			}
		}
	})
}

func BenchmarkPlaces(b *testing.B) {
	for name, n := range map[string]int{"32": 32, "1000": 1000, "30000": 30_000} {
		flat := wander(rand.New(rand.NewPCG(1, 1)), n, 100_000)
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				label.Places(flat, []int{n}, 4, 13, 90)
			}
		})
	}
}
