package gate

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/twpayne/go-geom"

	"hetu/geo"
	"hetu/geo/demarc"
	"hetu/geo/duty"
	"hetu/geo/lref"
)

// InForce is an announced line beside a route, for the days that it is in force.
type InForce struct {
	demarc.Piece
	Project  int64 // that announced it; 0: it was imported
	Document int64 // by which it was announced
	Valid    geo.Period
}

// Section 区段 is a range of a route at which lines of both banks are in force, so that they enclose a part of the management area. Where one project's
// lines end on both banks and another's begin at the very places, one section ends and the next begins: both have the way across as their edge.
type Section struct {
	FromM, ToM float64
	Of         []int // the lines, by their place in the list
}

// Sections gives the sections of the lines that are in force on one day, by measure. Lines that are not are left out.
func Sections(lines []InForce, day geo.Date) []Section {
	sides := map[geo.Bank]*flank{}
	for _, bank := range []geo.Bank{geo.Left, geo.Right} {
		sides[bank] = flankOf(lines, bank, day)
	}
	left, right := sides[geo.Left], sides[geo.Right]
	var out []Section
	for _, both := range left.ranges.And(right.ranges).Over(2 * meetM) {
		from := both.FromM
		for _, m := range left.turns {
			if m > from+2*meetM && m < both.ToM-2*meetM && right.turnsAt(m) {
				out = append(out, Section{FromM: from, ToM: m})
				from = m
			}
		}
		out = append(out, Section{FromM: from, ToM: both.ToM})
	}
	for i := range out {
		for _, f := range sides {
			for _, k := range f.of {
				if min(lines[k].ToM, out[i].ToM)-max(lines[k].FromM, out[i].FromM) > 2*meetM {
					out[i].Of = append(out[i].Of, k)
				}
			}
		}
		slices.Sort(out[i].Of)
	}
	return out
}

// flank is one bank's lines on a day.
type flank struct {
	of     []int       // by measure
	ranges duty.Ranges // without gaps of a centimetre
	turns  []float64   // where one project's line meets the next one's, ascending
}

func flankOf(lines []InForce, bank geo.Bank, day geo.Date) *flank {
	f := &flank{}
	var ranges []duty.Range
	for i, l := range lines {
		if l.Bank == bank && l.Valid.Contains(day) {
			f.of = append(f.of, i)
			ranges = append(ranges, duty.Range{FromM: l.FromM - meetM/2, ToM: l.ToM + meetM/2})
		}
	}
	slices.SortStableFunc(f.of, func(a, b int) int { return cmp.Compare(lines[a].FromM, lines[b].FromM) })
	for _, r := range duty.Union(ranges...) {
		f.ranges = append(f.ranges, duty.Range{FromM: r.FromM + meetM/2, ToM: r.ToM - meetM/2})
	}
	for k := 1; k < len(f.of); k++ {
		if p, q := lines[f.of[k-1]], lines[f.of[k]]; p.Project != q.Project && p.ToM-q.FromM < meetM && q.FromM-p.ToM < meetM && touching(p.Line, q.Line) {
			f.turns = append(f.turns, q.FromM)
		}
	}
	return f
}

func (f *flank) turnsAt(m float64) bool {
	return slices.ContainsFunc(f.turns, func(t float64) bool { return t-m < meetM && m-t < meetM })
}

// touching tells whether one of two lines, which run downstream, ends where the other begins.
func touching(a, b *geom.LineString) bool {
	near := func(p, q []float64) bool { return lref.Distance(p[0], p[1], q[0], q[1]) <= sameM }
	return near(last(a), first(b)) || near(last(b), first(a))
}

// LinesOf gives the lines of a section, each cut to what of it lies in it, with what joins them.
func LinesOf(route *geom.LineString, lines []InForce, s Section) (demarc.Lines, error) {
	var out demarc.Lines
	for _, k := range s.Of {
		p := lines[k].Piece
		if p.FromM < s.FromM-2*meetM || p.ToM > s.ToM+2*meetM {
			part, err := lref.BankBetween(route, p.Line, max(p.FromM, s.FromM), min(p.ToM, s.ToM))
			if err != nil {
				return out, geo.Wrapf(err, geo.CodeConflict, "the %s line from %s to %s cannot be cut at the ends of the area that it encloses: %v", p.Bank, lref.Label(p.FromM), lref.Label(p.ToM), err)
			}
			p.FromM, p.ToM, p.Line = max(p.FromM, s.FromM), min(p.ToM, s.ToM), part
		}
		out.Pieces = append(out.Pieces, p)
	}
	return Connected(out, route), nil
}

// Same names what a section is made of, so that it is derived once for all the days that it stays so.
func (s Section) Same() string { return fmt.Sprint(s.FromM, s.ToM, s.Of) }
