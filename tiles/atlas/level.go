package atlas

import (
	"math"

	"hetu/tiles"
)

// gone is the level of a vertex that no zoom needs.
const gone = tiles.MaxZoom + 1

// tolerance gives how far a line may be drawn from where it is, in tile units. Up to zoom 12 one unit, an eighth of a pixel;
// from 13 on a tenth of a unit, so that what is left out is what lies on a straight line.
func tolerance(zoom int) float64 {
	if zoom <= 12 {
		return 1
	}
	return 0.1
}

// limits gives for every zoom the squared distance in world units beyond which a vertex matters.
func limits() (squared [gone]float64) {
	for zoom := range squared {
		d := tolerance(zoom) * float64(int64(1)<<shiftAt(zoom))
		squared[zoom] = d * d
	}
	return squared
}

// leveller finds the levels of lines.
type leveller struct {
	stack  []stretch
	line   []exact // from its first vertex
	limits [gone]float64
	first  [1 << 11]uint8 // by the exponent of a squared distance, a level that is not above the one it has: mostly that
}

// prepare fills the tables.
func (v *leveller) prepare() {
	v.limits = limits()
	for exponent := range v.first {
		largest := math.Float64frombits(uint64(exponent)<<52 | (1<<52 - 1)) //nolint:gosec // 11 bits
		for level := range v.limits {
			if largest <= v.limits[level] { // not of one that is infinite or no number
				v.first[exponent] = uint8(level) + 1
			}
		}
	}
}

// stretch is a part of a line whose ends are kept from a level on. depth is how many times the line was cut to come to it.
type stretch struct {
	from, to int
	level    uint8
	depth    uint8
}

// deepest bounds depth. Lines of the world come to a quarter of it, 200,000 vertices of a walk too; a comb whose teeth grow
// shorter, of which each cut takes off one tooth, would cost the square of its length.
const deepest = 128

// levels writes for each vertex of a line the first zoom that keeps it, after Douglas and Peucker: done once, for all zooms. The
// ends are always kept.
//
// It looks at positions that are not rounded yet, in world units: PostGIS, asked for the same tolerance, leaves out the same.
func (v *leveller) levels(line []exact, levels []uint8) {
	if v.limits[0] == 0 {
		v.prepare()
	}
	v.line = v.line[:0]
	for i := range line {
		v.line = append(v.line, exact{line[i].x - line[0].x, line[i].y - line[0].y})
	}
	last := len(line) - 1
	levels[0], levels[last] = 0, 0
	v.stack = v.stack[:0]
	v.push(stretch{0, last, 0, 0})
	for len(v.stack) > 0 {
		s := v.stack[len(v.stack)-1]
		v.stack = v.stack[:len(v.stack)-1]
		far, squared := farthest(v.line[s.from : s.to+1])
		far += s.from
		level := max(s.level, v.first[math.Float64bits(squared)>>52&(1<<11-1)])
		for level < gone && squared <= v.limits[level] {
			level++
		}
		if level == gone {
			for i := s.from + 1; i < s.to; i++ {
				levels[i] = gone
			}
			continue
		}
		depth := s.depth + 1
		if depth > deepest { // from here on it is cut in halves: what is left out lies as close to what is drawn
			far, depth = (s.from+s.to)/2, deepest
		}
		levels[far] = level
		v.push(stretch{s.from, far, level, depth})
		v.push(stretch{far, s.to, level, depth})
	}
}

// push notes a stretch that has vertices between its ends.
func (v *leveller) push(s stretch) {
	if s.to-s.from > 1 {
		v.stack = append(v.stack, s)
	}
}

// farthest finds the vertex of a line that lies farthest from the segment that joins its ends.
func farthest(line []exact) (at int, squared float64) {
	last := len(line) - 1
	from := line[0]
	dx, dy := line[last].x-from.x, line[last].y-from.y
	length := dx*dx + dy*dy
	at, squared = 1, -1
	between := line[1:last]
	if length == 0 {
		for i := range between {
			if px, py := between[i].x-from.x, between[i].y-from.y; px*px+py*py > squared {
				at, squared = i+1, px*px+py*py
			}
		}
		return at, squared
	}
	// Squares of distances times the length of the segment squared, as PostGIS has them: of what lies beside the segment that is the
	// square of a cross product.
	for i := range between {
		px, py := between[i].x-from.x, between[i].y-from.y
		cross := px*dy - py*dx
		d := cross * cross
		if dot := px*dx + py*dy; dot < 0 {
			d = (px*px + py*py) * length
		} else if dot > length {
			px, py = px-dx, py-dy
			d = (px*px + py*py) * length
		}
		if d > squared {
			at, squared = i+1, d
		}
	}
	return at, squared / length
}

// grainAt is the grid that a polygon's vertices are put on, as a power of two of tile units: two units up to zoom 11, then
// one. What else a polygon is made of does not matter to it, so a border that two polygons share stays shared. (Douglas and
// Peucker's choice depends on where a ring starts.)
func grainAt(zoom int) uint {
	if zoom < 12 {
		return 1
	}
	return 0
}

// onGrain rounds a length in world units to the grid of a zoom.
func onGrain(v uint32, zoom int) int64 {
	shift := shiftAt(zoom) + grainAt(zoom)
	return (int64(v) + int64(1)<<shift>>1) >> shift
}

// ringLevels writes for each vertex of a ring the first zoom at which it falls on another place of the grid than the one
// before it. Where rounding makes it fall on the same place again at a later zoom, drawing leaves it out.
func ringLevels(ring []point, levels []uint8) {
	levels[0], levels[len(levels)-1] = 0, 0
	for i := 1; i < len(ring)-1; i++ {
		a, b := ring[i-1], ring[i]
		z := 0
		for z < gone && onGrain(a.x, z) == onGrain(b.x, z) && onGrain(a.y, z) == onGrain(b.y, z) {
			z++
		}
		levels[i] = uint8(z)
	}
}
