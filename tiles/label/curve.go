package label

import "math"

// In tile units, of which eight make a pixel.
const (
	// curveArm is how far a curve reaches to each side of its place.
	curveArm = 8 * arm
	// curveStep is the way between the points that it is made from.
	curveStep = 8 * 12
)

const (
	// calm is over how many points to each side a mean is taken, twice: what is left are bends that a word can follow.
	calm = 2
	// curvePoints is how many points lie on a curve and its margins at the most.
	curvePoints = 2*(curveArm/curveStep+2*calm) + 1
)

// Curve gives the line that a name is written along: the drawn line from 180 pixels before a place to 180 pixels after it,
// less where it ends, and calmer than it is, since letters stumble over every bend. line holds two positions or more in tile
// units, x and y the place, which need not be exactly on it. The curve is appended to to.
func Curve(to, line []int32, x, y int32) []int32 {
	var p trail
	p.lay(line, x, y)
	p.soften()
	p.soften()
	for i := p.from; i < p.to; i++ {
		x, y := int32(math.Round(p.x[i])), int32(math.Round(p.y[i]))
		if n := len(to); i == p.from || to[n-2] != x || to[n-1] != y {
			to = append(to, x, y)
		}
	}
	return to
}

// trail is points one step apart along a line, the place's in the middle. Those of [from, to) make the curve, the others are
// margins that it is softened by.
type trail struct {
	x, y     [curvePoints]float64
	n        int
	from, to int
}

// lay takes the points from a line.
func (p *trail) lay(line []int32, x, y int32) {
	segment, way := foot(line, x, y)
	const most = curveArm + 2*calm*curveStep
	p.walk(line, segment, -1, way, most)
	for i, k := 0, p.n-1; i < k; i, k = i+1, k-1 {
		p.x[i], p.x[k] = p.x[k], p.x[i]
		p.y[i], p.y[k] = p.y[k], p.y[i]
	}
	middle := p.n - 1
	p.n-- // the place comes again
	p.walk(line, segment, 1, way, most)
	p.from, p.to = max(0, middle-curveArm/curveStep), min(p.n, middle+curveArm/curveStep+1)
}

// foot gives the segment of a line nearest to a point, and how far along it.
func foot(line []int32, x, y int32) (segment int, way float64) {
	best := math.Inf(1)
	for i := 0; i+3 < len(line); i += 2 {
		ax, ay := float64(line[i]), float64(line[i+1])
		dx, dy := float64(line[i+2])-ax, float64(line[i+3])-ay
		px, py := float64(x)-ax, float64(y)-ay
		length, t := hypot(dx, dy), 0.0
		if dot := px*dx + py*dy; dot > 0 && length > 0 {
			t = min(dot/length, length)
		}
		ex, ey := px, py
		if length > 0 {
			ex, ey = px-t*dx/length, py-t*dy/length
		}
		if d := ex*ex + ey*ey; d < best {
			best, segment, way = d, i/2, t
		}
	}
	return segment, way
}

// walk adds the point so far along a segment, and one after every step up to most, forwards (1) or backwards (-1); at last the
// end of the line if that comes first.
func (p *trail) walk(line []int32, segment, direction int, way, most float64) {
	at := func(i int) (x, y float64) { return float64(line[2*i]), float64(line[2*i+1]) }
	last := len(line)/2 - 1
	i, next := segment, segment+1
	if direction < 0 {
		i, next = next, i
	}
	ax, ay := at(i)
	bx, by := at(next)
	length := hypot(bx-ax, by-ay)
	if direction < 0 {
		way = length - way
	}
	for gone := 0.0; gone <= most; gone += curveStep {
		for way > length {
			if next == 0 || next == last {
				p.add(bx, by)
				return
			}
			way -= length
			next += direction
			ax, ay = bx, by
			bx, by = at(next)
			length = hypot(bx-ax, by-ay)
		}
		t := 0.0
		if length > 0 {
			t = way / length
		}
		p.add(ax+t*(bx-ax), ay+t*(by-ay))
		way += curveStep
	}
}

func (p *trail) add(x, y float64) {
	p.x[p.n], p.y[p.n] = x, y
	p.n++
}

// soften puts every point at the mean of those about it; the ends stay.
func (p *trail) soften() {
	x, y := p.x, p.y
	for i := range p.n {
		r := min(calm, i, p.n-1-i)
		var sx, sy float64
		for k := i - r; k <= i+r; k++ {
			sx, sy = sx+x[k], sy+y[k]
		}
		p.x[i], p.y[i] = sx/float64(2*r+1), sy/float64(2*r+1)
	}
}
