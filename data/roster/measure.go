package roster

import (
	"cmp"
	"math"
	"slices"

	"github.com/twpayne/go-geom"
)

// The roster knows of a route's line how many positions it has and its measure at some of them, the knots. The line itself
// comes from the atlas, and between two knots the measure goes in proportion to the length along it.
const (
	// Every so many positions there is a knot: so far neither rounded positions add up to much nor is it long to walk.
	knotEvery = 32
	knotOffM  = 0.005 // what a measure may be off before there is a knot
)

// measures are a route's measures as they stand in its row.
type measures struct {
	positions int
	knots     []knot
}

type knot struct {
	at int // number of the position
	m  float64
}

// measurer finds the knots of one route after the other.
type measurer struct {
	merges func(lon1, lat1, lon2, lat2 float64) bool
	line   []float64 // what is left of the line where positions merge: lon, lat, M
	along  []float64 // length up to each of them
	knots  []knot
}

// measure gives the measures of a stored line; they are good until the next call.
func (s *measurer) measure(line []float64) measures {
	s.line, s.along, s.knots = s.line[:0], s.along[:0], s.knots[:0]
	sum := 0.0
	for i := 0; i+2 < len(line); i += 3 {
		lon, lat := line[i], line[i+1]
		if n := len(s.line); n > 0 {
			if near(s.line[n-3], lon) && near(s.line[n-2], lat) && s.merges(s.line[n-3], s.line[n-2], lon, lat) {
				continue
			}
			sum += length(s.line[n-3], s.line[n-2], lon, lat)
		}
		s.line, s.along = append(s.line, lon, lat, line[i+2]), append(s.along, sum)
	}
	n := len(s.along)
	if n < 2 {
		return measures{}
	}
	s.knots = append(s.knots, knot{0, s.line[2]})
	for from := 0; from < n-1; {
		to := min(from+knotEvery, n-1)
		s.between(from, to)
		s.knots = append(s.knots, knot{to, s.line[3*to+2]})
		from = to
	}
	return measures{n, s.knots}
}

// between adds the knots that are needed between two positions.
func (s *measurer) between(from, to int) {
	worst, at := knotOffM, -1
	for i := from + 1; i < to; i++ {
		if off := math.Abs(s.proportional(from, to, i) - s.line[3*i+2]); off > worst {
			worst, at = off, i
		}
	}
	if at >= 0 {
		s.between(from, at)
		s.knots = append(s.knots, knot{at, s.line[3*at+2]})
		s.between(at, to)
	}
}

func (s *measurer) proportional(from, to, i int) float64 {
	a, b := knot{from, s.line[3*from+2]}, knot{to, s.line[3*to+2]}
	return a.m + (b.m-a.m)*share(s.along, a, b, i)
}

// share tells how far along from one knot to another a position is, between 0 and 1.
func share(along []float64, a, b knot, i int) float64 {
	if whole := along[b.at] - along[a.at]; whole > 0 {
		return (along[i] - along[a.at]) / whole
	}
	return 0
}

// ends gives the measures of the first and the last position.
func (m measures) ends() *[2]float64 { return &[2]float64{m.knots[0].m, m.knots[len(m.knots)-1].m} }

// whole gives a line its measures: XYM. A line that is not the one that the measures are of, because only one side knows of a
// change, is measured in proportion from end to end.
func (m measures) whole(flat []float64) *geom.LineString {
	if n := len(flat) / 2; n != m.positions {
		m.knots = []knot{{0, m.knots[0].m}, {n - 1, m.knots[len(m.knots)-1].m}}
	}
	return m.stretch(flat, 0)
}

// stretch gives a stretch of the line its measures: XYM. It begins and ends at knots.
func (m measures) stretch(flat []float64, first int) *geom.LineString {
	n := len(flat) / 2
	out, along := make([]float64, 3*n), make([]float64, n)
	for i := range n {
		lon, lat := flat[2*i], flat[2*i+1]
		out[3*i], out[3*i+1] = lon, lat
		if i > 0 {
			along[i] = along[i-1] + length(out[3*i-3], out[3*i-2], lon, lat)
		}
	}
	k, _ := slices.BinarySearchFunc(m.knots, first, func(k knot, at int) int { return cmp.Compare(k.at, at) })
	out[2] = m.knots[k].m
	for k++; k < len(m.knots) && m.knots[k].at < first+n; k++ {
		a, b := m.knots[k-1], m.knots[k]
		a.at, b.at = a.at-first, b.at-first
		for i := a.at + 1; i < b.at; i++ {
			out[3*i+2] = a.m + (b.m-a.m)*share(along, a, b, i)
		}
		out[3*b.at+2] = b.m
	}
	return geom.NewLineStringFlat(geom.XYM, out)
}

// near tells whether two coordinates are so close that positions known to a centimetre or two may be one.
func near(a, b float64) bool { return math.Abs(a-b) < 1e-6 }

// length is the length in metres of a short segment on the CGCS2000 ellipsoid, by the radii at its middle latitude.
func length(lon1, lat1, lon2, lat2 float64) float64 {
	const (
		semiMajor = 6378137.0
		e2        = (2 - 1/298.257222101) / 298.257222101
		degree    = math.Pi / 180
	)
	sin, cos := math.Sincos((lat1 + lat2) / 2 * degree)
	w2 := 1 - e2*sin*sin
	w := math.Sqrt(w2)
	x, y := (lon2-lon1)*cos/w, (lat2-lat1)*(1-e2)/(w*w2)
	return degree * semiMajor * math.Sqrt(x*x+y*y)
}
