package label

import (
	"cmp"
	"math"
	"slices"
	"sort"
	"sync"
)

const (
	// arm is how many pixels a stretch reaches to each side of its place.
	arm = 180
	// lean is what part of the way to its neighbours a place may be moved to find a straighter stretch.
	lean = 1.0 / 8
	// straight is how much straightness weighs against that way.
	straight = 8
)

// apart is about how many pixels a name stands from itself along its line: a screen where a river is seen as a whole; from
// zoom 12 on, where one looks at a bend of it, less than a phone is wide.
func apart(zoom int) float64 {
	if zoom < 12 {
		return 1024
	}
	return 320
}

// closest is how many pixels two places of a line keep between them in the plane: a river that winds comes back.
func closest(zoom int) float64 { return apart(zoom) * 3 / 4 }

// pixel is the width of a pixel at a zoom, in world units, with tiles of 512 pixels.
func pixel(zoom int) float64 { return math.Ldexp(1, WorldBits-9-zoom) }

// Place is where a name stands on a line at some zooms: about a vertex, counted in its part.
type Place struct {
	Part, Vertex int
	First, Last  int
}

// Places gives the places of a name along a line, for the zooms from first to last. flat holds the parts one after the other,
// parts how many positions each has; text is how many pixels the name is long.
//
// A name stands once, in the middle, from the zoom at which the line is as long as the name; and again halfway between its
// places and towards the ends (at quarters, then eighths …) as the line grows: about 1,024 pixels apart up to zoom 11, 320
// from 12 on. A place stays where it is as the zoom grows. Each is at a vertex near to where it should be, rather on a straight
// stretch than in a bend, never at an end; only of a line of two positions it is the first, and means the middle, as [Stretch]
// does.
func Places[T World](flat []T, parts []int, first, last, text int) []Place {
	room, _ := rooms.Get().(*[]float64)
	defer rooms.Put(room)
	l := newLine(flat, parts, room)
	if l == nil {
		return nil
	}
	// from gives the first zoom at which a length has its pixels.
	from := func(length float64, pixels func(zoom int) float64) int {
		zoom := first
		for zoom <= last && length < pixels(zoom)*pixel(zoom) {
			zoom++
		}
		return zoom
	}
	begin := from(l.longest, func(int) float64 { return float64(text) })
	if begin > last {
		return nil
	}
	home, ok := l.straightest(l.total/2, l.total/2, float64(text)/2*pixel(begin))
	if !ok {
		home = l.middle()
	}
	stands := []stand{{home, begin}}
	for n := 2; 2*n-1 <= MostPlaces; n *= 2 {
		// n more make 2n-1 places.
		zoom := max(begin, from(l.total, func(z int) float64 { return apart(z) * float64(2*n-1) }))
		if zoom > last {
			break
		}
		gap := l.total / float64(2*n)
		for i := range n {
			v, ok := l.straightest(gap*float64(2*i+1), gap, float64(text)/2*pixel(zoom))
			if !ok {
				continue
			}
			room := math.Inf(1)
			for _, s := range stands {
				room = min(room, l.distance(v, s.vertex))
			}
			if z := max(zoom, from(room, closest)); z <= last {
				stands = append(stands, stand{v, z})
			}
		}
	}
	slices.SortFunc(stands, func(a, b stand) int { return cmp.Or(cmp.Compare(a.first, b.first), cmp.Compare(a.vertex, b.vertex)) })
	places := make([]Place, len(stands))
	for i, s := range stands {
		part := l.part(s.vertex)
		places[i] = Place{Part: part, Vertex: s.vertex - l.begins[part], First: s.first, Last: last}
	}
	return places
}

// MostPlaces bounds the places of one line, each of which is compared with those before it.
const MostPlaces = 1023

type stand struct{ vertex, first int }

// line is a line with the way to each of its vertices, counted through all parts.
type line struct {
	x, y    []float64
	way     []float64
	begins  []int // by part; and the end of the last
	total   float64
	longest float64 // of the parts
}

// rooms are what lines were measured in, to be used again: a map has a hundred million positions.
var rooms = sync.Pool{New: func() any { return new([]float64) }} //nolint:gochecknoglobals // scratch

// newLine measures a line in a room; nil if it has no length.
func newLine[T World](flat []T, parts []int, room *[]float64) *line {
	n := len(flat) / 2
	*room = slices.Grow((*room)[:0], 3*n)
	store := (*room)[:3*n]
	l := &line{x: store[:n:n], y: store[n : 2*n : 2*n], way: store[2*n:], begins: make([]int, 1, len(parts)+1)}
	i := 0
	for _, size := range parts {
		begun := l.total
		for end := i + size; i < end; i++ {
			l.x[i], l.y[i] = float64(flat[2*i]), float64(flat[2*i+1])
			if i > l.begins[len(l.begins)-1] {
				l.total += l.distance(i-1, i)
			}
			l.way[i] = l.total
		}
		l.begins = append(l.begins, i)
		l.longest = max(l.longest, l.total-begun)
	}
	if l.total == 0 {
		return nil
	}
	return l
}

