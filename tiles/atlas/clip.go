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
type xy = mvt.XY

func inTile(p xy) bool { return uint32(p.X) <= mvt.Extent && uint32(p.Y) <= mvt.Extent } //nolint:gosec // what is negative becomes large

func inBuffer(p xy) bool { return p.X >= low && p.X <= high && p.Y >= low && p.Y <= high }

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
		if inTile(a) && inTile(b) {
			push(a)
			out = append(out, b)
			continue
		}
		if aside(a, b) {
			flush()
			continue
		}
		from := a
		for _, p := range append(crossings(cuts[:0], a, b, true), b) {
			if inBuffer(from) && inBuffer(p) {
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
	return (a.X < low && b.X < low) || (a.X > high && b.X > high) || (a.Y < low && b.Y < low) || (a.Y > high && b.Y > high)
}

// crossings adds the places where a segment crosses the tile's edges, and those where it crosses the ends of the buffer if
// asked, in their order along it. Their ends are not among them.
func crossings(out []xy, a, b xy, ends bool) []xy {
	inside := func(v int32) bool { return v > 0 && v < mvt.Extent }
	if inside(a.X) && inside(b.X) && inside(a.Y) && inside(b.Y) {
		return out
	}
	first := len(out)
	for _, c := range [4]int32{0, mvt.Extent, low, high} {
		if c == low && !ends {
			break
		}
		if between(c, a.X, b.X) {
			out = append(out, xy{X: c, Y: across(a.X, a.Y, b.X, b.Y, c)})
		}
		if between(c, a.Y, b.Y) {
			out = append(out, xy{X: across(a.Y, a.X, b.Y, b.X, c), Y: c})
		}
	}
	if found := out[first:]; len(found) > 1 {
		// Along the segment both coordinates go one way only.
		sx, sy := sign(b.X-a.X), sign(b.Y-a.Y)
		slices.SortFunc(found, func(p, q xy) int { return int((p.X-q.X)*sx + (p.Y-q.Y)*sy) })
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
		return p.X >= low
	case 1:
		return p.X <= high
	case 2:
		return p.Y >= low
	default:
		return p.Y <= high
	}
}

func crossing(p, q xy, side int) xy {
	c := int32(low)
	if side%2 == 1 {
		c = high
	}
	if side < 2 {
		return xy{X: c, Y: across(p.X, p.Y, q.X, q.Y, c)}
	}
	return xy{X: across(p.Y, p.X, q.Y, q.X, c), Y: c}
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
		sum += int64(p.X)*int64(q.Y) - int64(q.X)*int64(p.Y)
	}
	return sum
}

// ringRows are the edges of a clipped ring sorted into rows by height, so that where a position lies is asked of a few of them:
// a polygon may have ten thousand holes.
type ringRows struct {
	first []int32 // by row, where its edges begin in edges; and the end of the last
	edges []int32 // numbers of their first positions
}

// rowBits is the height of a row in tile units, as a power of two.
const rowBits = 4

func rowOf(y int32) int32 { return (y - low) >> rowBits }

// sort takes a ring that lies in the buffer.
func (r *ringRows) sort(ring []xy) {
	const rows = (high-low)>>rowBits + 1
	r.first = slices.Grow(r.first[:0], rows+1)[:rows+1]
	clear(r.first)
	each := func(see func(i, row int32)) {
		for i, a := range ring {
			b := ring[(i+1)%len(ring)]
			for row := rowOf(min(a.Y, b.Y)); row <= rowOf(max(a.Y, b.Y)); row++ {
				see(int32(i), row)
			}
		}
	}
	each(func(_, row int32) { r.first[row]++ })
	end := int32(0)
	for row, n := range r.first {
		end += n
		r.first[row] = end
	}
	r.edges = slices.Grow(r.edges[:0], int(end))[:end]
	each(func(i, row int32) { // from the end of each row to its beginning
		r.first[row]--
		r.edges[r.first[row]] = i
	})
}

// side tells where a position in the buffer lies: 1 inside the ring that was sorted, -1 outside, 0 on its rim.
func (r *ringRows) side(ring []xy, p xy) int {
	in := -1
	row := rowOf(p.Y)
	for _, i := range r.edges[r.first[row]:r.first[row+1]] {
		a, b := ring[i], ring[(int(i)+1)%len(ring)]
		cross := int64(b.X-a.X)*int64(p.Y-a.Y) - int64(b.Y-a.Y)*int64(p.X-a.X)
		if cross == 0 && min(a.X, b.X) <= p.X && p.X <= max(a.X, b.X) && min(a.Y, b.Y) <= p.Y && p.Y <= max(a.Y, b.Y) {
			return 0
		}
		if (a.Y > p.Y) != (b.Y > p.Y) && (cross > 0) == (b.Y > a.Y) {
			in = -in
		}
	}
	return in
}
