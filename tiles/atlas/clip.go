package atlas

import (
	"slices"

	"hetu/tiles/mvt"
)

// Tiles are drawn one by one and must agree where they meet. Positions are rounded in the frame of the world, the same in
// every tile. A line or a border that crosses a tile's edge gets a vertex there, computed from the crossing segment alone
// and with its ends in one order, so both tiles compute the same one. At the end of the buffer it is cut.
const (
	low  = -buffer
	high = mvt.Extent + buffer
)

// xy is a position in tile units from the tile's corner.
type xy struct{ x, y int32 }

func (p xy) inBuffer() bool { return p.x >= low && p.x <= high && p.y >= low && p.y <= high }

// cutLine adds to out the parts of a line that lie in the tile and its buffer, with ends giving where each part ends.
func cutLine(line, out []xy, ends []int) ([]xy, []int) {
	start := len(out)
	flush := func() {
		if len(out)-start > 1 {
			ends = append(ends, len(out))
		} else {
			out = out[:start]
		}
		start = len(out)
	}
	push := func(p xy) {
		if len(out) == start || out[len(out)-1] != p {
			out = append(out, p)
		}
	}
	var cuts [9]xy
	for i := 1; i < len(line); i++ {
		a, b := line[i-1], line[i]
		if aside(a, b) {
			flush()
			continue
		}
		from := a
		for _, p := range append(crossings(cuts[:0], a, b, true), b) {
			if from.inBuffer() && p.inBuffer() {
				push(from)
				push(p)
			} else {
				flush()
			}
			from = p
		}
	}
	flush()
	return out, ends
}

// aside tells whether a segment lies beyond one end of the buffer.
func aside(a, b xy) bool {
	return (a.x < low && b.x < low) || (a.x > high && b.x > high) || (a.y < low && b.y < low) || (a.y > high && b.y > high)
}

// crossings adds the places where a segment crosses the tile's edges, and those where it crosses the ends of the buffer if
// asked, in their order along it. Their ends are not among them.
func crossings(out []xy, a, b xy, ends bool) []xy {
	inside := func(v int32) bool { return v > 0 && v < mvt.Extent }
	if inside(a.x) && inside(b.x) && inside(a.y) && inside(b.y) {
		return out
	}
	first := len(out)
	for _, c := range [4]int32{0, mvt.Extent, low, high} {
		if c == low && !ends {
			break
		}
		if between(c, a.x, b.x) {
			out = append(out, xy{c, across(a.x, a.y, b.x, b.y, c)})
		}
		if between(c, a.y, b.y) {
			out = append(out, xy{across(a.y, a.x, b.y, b.x, c), c})
		}
	}
	if found := out[first:]; len(found) > 1 {
		// Along the segment both coordinates go one way only.
		sx, sy := sign(b.x-a.x), sign(b.y-a.y)
		slices.SortFunc(found, func(p, q xy) int { return int((p.x-q.x)*sx + (p.y-q.y)*sy) })
	}
	return out
}

func between(c, a, b int32) bool { return (a < c && c < b) || (b < c && c < a) }

func sign(v int32) int32 {
	switch {
	case v < 0:
		return -1
	case v > 0:
		return 1
	default:
		return 0
	}
}

// across gives the coordinate across at which a segment from (a, va) to (b, vb) crosses c, rounded: the same whichever way
// the segment runs.
func across(a, va, b, vb, c int32) int32 {
	if a > b {
		a, va, b, vb = b, vb, a, va
	}
	num, den := int64(vb-va)*int64(c-a), int64(b-a)
	return va + int32(floorDiv(2*num+den, 2*den)) //nolint:gosec // between va and vb
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// clipRing cuts an open ring (the last position is not the first again) to the tile and its buffer, after Sutherland and
// Hodgman, side by side. scratch is used up.
func clipRing(ring, scratch []xy) (clipped, rest []xy) {
	scratch = scratch[:0]
	for i, p := range ring {
		scratch = append(scratch, p)
		scratch = crossings(scratch, p, ring[(i+1)%len(ring)], false)
	}
	from, to := scratch, ring[:0]
	for side := range 4 {
		to = to[:0]
		for i, p := range from {
			q := from[(i+1)%len(from)]
			pIn, qIn := within(p, side), within(q, side)
			if pIn {
				to = append(to, p)
			}
			if pIn != qIn {
				to = append(to, crossing(p, q, side))
			}
		}
		from, to = to, from
	}
	return from, to
}

func within(p xy, side int) bool {
	switch side {
	case 0:
		return p.x >= low
	case 1:
		return p.x <= high
	case 2:
		return p.y >= low
	default:
		return p.y <= high
	}
}

func crossing(p, q xy, side int) xy {
	c := int32(low)
	if side%2 == 1 {
		c = high
	}
	if side < 2 {
		return xy{c, across(p.x, p.y, q.x, q.y, c)}
	}
	return xy{across(p.y, p.x, q.y, q.x, c), c}
}

// loops takes a clipped ring apart where it touches itself: rounding does that to narrow places. Each loop that is left has
// an area; what runs there and back has none and is dropped.
func (s *scratch) loops(ring []xy) {
	clear(s.seen)
	stack := s.stack[:0]
	for _, p := range ring {
		if at, ok := s.seen[p]; ok {
			s.takeLoop(stack[at:])
			for _, q := range stack[at+1:] {
				delete(s.seen, q)
			}
			stack = stack[:at+1]
			continue
		}
		s.seen[p] = len(stack)
		stack = append(stack, p)
	}
	s.takeLoop(stack)
	s.stack = stack
}

func (s *scratch) takeLoop(loop []xy) {
	if len(loop) > 2 && doubleArea(loop) != 0 {
		s.rings = append(s.rings, loop...)
		s.loopEnds = append(s.loopEnds, len(s.rings))
	}
}

// doubleArea is twice the surveyor's area of an open ring: positive if it runs clockwise on the screen.
func doubleArea(ring []xy) int64 {
	sum := int64(0)
	for i, p := range ring {
		q := ring[(i+1)%len(ring)]
		sum += int64(p.x)*int64(q.y) - int64(q.x)*int64(p.y)
	}
	return sum
}

// side tells where a position lies: 1 inside a ring, -1 outside, 0 on its rim.
func side(ring []xy, p xy) int {
	in := -1
	for i, a := range ring {
		b := ring[(i+1)%len(ring)]
		cross := int64(b.x-a.x)*int64(p.y-a.y) - int64(b.y-a.y)*int64(p.x-a.x)
		if cross == 0 && min(a.x, b.x) <= p.x && p.x <= max(a.x, b.x) && min(a.y, b.y) <= p.y && p.y <= max(a.y, b.y) {
			return 0
		}
		if (a.y > p.y) != (b.y > p.y) && (cross > 0) == (b.y > a.y) {
			in = -in
		}
	}
	return in
}
