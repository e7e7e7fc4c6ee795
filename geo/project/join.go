package project

import (
	"cmp"
	"slices"

	"github.com/twpayne/go-geom"

	"hetu/geo"
)

// Join makes one line of the pieces of a bank, downstream along a route (XYM); nil when there are none. Where one piece does not begin where
// the last ended, the line goes straight from the one to the other.
func Join(route *geom.LineString, pieces []Piece, bank geo.Bank) *geom.LineString {
	var of []Piece
	for _, p := range pieces {
		if p.Bank == bank {
			of = append(of, p)
		}
	}
	flat := route.FlatCoords()
	falls := flat[2] > flat[len(flat)-1]
	slices.SortFunc(of, func(a, b Piece) int {
		if falls {
			a, b = b, a
		}
		return cmp.Compare(a.FromM, b.FromM)
	})
	var out []float64
	for _, p := range of {
		at, n := p.Line.FlatCoords(), p.Line.Stride()
		for i := 0; i+1 < len(at); i += n {
			if k := len(out); k == 0 || out[k-2] != at[i] || out[k-1] != at[i+1] {
				out = append(out, at[i], at[i+1])
			}
		}
	}
	if len(out) < 4 {
		return nil
	}
	return geom.NewLineStringFlat(geom.XY, out).SetSRID(int(geo.CGCS2000))
}
