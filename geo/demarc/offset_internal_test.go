package demarc

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// meander is a river that turns about, with bends as tight as five metres; at its ends it runs straight for so many vertices and then bends gently for as many.
func meander(r *rand.Rand, n, straight int) []xy {
	at, dir := xy{0, 0}, 0.0
	out := []xy{at}
	swing, length, phase := 0.4+r.Float64()*1.6, 60+r.Float64()*600, r.Float64()*6
	step := 5 + r.Float64()*20
	s := 0.0
	for i := range n {
		s += step
		dir = swing*math.Sin(2*math.Pi*s/length+phase) + 0.15*r.NormFloat64()
		if straight > 0 {
			dir *= min(1, float64(i/straight)/2, float64((n-1-i)/straight)/2)
		}
		at = at.plus(xy{math.Cos(dir), math.Sin(dir)}.times(step))
		out = append(out, at)
	}
	return out
}

// nearestTo is the distance of p to a line, by all of its segments.
func nearestTo(line []xy, p xy) float64 {
	best := math.Inf(1)
	for i := 1; i < len(line); i++ {
		if _, d := foot(line[i-1], line[i], p); d < best {
			best = d
		}
	}
	return best
}

// Of a thousand lines with bends tighter than the width, the offset line stands at the width all along, does not meet itself, and lies to
// the left; told from the other end it is the same.
func TestOffsetStandsAtItsWidth(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(4, 13))
	count := 1000
	if testing.Short() || raceEnabled {
		count = 200
	}
	for i := range count {
		line := meander(r, 60, 0)
		if simpleLine := simple(line); !simpleLine {
			continue
		}
		w := 3 + r.Float64()*17
		got := offset(line, w)
		if len(got.line) < 2 || !simple(got.line) || got.gap > onWidth {
			t.Fatalf("%d: width %.2f: %d vertices, gap %.3f, simple %v", i, w, len(got.line), got.gap, simple(got.line))
		}
		for k := 1; k < len(got.line); k++ {
			for _, s := range []float64{0, 0.25, 0.5, 0.75} {
				p := got.line[k-1].toward(got.line[k], s)
				if d := nearestTo(line, p); math.Abs(d-w) > onWidth {
					t.Fatalf("%d: width %.2f, and %.3f at vertex %d of %d", i, w, d, k, len(got.line))
				}
			}
		}
		for k := 1; k < len(line); k++ {
			for j := 1; j < len(got.line); j++ {
				if _, _, ok := meet(line[k-1], line[k], got.line[j-1], got.line[j]); ok {
					t.Fatalf("%d: it crosses what it stands beside", i)
				}
			}
		}
	}
}

// Known cases by hand.
func TestOffsetOfCorners(t *testing.T) {
	t.Parallel()
	// Left turn: inside the bend, the mitre; right turn: outside, a quarter in at most eight segments.
	in := offset([]xy{{0, 0}, {100, 0}, {100, 100}}, 10).line
	if want := []xy{{0, 10}, {90, 10}, {90, 100}}; !slices.EqualFunc(in, want, func(a, b xy) bool { return a.to(b) < 1e-9 }) {
		t.Errorf("inside: %v", in)
	}
	out := offset([]xy{{0, 0}, {100, 0}, {100, -100}}, 10).line
	if len(out) < 5 || len(out) > 2+2+8 {
		t.Errorf("outside: %d vertices", len(out))
	}
	// A bend of radius 5 with a width of 10 leaves no loop.
	tight := []xy{{-100, -5}, {0, -5}}
	for a := -85.0; a < 90; a += 5 {
		sin, cos := math.Sincos(a * math.Pi / 180)
		tight = append(tight, xy{5 * cos, 5 * sin})
	}
	tight = append(tight, xy{0, 5}, xy{-100, 5})
	if got := offset(tight, 10); len(got.line) != 0 && !simple(got.line) {
		t.Errorf("a hairpin of 10 m: %v", got.line)
	}
}
