package demarc

import (
	"math/rand/v2"
	"testing"

	"github.com/twpayne/go-geom"

	"hetu/geo"
)

// zigzag is a line of a bank that is none: it meets itself about n² / 5 times.
func zigzag(n int) *geom.LineString {
	r := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // G404: a test
	flat := make([]float64, 0, 2*n)
	for range n {
		flat = append(flat, 105+r.Float64()/100, 35+r.Float64()/100)
	}
	return geom.NewLineStringFlat(geom.XY, flat)
}

// A line that meets itself some hundred thousand times is refused once it is known to meet itself too often: no time and no memory is
// spent on the rest. Before, an area of 800 vertices took a minute.
func TestTangleIsGivenUp(t *testing.T) {
	t.Parallel()
	_, at := straight("source")
	tangle := zigzag(800)
	lines := Lines{Pieces: []Piece{
		{Bank: geo.Left, ToM: 100, Line: tangle}, {Bank: geo.Right, ToM: 100, Line: geom.NewLineStringFlat(geom.XY, append(at(0, -20), at(900, -20)...))},
	}}
	if _, err := Area(lines); geo.CodeOf(err) != geo.CodeInvalid {
		t.Errorf("area: %v", err)
	}
	if _, err := PreviewOffset(lines, 0, 5); geo.CodeOf(err) != geo.CodeInvalid {
		t.Errorf("offset: %v", err)
	}
	if _, err := PreviewReshape(lines, 1, tangle); geo.CodeOf(err) != geo.CodeInvalid {
		t.Errorf("reshaped: %v", err)
	}
	line := NewPlane(tangle).flat(tangle)
	g := gridOf(line, 1)
	if found, ok := g.meetings(); ok || found != nil {
		t.Errorf("%d meetings, %v", len(found), ok)
	}
	if simple(line) {
		t.Error("it is called simple")
	}
}

// A long segment takes the cells that it passes, not those of its box: of a line of short ones and a long one these would be n².
func TestLongSegmentTakesItsOwnCells(t *testing.T) {
	t.Parallel()
	line := []xy{{0, 0}}
	for i := range 10_000 {
		line = append(line, xy{float64(i%2) * 0.01, float64(i) * 0.001})
	}
	line = append(line, xy{50_000, 50_000})
	g := gridOf(line, 1)
	taken := 0
	for _, in := range g.cells {
		taken += len(in)
	}
	if taken > 5*len(line) {
		t.Errorf("%d cells for %d segments", taken, len(line)-1)
	}
	for i := 0.0; i <= 1; i += 0.001 {
		if p := line[len(line)-2].toward(line[len(line)-1], i); !g.within(p, 0.5) {
			t.Fatalf("the segment is not found at %v", p)
		}
	}
}

// Loops are taken apart in the time of their number: a way that comes back ten thousand times.
func TestManyLoops(t *testing.T) {
	t.Parallel()
	var ring []xy
	const n = 2000
	for i := range n { // a curl at each step
		x := float64(i) * 1e-4
		ring = append(ring, xy{x, 0}, xy{x + 0.8e-4, 0}, xy{x + 0.8e-4, 0.5e-4}, xy{x + 0.4e-4, 0.5e-4}, xy{x + 0.4e-4, -0.3e-4})
	}
	ring = append(ring, xy{n * 1e-4, 1e-3}, xy{0, 1e-3}, xy{0, 0})
	loops, err := loopsOf(ring)
	if err != nil || len(loops) != n+1 {
		t.Errorf("%d loops, %v", len(loops), err)
	}
}
