package atlas

import "hetu/tiles"

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

// levelOf gives the first zoom at which a squared distance in world units matters, from a given one on.
func levelOf(squared float64, from uint8) uint8 {
	for ; from < gone; from++ {
		if d := tolerance(int(from)) * float64(int64(1)<<shiftAt(int(from))); squared > d*d {
			break
		}
	}
	return from
}

// lineLevels writes for each vertex of a line the first zoom that keeps it, after Douglas and Peucker: done once, for all
// zooms. The ends are always kept. stack is scratch.
func lineLevels(line []point, levels []uint8, stack []span3) []span3 {
	last := len(line) - 1
	levels[0], levels[last] = 0, 0
	stack = append(stack[:0], span3{0, last, 0})
	for len(stack) > 0 {
		s := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if s.to-s.from < 2 {
			continue
		}
		far, squared := farthest(line, s.from, s.to)
		level := levelOf(squared, s.level)
		if level == gone {
			for i := s.from + 1; i < s.to; i++ {
				levels[i] = gone
			}
			continue
		}
		levels[far] = level
		stack = append(stack, span3{s.from, far, level}, span3{far, s.to, level})
	}
	return stack
}

// span3 is a stretch of a line whose ends are kept from a level on.
type span3 struct {
	from, to int
	level    uint8
}

// farthest finds the vertex between two others that lies farthest from the segment that joins them.
func farthest(line []point, from, to int) (at int, squared float64) {
	a := line[from]
	dx, dy := float64(int64(line[to].x)-int64(a.x)), float64(int64(line[to].y)-int64(a.y))
	length := dx*dx + dy*dy
	at, squared = from+1, -1
	for i := from + 1; i < to; i++ {
		px, py := float64(int64(line[i].x)-int64(a.x)), float64(int64(line[i].y)-int64(a.y))
		if dot := px*dx + py*dy; dot > 0 && length > 0 {
			if t := dot / length; t >= 1 {
				px, py = px-dx, py-dy
			} else {
				px, py = px-t*dx, py-t*dy
			}
		}
		if d := px*px + py*py; d > squared {
			at, squared = i, d
		}
	}
	return at, squared
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
