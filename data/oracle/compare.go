package oracle

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"hetu/tiles"
	"hetu/tiles/mvttext"
)

// ExactZoom is the zoom from which nothing is generalised but what rounding costs anyway.
const ExactZoom = 13

// Parity is how two ways to draw the same tiles agree.
//
// Features are the same if layer and id are. How far apart two drawings of a feature are is measured in tile units, both ways,
// and the greater counts: from [ExactZoom] on from every vertex of the one to the nearest place of the other (of its lines,
// of its rings' outlines, of its points); below from every place of the one, a quarter of a unit apart, which is their
// Hausdorff distance.
type Parity struct {
	Tiles, Features, Vertices int
	Short                     int     // features that one of the two did not draw, and the other shorter than a unit
	Missing                   int     // other features that one of the two did not draw
	Values                    int     // features whose attributes differ
	Exact, Coarse             float64 // greatest distance from ExactZoom on, and below
	Far                       int     // features farther apart than a unit, below ExactZoom two
	Worst                     []string
	distances                 []float64
}

// worst bounds how many differences are told in words.
const worst = 20

// Add compares a tile, got by the atlas and by the oracle. Layers of names are passed over: only the atlas has them. Where
// the atlas dropped features of a tile that was too large, those it kept are compared.
func (p *Parity) Add(addr tiles.Address, got, want []byte, dropped int) error {
	ours, err := index(got)
	if err != nil {
		return fmt.Errorf("the atlas's tile %d/%d/%d: %w", addr.Z, addr.X, addr.Y, err)
	}
	theirs, err := index(want)
	if err != nil {
		return fmt.Errorf("the oracle's tile %d/%d/%d: %w", addr.Z, addr.X, addr.Y, err)
	}
	p.Tiles++
	for key, f := range ours {
		p.Features++
		for _, part := range f.Parts {
			p.Vertices += len(part)
		}
		if g, both := theirs[key]; both {
			p.compare(addr, f, g)
		} else {
			p.alone(addr, "the atlas", f)
		}
	}
	for key, f := range theirs {
		if _, both := ours[key]; !both && dropped == 0 {
			p.Features++
			p.alone(addr, "PostGIS", f)
		}
	}
	return nil
}

type featureKey struct {
	layer string
	id    uint64
}

func index(data []byte) (map[featureKey]mvttext.Feature, error) {
	features, err := mvttext.Decode(data)
	if err != nil {
		return nil, err
	}
	names := map[string]bool{}
	for _, l := range tiles.Catalogue() {
		names[l.Name] = l.Names != ""
	}
	out := map[featureKey]mvttext.Feature{}
	for _, f := range features {
		if names[f.Layer] {
			continue
		}
		key := featureKey{f.Layer, f.ID}
		if _, twice := out[key]; twice {
			return nil, fmt.Errorf("%s %d is there twice", f.Layer, f.ID)
		}
		out[key] = f
	}
	return out, nil
}

func (p *Parity) tell(addr tiles.Address, f mvttext.Feature, format string, args ...any) {
	if len(p.Worst) < worst {
		p.Worst = append(p.Worst, fmt.Sprintf("%d/%d/%d %s %d: ", addr.Z, addr.X, addr.Y, f.Layer, f.ID)+fmt.Sprintf(format, args...))
	}
}

func (p *Parity) alone(addr tiles.Address, who string, f mvttext.Feature) {
	if n := drawnLength(f); n < 1 {
		p.Short++
		return
	}
	p.Missing++
	p.tell(addr, f, "only %s draws it: %v", who, f.Parts)
}

func (p *Parity) compare(addr tiles.Address, f, g mvttext.Feature) {
	if !maps.Equal(f.Properties, g.Properties) {
		p.Values++
		p.tell(addr, f, "%v, PostGIS %v", f.Properties, g.Properties)
	}
	step, limit, most := 0.0, 1.0, &p.Exact
	if addr.Z < ExactZoom {
		step, limit, most = 0.25, 2, &p.Coarse
	}
	d := max(farthest(f, newOutline(g), step), farthest(g, newOutline(f), step))
	*most = max(*most, d)
	p.distances = append(p.distances, d)
	if d > limit {
		p.Far++
		p.tell(addr, f, "%.2f units apart: %v, PostGIS %v", d, f.Parts, g.Parts)
	}
}