func (l *line) distance(i, j int) float64 { return hypot(l.x[i]-l.x[j], l.y[i]-l.y[j]) }

// part of a vertex.
func (l *line) part(vertex int) int {
	return sort.SearchInts(l.begins, vertex+1) - 1
}

// middle is the vertex nearest to the middle of the longest part, without its ends; of two positions the first.
func (l *line) middle() int {
	var best int
	var most float64
	for p := range len(l.begins) - 1 {
		from, to := l.begins[p], l.begins[p+1]
		if to == from || l.way[to-1]-l.way[from] <= most {
			continue
		}
		most, best = l.way[to-1]-l.way[from], from
		if to-from > 2 {
			best = l.nearest((l.way[from]+l.way[to-1])/2, from+1, to-1)
		}
	}
	return best
}

// nearest gives the vertex of [from, to) whose way comes closest to one.
func (l *line) nearest(way float64, from, to int) int {
	i := from + sort.SearchFloat64s(l.way[from:to], way)
	if i == to || (i > from && way-l.way[i-1] < l.way[i]-way) {
		return i - 1
	}
	return i
}

// straightest gives the vertex within a part of gap about a way at which a text that reaches half to each side is bent least,
// and that is not far off. There may be none.
func (l *line) straightest(way, gap, half float64) (vertex int, ok bool) {
	reach := gap * lean
	best := math.Inf(-1)
	for i := sort.SearchFloat64s(l.way, way-reach); i < len(l.way) && l.way[i] <= way+reach; i++ {
		p := l.part(i)
		from, to := l.begins[p], l.begins[p+1]-1
		if i == from || i == to || l.way[i]-l.way[from] < half || l.way[to]-l.way[i] < half {
			continue
		}
		ax, ay := l.along(l.way[i]-half, from, to)
		bx, by := l.along(l.way[i]+half, from, to)
		if score := straight*hypot(bx-ax, by-ay)/(2*half) - math.Abs(l.way[i]-way)/reach; score > best {
			best, vertex, ok = score, i, true
		}
	}
	return vertex, ok
}

// along gives the position at a way between two vertices.
func (l *line) along(way float64, from, to int) (x, y float64) {
	i := from + sort.SearchFloat64s(l.way[from:to], way)
	if i == from {
		return l.x[i], l.y[i]
	}
	t := 0.0
	if step := l.way[i] - l.way[i-1]; step > 0 {
		t = (way - l.way[i-1]) / step
	}
	return l.x[i-1] + t*(l.x[i]-l.x[i-1]), l.y[i-1] + t*(l.y[i]-l.y[i-1])
}

// Piece is a piece of a line: head, the vertices [From, To) as they are, tail. Head and tail lie on the line.
type Piece[T World] struct {
	Head, Tail [2]T
	From, To   int
}

// Stretch gives the piece of a part of a line that a name needs at a zoom: from 180 pixels before a place to 180 pixels after
// it, less where the line ends. flat holds the positions of the part. Of two positions the place is the middle.
func Stretch[T World](flat []T, vertex, zoom int) Piece[T] {
	n, reach := len(flat)/2, arm*pixel(zoom)
	if n == 2 {
		length := span(flat, 0, 1)
		off := max(0, length/2-reach)
		return Piece[T]{Head: cut(flat, 0, 1, off, length), Tail: cut(flat, 1, 0, off, length), From: 1, To: 1}
	}
	head, from := walk(flat, vertex, 0, -1, reach)
	tail, to := walk(flat, vertex, n-1, 1, reach)
	return Piece[T]{Head: head, Tail: tail, From: from, To: to + 1}
}

// Reach is how far along its line a name at a zoom is written from its place, and what it is softened by beyond.
func Reach(zoom int) float64 { return (arm + calm*curveStep/8*2) * pixel(zoom) }

// walk goes along a line from a vertex towards an end. It gives where it came to and the last vertex that it passed: the end
// itself it does not pass.
func walk[T World](flat []T, vertex, end, step int, left float64) (to [2]T, passed int) {
	for vertex != end {
		length := span(flat, vertex, vertex+step)
		if left < length {
			return cut(flat, vertex, vertex+step, left, length), vertex
		}
		left -= length
		vertex += step
	}
	return [2]T{flat[2*end], flat[2*end+1]}, end - step
}

// span is the distance between two positions.
func span[T World](flat []T, i, j int) float64 {
	a, b := at(flat, i), at(flat, j)
	return hypot(float64(b.x-a.x), float64(b.y-a.y))
}

// cut gives the position so far on the way from one position to another.
func cut[T World](flat []T, i, j int, way, length float64) [2]T {
	a, b := at(flat, i), at(flat, j)
	t := 0.0
	if length > 0 {
		t = way / length
	}
	x, y := a.x+int64(math.Round(t*float64(b.x-a.x))), a.y+int64(math.Round(t*float64(b.y-a.y)))
	return [2]T{T(x), T(y)}
}

// hypot is [math.Hypot] of what cannot overflow, in a third of the time.
func hypot(dx, dy float64) float64 { return math.Sqrt(dx*dx + dy*dy) }
