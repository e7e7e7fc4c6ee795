package project

import (
	"github.com/twpayne/go-geom"

	"hetu/geo"
	"hetu/geo/demarc"
	"hetu/geo/duty"
	"hetu/geo/lref"
)

// Line is an announced line that stands beside a route.
type Line struct {
	ID      int64
	Bank    geo.Bank
	FromM   *float64 // nil: it is told by its ends
	ToM     *float64
	Geom    *geom.LineString
	Project int64 // 0: it was imported
}

// Rest is what is left of a line beside what is announced anew.
type Rest struct {
	FromM, ToM float64
	Geom       *geom.LineString // XY, downstream
}

// RangeOn gives the range of a route that a line takes.
func (l Line) RangeOn(route *geom.LineString) duty.Range {
	if l.FromM != nil && l.ToM != nil {
		return duty.Range{FromM: *l.FromM, ToM: *l.ToM}
	}
	flat, n := l.Geom.FlatCoords(), l.Geom.Stride()
	a := lref.Project(route, flat[0], flat[1]).MeasureM
	b := lref.Project(route, flat[len(flat)-n], flat[len(flat)-n+1]).MeasureM
	return duty.Range{FromM: min(a, b), ToM: max(a, b)}
}

// Taken gives what pieces take of a bank.
func Taken(pieces []demarc.Piece, bank geo.Bank) duty.Ranges {
	var out []duty.Range
	for _, p := range pieces {
		if p.Bank == bank {
			out = append(out, duty.Range{FromM: p.FromM, ToM: p.ToM})
		}
	}
	return duty.Union(out...)
}

// Beside tells whether a line has to give way to what is taken, and what of it is left: nothing where all of it is taken. It is cut where
// it passes the measures at which what is taken ends.
func Beside(route *geom.LineString, l Line, taken duty.Ranges) (givesWay bool, rests []Rest, err error) {
	all := l.RangeOn(route)
	if len(duty.Union(all).And(taken).Over(meetWithinM)) == 0 {
		return false, nil, nil
	}
	for _, r := range duty.Union(all).Minus(taken).Over(meetWithinM) {
		part, err := lref.BankBetween(route, l.Geom, r.FromM, r.ToM)
		if err != nil && geo.CodeOf(err) == geo.CodeNotFound {
			continue // the line claims that range, and no part of it lies there
		}
		if err != nil {
			return false, nil, geo.Wrapf(err, geo.CodeConflict, "what is left of the boundary %d, %s to %s, cannot be cut off: let the project take all of it", l.ID, lref.Label(r.FromM), lref.Label(r.ToM))
		}
		rests = append(rests, Rest{r.FromM, r.ToM, Round9(part)})
	}
	return true, rests, nil
}
