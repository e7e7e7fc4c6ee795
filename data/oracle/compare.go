package oracle

import (
	"cmp"
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
// of its rings' outlines, of its points); below from every place of the one, half a unit apart, which is their Hausdorff
// distance to a quarter of a unit. Nothing is measured from places so near the end of the buffer that what they should be near
// may lie beyond it, and was cut away; a feature that one of the two did not draw counts by how long it is within the same
// bounds. Nor, from ExactZoom on, from vertices on the tile's edge: the atlas puts some there so that tiles meet, and they are
// no vertices of the feature.
type Parity struct {
	Tiles, Features, Vertices int
	Short                     int     // features that one of the two did not draw, and the other shorter than a unit
	Missing                   int     // other features that one of the two did not draw
	Values                    int     // features whose attributes differ
	Exact, Coarse             float64 // greatest distance from ExactZoom on, and below
	Far                       int     // features farther apart than a unit in x and in y, below ExactZoom two units
	Worst                     []Worst // of all that differ, those that differ most
	distances                 []float64
}

// Worst is a difference in words. By says how great it is: how many times the distance is as far as it may be; for what has no
// distance a million.
type Worst struct {
	By   float64
	Text string
}

// tellWorst bounds how many differences are told in words.
const tellWorst = 20

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

func (p *Parity) tell(by float64, addr tiles.Address, f mvttext.Feature, format string, args ...any) {
	if len(p.Worst) == tellWorst && by <= p.Worst[tellWorst-1].By {
		return
	}
	p.Worst = append(p.Worst, Worst{by, fmt.Sprintf("%d/%d/%d %s %d: ", addr.Z, addr.X, addr.Y, f.Layer, f.ID) + fmt.Sprintf(format, args...)})
	slices.SortStableFunc(p.Worst, func(a, b Worst) int { return cmp.Compare(b.By, a.By) })
	p.Worst = p.Worst[:min(len(p.Worst), tellWorst)]
}

// noDistance is how great a difference is that has no distance.
const noDistance = 1e6

func (p *Parity) alone(addr tiles.Address, who string, f mvttext.Feature) {
	_, limit := p.bounds(addr.Z)
	if drawnLength(f, limit) < 1 {
		p.Short++
		return
	}
	p.Missing++
	p.tell(noDistance, addr, f, "only %s draws it: %v", who, f.Parts)
}

func (p *Parity) compare(addr tiles.Address, f, g mvttext.Feature) {
	if !maps.Equal(f.Properties, g.Properties) {
		p.Values++
		p.tell(noDistance, addr, f, "%v, PostGIS %v", f.Properties, g.Properties)
	}
	most, limit := p.bounds(addr.Z)
	step := 0.5
	if addr.Z >= ExactZoom {
		step = 0
	}
	d := max(farthest(f, newOutline(g), step, limit), farthest(g, newOutline(f), step, limit))
	*most = max(*most, d)
	p.distances = append(p.distances, d)
	if d > limit {
		p.Far++
		p.tell(d/limit, addr, f, "%.2f units apart: %v, PostGIS %v", d, f.Parts, g.Parts)
	}
}

// bounds gives where the greatest distance of a zoom is kept, and what it may be.
func (p *Parity) bounds(zoom int) (most *float64, limit float64) {
	if zoom < ExactZoom {
		return &p.Coarse, 2
	}
	return &p.Exact, math.Sqrt2 // a unit in x and one in y: both round to whole units
}

// String tells the figures in words.
func (p *Parity) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d tiles, %d features, %d vertices: %d short and %d other features drawn by one only, %d with other values, "+
		"%d too far apart; at most %.2f units apart from zoom %d on, %.2f below", p.Tiles, p.Features, p.Vertices, p.Short, p.Missing, p.Values,
		p.Far, p.Exact, ExactZoom, p.Coarse)
	for _, w := range p.Worst {
		fmt.Fprintf(&b, "\n  %s", w.Text)
	}
	return b.String()
}

// drawnLength is how long a line or the outline of a polygon is, in tile units, but for what is nearer than margin to the end
// of the buffer. A point that is not there is as long as it need be.
func drawnLength(f mvttext.Feature, margin float64) float64 {
	sum := 0.0
	for _, part := range f.Parts {
		if f.Type == "POINT" && within(float64(part[0][0]), float64(part[0][1]), margin) {
			return math.Inf(1)
		}
		for i := 1; i < len(part); i++ {
			each(part[i-1], part[i], 0.5, func(x, y, length float64) {
				if within(x, y, margin) {
					sum += length
				}
			})
		}
	}
	return sum
}

// each gives places of a segment that are at most step apart, its end last, and how far each is from the one before.
func each(a, b [2]int, step float64, see func(x, y, length float64)) {
	dx, dy := float64(b[0]-a[0]), float64(b[1]-a[1])
	length := math.Hypot(dx, dy)
	n := 1.0
	if step > 0 {
		n = max(math.Ceil(length/step), 1)
	}
	for k := 1.0; k <= n; k++ {
		see(float64(a[0])+dx*k/n, float64(a[1])+dy*k/n, length/n)
	}
}

func within(x, y, margin float64) bool {
	low, high := margin-buffer, extent+buffer-margin
	return x >= low && y >= low && x <= high && y <= high
}

func onEdge(v [2]int) bool { return v[0] == 0 || v[1] == 0 || v[0] == extent || v[1] == extent }

// farthest gives the greatest distance of a feature's vertices from an outline, and of the places between them that are step
// apart, if step is not 0.
func farthest(f mvttext.Feature, o *outline, step, margin float64) float64 {
	most, last := 0.0, 0
	see := func(x, y, _ float64) {
		if !within(x, y, margin) {
			return
		}
		// What the place before was nearest to is near; if it is nearer than the greatest distance so far, so is the nearest.
		if o.to(last, x, y) <= most {
			return
		}
		var d float64
		d, last = o.nearest(x, y)
		most = max(most, d)
	}
	for _, part := range f.Parts {
		for i, v := range part {
			switch {
			case step == 0 && f.Type != "POINT" && onEdge(v):
			case i == 0:
				see(float64(v[0]), float64(v[1]), 0)
			default:
				each(part[i-1], v, step, see)
			}
		}
	}
	return most
}

// The width of a tile and of the buffer about it, in tile units.
const (
	extent = 4096.0
	buffer = 64.0
)

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

// nearest gives how far a place is from the outline, and the segment that is nearest. A segment is in the cells that it comes
// near, so what is found nearer than half a cell is nearest; else all are looked at.
func (o *outline) nearest(x, y float64) (distance float64, segment int) {
	distance = math.Inf(1)
	see := func(n int) {
		if d := o.to(n, x, y); d < distance {
			distance, segment = d, n
		}
	}
	center := cellOf(x, y)
	for dx := -1; dx <= 1; dx++ {
		for dy := -1; dy <= 1; dy++ {
			for _, n := range o.cells[[2]int{center[0] + dx, center[1] + dy}] {
				see(n)
			}
		}
	}
	if distance > cellSize/2 {
		for n := range o.segments {
			see(n)
		}
	}
	return distance, segment
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