// String tells the figures in words.
func (p *Parity) String() string {
	return fmt.Sprintf("%d tiles, %d features, %d vertices: %d short and %d other features drawn by one only, %d with other values, "+
		"%d too far apart; at most %.2f units apart from zoom %d on, %.2f below%s", p.Tiles, p.Features, p.Vertices, p.Short, p.Missing, p.Values,
		p.Far, p.Exact, ExactZoom, p.Coarse, strings.Join(append([]string{""}, p.Worst...), "\n  "))
}

// drawnLength is how long a line or the outline of a polygon is, in tile units. A point has no length that it could be short of.
func drawnLength(f mvttext.Feature) float64 {
	if f.Type == "POINT" {
		return math.Inf(1)
	}
	sum := 0.0
	for _, part := range f.Parts {
		for i := 1; i < len(part); i++ {
			sum += math.Hypot(float64(part[i][0]-part[i-1][0]), float64(part[i][1]-part[i-1][1]))
		}
	}
	return sum
}

// farthest gives the greatest distance of a feature's vertices from an outline, and of the places between them that are step
// apart, if step is not 0.
func farthest(f mvttext.Feature, o *outline, step float64) float64 {
	most := 0.0
	see := func(x, y float64) { most = max(most, o.distance(x, y)) }
	for _, part := range f.Parts {
		for i, v := range part {
			x, y := float64(v[0]), float64(v[1])
			see(x, y)
			if i == 0 || step == 0 {
				continue
			}
			fromX, fromY := float64(part[i-1][0]), float64(part[i-1][1])
			n := math.Ceil(math.Hypot(x-fromX, y-fromY) / step)
			for k := 1.0; k < n; k++ {
				see(fromX+(x-fromX)*k/n, fromY+(y-fromY)*k/n)
			}
		}
	}
	return most
}

// outline is the segments of a feature, by the cells they pass.
type outline struct {
	segments [][4]float64
	cells    map[[2]int][]int
}

// cellSize is the width of a cell, in tile units.
const cellSize = 16

func newOutline(f mvttext.Feature) *outline {
	o := &outline{cells: map[[2]int][]int{}}
	for _, part := range f.Parts {
		for i := range part {
			from := part[max(i-1, 0)]
			if i == 0 && len(part) > 1 {
				continue
			}
			o.add(from, part[i])
		}
	}
	return o
}

// add puts a segment into every cell that its box meets, or, if those are many, that it comes near.
func (o *outline) add(a, b [2]int) {
	n := len(o.segments)
	o.segments = append(o.segments, [4]float64{float64(a[0]), float64(a[1]), float64(b[0]), float64(b[1])})
	steps := 1 + 2*max(abs(a[0]-b[0]), abs(a[1]-b[1]))/cellSize
	for k := range steps + 1 {
		x := float64(a[0]) + float64(b[0]-a[0])*float64(k)/float64(steps)
		y := float64(a[1]) + float64(b[1]-a[1])*float64(k)/float64(steps)
		cell := cellOf(x, y)
		if in := o.cells[cell]; len(in) == 0 || in[len(in)-1] != n {
			o.cells[cell] = append(in, n)
		}
	}
}

func abs(n int) int { return max(n, -n) }

func cellOf(x, y float64) [2]int {
	return [2]int{int(math.Floor(x / cellSize)), int(math.Floor(y / cellSize))}
}

// distance gives how far a place is from the outline. A segment is found by the cells within half a cell of it, so what is
// found nearer than that is nearest; else all are looked at.
func (o *outline) distance(x, y float64) float64 {
	best := math.Inf(1)
	center := cellOf(x, y)
	for dx := -1; dx <= 1; dx++ {
		for dy := -1; dy <= 1; dy++ {
			for _, n := range o.cells[[2]int{center[0] + dx, center[1] + dy}] {
				best = min(best, o.to(n, x, y))
			}
		}
	}
	if best <= cellSize/2 {
		return best
	}
	for n := range o.segments {
		best = min(best, o.to(n, x, y))
	}
	return best
}

func (o *outline) to(n int, x, y float64) float64 {
	s := o.segments[n]
	dx, dy := s[2]-s[0], s[3]-s[1]
	t := 0.0
	if length := dx*dx + dy*dy; length > 0 {
		t = min(max(((x-s[0])*dx+(y-s[1])*dy)/length, 0), 1)
	}
	return math.Hypot(x-s[0]-t*dx, y-s[1]-t*dy)
}

// Quantile gives the distance that a share of the features is nearer than.
func (p *Parity) Quantile(share float64) float64 {
	if len(p.distances) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(p.distances))
	return sorted[min(int(share*float64(len(sorted))), len(sorted)-1)]
}
