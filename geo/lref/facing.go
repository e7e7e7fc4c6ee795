package lref

import (
	"fmt"
	"math"

	"github.com/twpayne/go-geom"

	"hetu/geo"
)

// Facing is a bank line (岸线) laid beside its route: for each place of it, the place of the route that it lies opposite. It is made
// once for a bank line and then asked for many ranges; it does not change.
//
// The nearest place of the route is not always the one opposite: across the neck of a meander, or beside a parallel channel, the
// other arm is nearer. So both lines are walked as one, and of all ways to go along them the one is taken on which the two stay
// closest over their whole length.
type Facing struct {
	route   []float64 // XYM, downstream, no vertex twice
	samples []sample  // of the bank line, running downstream
	srid    int
}

// sample is a place of a bank line: a vertex, or one between two that are far apart.
type sample struct {
	lon, lat float64
	vertex   bool
	q        float64 // the place of the route opposite: number of the segment, and how far along it
}

// Face lays a bank line (any layout, its X and Y in degrees, drawn in either direction) beside its route (XYM, downstream). It takes
// time by the product of their vertices, and ends with the asker's error when nobody waits for it any more. Errors are of geo.CodeInvalid: a line without length, or a position that is not on the Earth.
func Face(ctx geo.Asker, route, bankLine *geom.LineString) (*Facing, error) {
	f := &Facing{route: distinct(route.FlatCoords(), 3, 3), srid: bankLine.SRID()}
	bank := distinct(bankLine.FlatCoords(), bankLine.Stride(), 2)
	if len(f.route) < 6 || !onEarth(f.route, 3) {
		return nil, geo.Errorf(geo.CodeInvalid, "a route needs two points that lie apart, in degrees, and its measures")
	}
	if len(bank) < 4 || !onEarth(bank, 2) {
		return nil, geo.Errorf(geo.CodeInvalid, "a bank line needs two points that lie apart, in degrees")
	}
	f.samples = sampled(bank)
	if err := follow(ctx, f.route, f.samples); err != nil {
		return nil, fmt.Errorf("lay a bank line beside its route: %w", err)
	}
	return f, nil
}

// distinct copies the first keep ordinates of each vertex, and leaves out a vertex that lies where the one before does.
func distinct(flat []float64, stride, keep int) []float64 {
	var out []float64
	for i := 0; i+stride <= len(flat) && stride >= keep; i += stride {
		if n := len(out); n == 0 || flat[i] != out[n-keep] || flat[i+1] != out[n-keep+1] {
			out = append(out, flat[i:i+keep]...)
		}
	}
	return out
}

// onEarth tells whether all vertices are degrees, and what else they carry numbers.
func onEarth(flat []float64, stride int) bool {
	for i := 0; i+1 < len(flat); i += stride {
		if !geo.World().Contains(flat[i], flat[i+1]) || stride > 2 && (math.IsNaN(flat[i+2]) || math.IsInf(flat[i+2], 0)) {
			return false
		}
	}
	return true
}

const (
	// sampleEvery is how far apart in metres the samples of a bank line stand: closer than bends follow each other.
	sampleEvery = 25.0
	// maxSamples bounds the samples that are put between the vertices of one bank line; a longer one has them farther apart.
	maxSamples = 20000
)

// sampled gives the vertices of a bank line (XY) and places between those that are far apart.
func sampled(bank []float64) []sample {
	length := 0.0
	for i := 0; i+3 < len(bank); i += 2 {
		length += Distance(bank[i], bank[i+1], bank[i+2], bank[i+3])
	}
	step := max(sampleEvery, length/maxSamples)
	var out []sample
	for i := 0; i+3 < len(bank); i += 2 {
		out = append(out, sample{lon: bank[i], lat: bank[i+1], vertex: true})
		n := math.Ceil(Distance(bank[i], bank[i+1], bank[i+2], bank[i+3]) / step)
		for k := 1.0; k < n; k++ {
			out = append(out, sample{lon: bank[i] + (bank[i+2]-bank[i])*k/n, lat: bank[i+1] + (bank[i+3]-bank[i+1])*k/n})
		}
	}
	return append(out, sample{lon: bank[len(bank)-2], lat: bank[len(bank)-1], vertex: true})
}

// BankBetween is Between of one bank line that is asked for one range.
func BankBetween(route, bankLine *geom.LineString, fromM, toM float64) (*geom.LineString, error) {
	f, err := Face(geo.Patient{}, route, bankLine)
	if err != nil {
		return nil, err
	}
	return f.Between(fromM, toM)
}

// Between gives the part of the bank line that lies opposite the range [fromM, toM) of the route: XY, running downstream, SRID of
// the bank line. It is cut where the bank line passes the two measures, so that the parts of ranges that adjoin adjoin; what lies
// past an end of the route is opposite no range. Errors are those of Substring, and geo.CodeNotFound when no part lies opposite.
func (f *Facing) Between(fromM, toM float64) (*geom.LineString, error) {
	if !(fromM < toM) {
		return nil, geo.Errorf(geo.CodeInvalid, "a range runs from a smaller to a larger measure, not from %g to %g", fromM, toM)
	}
	if f.route[2] > f.route[len(f.route)-1] {
		fromM, toM = toM, fromM
	}
	start, err := spotAt(f.route, fromM)
	if err != nil {
		return nil, err
	}
	end, err := spotAt(f.route, toM)
	if err != nil {
		return nil, err
	}
	a, b := f.passing(start), f.passing(end)
	out := f.part(a, b)
	if len(out) < 4 {
		return nil, geo.Errorf(geo.CodeNotFound, "the bank line has no part opposite %s to %s: it runs beside %s to %s of the route",
			Label(min(fromM, toM)), Label(max(fromM, toM)), Label(f.measure(0)), Label(f.measure(len(f.samples)-1)))
	}
	return geom.NewLineStringFlat(geom.XY, out).SetSRID(f.srid), nil
}

