// Package gate brings what is known of a boundary project before the quality rules, which stand between a draft and its announcement 质检关口. It
// makes of a project's pieces all that follows from them: connectors, area, the parts of it by town, the candidate of the same profile. Nothing here
// does I/O.
package gate

import (
	"cmp"
	"slices"

	"github.com/twpayne/go-geom"

	"hetu/geo"
	"hetu/geo/demarc"
	"hetu/geo/lref"
)

const (
	meetM  = 0.01 // how closely the ranges of two pieces meet that follow each other
	sameM  = 0.01 // how near to each other two ends are one place
	shortM = 30.0 // A5: up to so far two pieces of one basis are joined without a word
)

// Connected puts the pieces of both banks in order downstream and draws the connectors that follow from them: where one piece ends and the next
// begins (A5), and across the river at both ends (A8). What a project stores are pieces alone. Where neither basis, width nor source changes, and
// more than the 30 m of A5 lie between two ends, none is drawn: that is a gap, which G1 tells, unless it is the open mouth of a tributary (A6).
func Connected(l demarc.Lines, route *geom.LineString, mouths ...Mouth) demarc.Lines {
	var out demarc.Lines
	rising := demarc.Rises(route)
	var firsts, lasts [][]float64
	var up, down float64
	for _, bank := range []geo.Bank{geo.Left, geo.Right} {
		pieces := slices.Clone(l.Of(bank))
		slices.SortStableFunc(pieces, func(a, b demarc.Piece) int {
			if rising {
				return cmp.Compare(a.FromM, b.FromM)
			}
			return cmp.Compare(b.ToM, a.ToM)
		})
		for i := 1; i < len(pieces); i++ {
			if c, ok := between(pieces[i-1], pieces[i], rising, mouths); ok {
				out.Connectors = append(out.Connectors, c)
			}
		}
		if n := len(pieces); n > 0 {
			firsts, lasts = append(firsts, first(pieces[0].Line)), append(lasts, last(pieces[n-1].Line))
			up, down = pieces[0].FromM, pieces[n-1].ToM
			if !rising {
				up, down = pieces[0].ToM, pieces[n-1].FromM
			}
		}
		out.Pieces = append(out.Pieces, pieces...)
	}
	if len(firsts) == 2 {
		out.Connectors = append(out.Connectors, connector(demarc.AtEnd, geo.Both, up, firsts[0], firsts[1]), connector(demarc.AtEnd, geo.Both, down, lasts[0], lasts[1]))
	}
	return out
}

// between draws the connector from one piece to the next.
func between(a, b demarc.Piece, rising bool, mouths []Mouth) (demarc.Connector, bool) {
	end, begin := a.ToM, b.FromM
	if !rising {
		end, begin = a.FromM, b.ToM
	}
	from, to := last(a.Line), first(b.Line)
	if d := begin - end; d > meetM || d < -meetM {
		return demarc.Connector{}, false
	}
	c := connector(demarc.AtChange, a.Bank, end, from, to)
	changes := a.Basis != b.Basis || a.WidthM != b.WidthM || a.Source != b.Source
	if !changes && slices.ContainsFunc(mouths, func(m Mouth) bool { return end >= m.FromM && end <= m.ToM }) {
		c.Kind = demarc.AtMouth
		return c, c.LengthM > sameM
	}
	return c, c.LengthM > sameM && (changes || c.LengthM <= shortM)
}

func connector(kind demarc.ConnectorKind, bank geo.Bank, m float64, from, to []float64) demarc.Connector {
	line := geom.NewLineStringFlat(geom.XY, []float64{from[0], from[1], to[0], to[1]}).SetSRID(int(geo.CGCS2000))
	return demarc.Connector{Kind: kind, Bank: bank, AtM: m, LengthM: lref.Length(line), Line: line}
}

func first(line *geom.LineString) []float64 { return line.FlatCoords()[:2] }

func last(line *geom.LineString) []float64 {
	flat, n := line.FlatCoords(), line.Stride()
	return flat[len(flat)-n : len(flat)-n+2]
}

// Towns gives the divisions of the lowest level, down to towns, that a stretch has: those that areas are cut by.
func Towns(divisions []demarc.Division) []demarc.Division {
	lowest := geo.Level(0)
	for _, d := range divisions {
		if d.Level <= geo.Town && d.Geom != nil {
			lowest = max(lowest, d.Level)
		}
	}
	var out []demarc.Division
	for _, d := range divisions {
		if d.Level == lowest && d.Geom != nil {
			out = append(out, d)
		}
	}
	return out
}

// Outers gives zones the part of the boundary that they lie behind, between the two ends that are stored of it.
func Outers(l demarc.Lines, zones []demarc.Zone) []demarc.Zone {
	out := slices.Clone(zones)
	for i, z := range out {
		if z.Outer == nil || z.Outer.NumCoords() != 2 {
			continue
		}
		a, b := z.Outer.Coord(0), z.Outer.Coord(1)
		for _, run := range l.RunsOf(z.Bank) {
			finder := lref.NewFinder(run.Measured())
			from, ok := finder.Project(a[0], a[1], 1)
			to, ok2 := finder.Project(b[0], b[1], 1)
			if ok && ok2 && from.MeasureM < to.MeasureM {
				out[i].Outer = geom.NewLineStringFlat(geom.XY, run.Between(from.MeasureM, to.MeasureM))
				break
			}
		}
	}
	return out
}
