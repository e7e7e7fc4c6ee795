package sample

import (
	"hash/fnv"
	"math"
	"slices"

	"github.com/twpayne/go-geom"

	"hetu/geo"
	"hetu/geo/lref"
)

// lonLat is a position in degrees, EPSG:4490.
type lonLat [2]float64

// snapped rounds to 7 decimals, a centimetre, so that a drawing is the same on every machine and shared vertices are equal.
func (p lonLat) snapped() lonLat {
	return lonLat{math.Round(p[0]*1e7) / 1e7, math.Round(p[1]*1e7) / 1e7}
}

// noise is a sequence of numbers that depends on its seed alone (SplitMix64).
type noise uint64

func newNoise(seed string) noise {
	h := fnv.New64a()
	_, _ = h.Write([]byte(seed))
	return noise(h.Sum64())
}

// next gives a number in [0, 1).
func (n *noise) next() float64 {
	*n += 0x9e3779b97f4a7c15
	z := uint64(*n)
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return float64((z^z>>31)>>11) / (1 << 53)
}

// meander makes a natural line of the few points it is drawn by: midpoints are moved sideways by up to rough times the
// segment, three times over, and corners are cut. A river swings from side to side in its smallest bends, a border does not.
// First and last point stay; 16 vertices for each drawn segment.
func meander(seed string, rough float64, swing bool, drawn ...lonLat) []lonLat {
	n := newNoise(seed)
	line := drawn
	for round := range 3 {
		finer := []lonLat{line[0]}
		for i := 1; i < len(line); i++ {
			a, b := line[i-1], line[i]
			shift := rough * (2*n.next() - 1)
			if swing && round == 2 {
				shift = rough * (0.5 + n.next()) * float64(1-2*(i%2))
			}
			k := math.Cos(a[1] * math.Pi / 180)
			finer = append(finer, lonLat{(a[0]+b[0])/2 - shift*(b[1]-a[1])/k, (a[1]+b[1])/2 + shift*(b[0]-a[0])*k}, b)
		}
		line = finer
	}
	smooth := []lonLat{line[0].snapped()}
	for i := 1; i < len(line); i++ {
		a, b := line[i-1], line[i]
		if i > 1 {
			smooth = append(smooth, lonLat{0.75*a[0] + 0.25*b[0], 0.75*a[1] + 0.25*b[1]}.snapped())
		}
		if i < len(line)-1 {
			smooth = append(smooth, lonLat{0.25*a[0] + 0.75*b[0], 0.25*a[1] + 0.75*b[1]}.snapped())
		}
	}
	return append(smooth, line[len(line)-1].snapped())
}

// stretched scales a line about its last point until it is so many metres long.
func stretched(line []lonLat, metres float64) []lonLat {
	out := slices.Clone(line)
	end := line[len(line)-1]
	for range 6 {
		f := metres / lref.Length(lineString(out))
		for i, p := range out {
			out[i] = lonLat{end[0] + (p[0]-end[0])*f, end[1] + (p[1]-end[1])*f}
		}
	}
	for i := range out {
		out[i] = out[i].snapped()
	}
	return out
}

// nearest gives the index of the vertex nearest to p, never the first or the last three.
func nearest(line []lonLat, p lonLat) int {
	best, at := math.Inf(1), 0
	for i := 3; i < len(line)-3; i++ {
		if d := math.Hypot(line[i][0]-p[0], line[i][1]-p[1]); d < best {
			best, at = d, i
		}
	}
	return at
}

func lineString(line []lonLat) *geom.LineString {
	flat := make([]float64, 0, 2*len(line))
	for _, p := range line {
		flat = append(flat, p[0], p[1])
	}
	return geom.NewLineStringFlat(geom.XY, flat)
}

func point(p lonLat) *geom.Point { return geom.NewPointFlat(geom.XY, []float64{p[0], p[1]}) }

// polygon makes a MultiPolygon of one closed ring.
func polygon(ring []lonLat) *geom.MultiPolygon {
	flat := lineString(ring).FlatCoords()
	return geom.NewMultiPolygonFlat(geom.XY, flat, [][]int{{len(flat)}})
}

// within tells whether p lies inside a closed ring.
func within(ring []lonLat, p lonLat) bool {
	in := false
	for i := 1; i < len(ring); i++ {
		a, b := ring[i-1], ring[i]
		if (a[1] > p[1]) != (b[1] > p[1]) && p[0] < a[0]+(p[1]-a[1])/(b[1]-a[1])*(b[0]-a[0]) {
			in = !in
		}
	}
	return in
}

// mesh draws the borders between divisions. Each border runs between two named nodes and is drawn once, whoever asks, so
// that neighbours share it vertex by vertex: no gap, no overlap.
type mesh struct {
	nodes   map[string]lonLat
	borders map[[2]string][]lonLat
}

// border gives the line from one node to another.
func (m *mesh) border(from, to string) []lonLat {
	id := [2]string{min(from, to), max(from, to)}
	line, ok := m.borders[id]
	if !ok {
		line = meander(id[0]+"|"+id[1], 0.13, false, m.nodes[id[0]], m.nodes[id[1]])
		m.borders[id] = line
	}
	if from > to {
		line = slices.Clone(line)
		slices.Reverse(line)
	}
	return line
}