// Range gives the measures of the route that the bank line runs beside.
func (f *Facing) Range() (fromM, toM float64) {
	a, b := f.measure(0), f.measure(len(f.samples)-1)
	return min(a, b), max(a, b)
}

// measure is that of the place opposite a sample.
func (f *Facing) measure(i int) float64 { return f.spot(f.samples[i].q).measure(f.route) }

func (f *Facing) spot(q float64) spot {
	at := min(int(q), len(f.route)/3-2)
	return spot{at: 3 * at, along: q - float64(at)}
}

// part gives the bank line between two places of it, each the number of a sample and how far it is to the next.
func (f *Facing) part(a, b float64) []float64 {
	const apart = 1e-9 // samples
	if b-a < apart {
		return nil
	}
	lon, lat := f.at(a)
	out := []float64{lon, lat}
	for i := int(a) + 1; float64(i) < b-apart; i++ {
		if s := f.samples[i]; s.vertex && float64(i) > a+apart {
			out = append(out, s.lon, s.lat)
		}
	}
	lon, lat = f.at(b)
	return append(out, lon, lat)
}

// at gives a place of the bank line.
func (f *Facing) at(u float64) (lon, lat float64) {
	i := min(int(u), len(f.samples)-2)
	a, b, t := f.samples[i], f.samples[i+1], u-float64(i)
	if t == 1 {
		return b.lon, b.lat
	}
	return a.lon + (b.lon-a.lon)*t, a.lat + (b.lat-a.lat)*t
}

// BankPlace is the place of a bank line at a measure of its route.
type BankPlace struct {
	Lon, Lat  float64
	DistanceM float64  // from the point of the route at the measure, on the ellipsoid
	OffsetM   float64  // how far to the side of the flow at the measure: left is negative, right positive
	Bank      geo.Bank // the side of the route that it lies on there
	// Square tells how it was found. True: the bank line crosses the line square to the flow at the measure here. False: it does not
	// where it lies opposite, and this is where it comes closest: the corner that it passes at the inside of a bend tighter than the
	// river is wide, or its end where it does not reach as far.
	Square bool
}

// squareWithin is how far in metres along the flow a place may lie off the line square to it.
const squareWithin = 0.01

// Point gives the place of the bank line at a measure of the route: where it crosses the line square to the flow there, of several
// crossings the one opposite. At an inner vertex that line is the bisector's. Errors are those of Locate.
func (f *Facing) Point(m float64) (BankPlace, error) {
	s, err := spotAt(f.route, m)
	if err != nil {
		return BankPlace{}, err
	}
	var out BankPlace
	out.Lon, out.Lat = f.at(f.passing(s))
	lon, lat := s.position(f.route)
	out.DistanceM = Distance(lon, lat, out.Lon, out.Lat)
	p := newPlane(lon, lat)
	east, north := flow(f.route, s, p)
	x, y := p.to(out.Lon, out.Lat)
	out.Square = math.Abs(x*east+y*north) <= squareWithin
	out.OffsetM = x*north - y*east
	switch {
	case out.DistanceM <= centreWithin:
		out.Bank = geo.Centre
	case out.OffsetM < 0:
		out.Bank = geo.Left
	default:
		out.Bank = geo.Right
	}
	return out, nil
}

// passing finds the place of the bank line, by sample, at which it passes a place of the route on its way downstream. Beside a
// vertex it passes for a while, outside the bend: then it is where it crosses the bisector.
func (f *Facing) passing(s spot) float64 {
	const nearby = 1e-7 // of a segment: 0.1 mm of a kilometre
	p := newPlane(s.position(f.route))
	s = s.snapped(f.route, p)
	q := float64(s.at/3) + s.along
	lo, hi := f.reaches(q-nearby), f.reaches(q+nearby)
	east, north := flow(f.route, s, p)
	along := func(u float64) float64 {
		x, y := p.to(f.at(u))
		return x*east + y*north
	}
	switch {
	case along(lo) >= 0:
		return lo
	case along(hi) <= 0:
		return hi
	}
	for range 60 {
		if mid := (lo + hi) / 2; along(mid) < 0 {
			lo = mid
		} else {
			hi = mid
		}
	}
	return hi
}

// reaches finds the first place of the bank line that is opposite q or beyond it; the end, if none is.
func (f *Facing) reaches(q float64) float64 {
	i := 0
	for i < len(f.samples) && f.samples[i].q < q {
		i++
	}
	if i == 0 || i == len(f.samples) {
		return float64(max(0, i-1))
	}
	first, last := f.spot(f.samples[i-1].q).at, f.spot(f.samples[i].q).at
	window := f.route[first : last+6]
	lo, hi := float64(i-1), float64(i)
	for range 60 {
		mid := (lo + hi) / 2
		lon, lat := f.at(mid)
		s, ok := nearest(window, lon, lat)
		if ok && float64((first+s.at)/3)+s.along < q {
			lo = mid
		} else {
			hi = mid
		}
	}
	return hi
}
