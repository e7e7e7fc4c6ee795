package geo

import (
	"math"
	"strconv"
)

// LonLat is a position in degrees, longitude first. Answers tell it with seven decimals, a centimetre.
type LonLat [2]float64

// Rounded gives the position as answers tell it.
func (p LonLat) Rounded() LonLat {
	return LonLat{math.Round(p[0]*1e7)/1e7 + 0, math.Round(p[1]*1e7)/1e7 + 0} // + 0: -0 becomes 0
}

// Append writes the position as answers tell it.
func (p LonLat) Append(b []byte) []byte {
	p = p.Rounded()
	b = append(strconv.AppendFloat(append(b, '['), p[0], 'f', -1, 64), ',')
	return append(strconv.AppendFloat(b, p[1], 'f', -1, 64), ']')
}

// MarshalJSON implements [json.Marshaler].
func (p LonLat) MarshalJSON() ([]byte, error) { return p.Append(nil), nil }

// metresPerDegree is the length of a degree of a meridian, the shortest there is, and of the equator's, within 0.7 %.
const metresPerDegree = 110_574.0

// Snapped gives the nearest node of a grid whose cells are m metres wide and high, to within a hundredth; of 0 m the position itself.
// The grid depends on nothing but m, so that many positions of one thing, or questions about it, tell no more than one.
func (p LonLat) Snapped(m float64) LonLat {
	if !(m > 0) {
		return p
	}
	high := m / metresPerDegree
	lat := min(max(math.Round(p[1]/high)*high, -90), 90)
	wide := high / max(0.01, math.Cos(lat*math.Pi/180))
	return LonLat{math.Round(p[0]/wide) * wide, lat}.Rounded()
}