// follow makes a river the border between the nodes at its ends.
func (m *mesh) follow(from, to string, river []lonLat) {
	m.nodes[from], m.nodes[to] = river[0], river[len(river)-1]
	line := slices.Clone(river)
	if from > to {
		slices.Reverse(line)
	}
	m.borders[[2]string{min(from, to), max(from, to)}] = line
}

// ring draws the closed outline through nodes, which are named counter-clockwise.
func (m *mesh) ring(nodes []string) []lonLat {
	var out []lonLat
	for i, n := range nodes {
		line := m.border(n, nodes[(i+1)%len(nodes)])
		out = append(out, line[:len(line)-1]...)
	}
	return append(out, out[0])
}

// crossings gives the measures at which a route (XYM) meets any border.
func (m *mesh) crossings(route *geom.LineString) []float64 {
	var at []float64
	flat := route.FlatCoords()
	for i := 0; i+5 < len(flat); i += 3 {
		a, b := lonLat{flat[i], flat[i+1]}, lonLat{flat[i+3], flat[i+4]}
		for _, line := range m.borders {
			for j := 1; j < len(line); j++ {
				if t, ok := meet(a, b, line[j-1], line[j]); ok {
					at = append(at, flat[i+2]+(flat[i+5]-flat[i+2])*t)
				}
			}
		}
	}
	return at
}

// meet tells whether segment ab meets segment cd, and at which share of ab.
func meet(a, b, c, d lonLat) (float64, bool) {
	if max(a[0], b[0]) < min(c[0], d[0]) || max(c[0], d[0]) < min(a[0], b[0]) || max(a[1], b[1]) < min(c[1], d[1]) || max(c[1], d[1]) < min(a[1], b[1]) {
		return 0, false
	}
	rx, ry, sx, sy := b[0]-a[0], b[1]-a[1], d[0]-c[0], d[1]-c[1]
	det := rx*sy - ry*sx
	if det == 0 {
		return 0, false
	}
	t := ((c[0]-a[0])*sy - (c[1]-a[1])*sx) / det
	u := ((c[0]-a[0])*ry - (c[1]-a[1])*rx) / det
	return t, t >= 0 && t <= 1 && u >= 0 && u <= 1
}

// piece is the part [from, to) of a route within one division.
type piece struct {
	from, to float64
	in       *division
}

// cut cuts a route (XYM, 0 at the mouth) where it crosses from one town to the next, at whole metres, from the mouth up.
// A piece under half a kilometre, where the river only touches a border, goes to its longer neighbour.
func cut(route *geom.LineString, m *mesh, towns []*division) ([]piece, error) {
	const shortest = 500.0
	length := route.FlatCoords()[2]
	at := append(m.crossings(route), 0, length)
	slices.Sort(at)
	var pieces []piece
	for i := 1; i < len(at); i++ {
		if at[i]-at[i-1] < 0.001 {
			continue
		}
		lon, lat, err := lref.Locate(route, (at[i]+at[i-1])/2)
		if err != nil {
			return nil, err
		}
		j := slices.IndexFunc(towns, func(d *division) bool { return within(d.outline, lonLat{lon, lat}) })
		if j < 0 {
			return nil, geo.Errorf(geo.CodeInternal, "a river of the sample leaves its county at %.4f, %.4f", lon, lat)
		}
		pieces = append(pieces, piece{at[i-1], at[i], towns[j]})
	}
	pieces = joined(pieces)
	for len(pieces) > 1 {
		short := 0
		for i, p := range pieces {
			if p.to-p.from < pieces[short].to-pieces[short].from {
				short = i
			}
		}
		if pieces[short].to-pieces[short].from >= shortest {
			break
		}
		longer := short + 1
		if longer == len(pieces) || (short > 0 && pieces[short-1].to-pieces[short-1].from > pieces[longer].to-pieces[longer].from) {
			longer = short - 1
		}
		pieces[short].in = pieces[longer].in
		pieces = joined(pieces)
	}
	for i := 1; i < len(pieces); i++ {
		pieces[i].from = math.Round(pieces[i].from)
		pieces[i-1].to = pieces[i].from
	}
	return pieces, nil
}

// joined makes neighbouring pieces of one division one piece.
func joined(pieces []piece) []piece {
	var out []piece
	for _, p := range pieces {
		if len(out) > 0 && out[len(out)-1].in == p.in {
			out[len(out)-1].to = p.to
			continue
		}
		out = append(out, p)
	}
	return out
}

// beside gives the position so many metres off a route's centre line on a bank, at a measure.
func beside(route *geom.LineString, m float64, bank geo.Bank, metres float64) (lonLat, error) {
	length := route.FlatCoords()[2]
	lon, lat, err := lref.Locate(route, m)
	if err != nil {
		return lonLat{}, err
	}
	lon1, lat1, err := lref.Locate(route, min(length, m+1))
	if err != nil {
		return lonLat{}, err
	}
	lon2, lat2, err := lref.Locate(route, max(0, m-1))
	if err != nil {
		return lonLat{}, err
	}
	k := math.Cos(lat * math.Pi / 180)
	dx, dy := (lon2-lon1)*k, lat2-lat1
	f := metres / 111_320 / math.Hypot(dx, dy)
	if bank == geo.Right {
		f = -f
	}
	return lonLat{lon - dy*f/k, lat + dx*f}.snapped(), nil
}
