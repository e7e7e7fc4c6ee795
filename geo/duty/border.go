package duty

import (
	"cmp"
	"math"
	"slices"

	"github.com/twpayne/go-geom"

	"hetu/geo"
)

// Piece is a part of a route that lies in a division, by a reach or, where Reach is nil, by the division's outline.
type Piece struct {
	Range
	Division Division
	Reach    *Reach
}

// Border is where a route passes from one division into another (交界断面位置).
type Border struct {
	RouteID    int64
	MeasureM   float64 // where the piece of the lower measures ends
	Bank       geo.Bank
	Low, High  Piece // towards the lower measures and towards the higher
	GapM       float64
	OverlapM   float64
	ByReaches  bool
	ByOutlines bool
	OutlineM   float64 // where the outlines have it, with ByOutlines
	Against    bool    // the outlines alone have it, where reaches of the level run on in one division: it is told, and nothing stops there
}

// BorderStretch is a part of a route with one division on its left bank and another on its right (界河段). Found by outlines
// it is not known which is on which side.
type BorderStretch struct {
	RouteID   int64
	Range     Range
	Left      Piece
	Right     Piece
	ByReaches bool
}

const (
	borderSlackM = 0.01 // what measures are stored to
	sameBorderM  = 1.0  // how far apart the borders of two banks may be and be one
	nearBorderM  = 2000 // how far off its outlines a border of reaches is looked for
)

// PiecesOf cuts the reaches of one route into the divisions of a level, for one bank: of overlapping reaches of several levels the
// one nearest the level counts, none above it. The pieces are in order of measure.
func PiecesOf(reaches []Reach, divisions []Division, level geo.Level, bank geo.Bank) []Piece {
	up := ancestors(divisions)
	var out []Piece
	var covered Ranges
	for at := level; at <= geo.Grid; at++ {
		var here []Range
		for i := range reaches {
			r := &reaches[i]
			d, ok := up.at(r.DivisionID, level)
			if r.Level != at || r.BankScope != geo.Both && r.BankScope != bank || !ok {
				continue
			}
			own := Range{r.FromM, r.ToM}
			here = append(here, own)
			for _, part := range (Ranges{own}).Minus(covered).Over(borderSlackM) {
				out = append(out, Piece{part, d, r})
			}
		}
		covered = Union(append(here, covered...)...)
	}
	slices.SortStableFunc(out, comparePieces)
	return out
}

func comparePieces(a, b Piece) int {
	return cmp.Or(cmp.Compare(a.FromM, b.FromM), cmp.Compare(a.ToM, b.ToM), cmp.Compare(a.Division.ID, b.Division.ID))
}

type ancestry map[int64]Division

func ancestors(divisions []Division) ancestry {
	out := make(ancestry, len(divisions))
	for _, d := range divisions {
		out[d.ID] = d
	}
	return out
}

// at gives the division of a level that a division lies in, itself or one above it.
func (a ancestry) at(id int64, level geo.Level) (Division, bool) {
	for range geo.Grid {
		d, ok := a[id]
		if !ok || d.Level < level {
			return Division{}, false
		}
		if d.Level == level {
			return d, true
		}
		if d.ParentID == nil {
			return Division{}, false
		}
		id = *d.ParentID
	}
	return Division{}, false
}

// bordersOf gives the borders between pieces in order of measure: each is between the piece that has reached farthest and the next that
// reaches farther still. One that lies within another is passed by without a border, whatever its division, and a gap within one
// division is none either.
func bordersOf(route int64, bank geo.Bank, pieces []Piece) []Border {
	var out []Border
	for i, low := 1, 0; i < len(pieces); i++ {
		a, b := pieces[low], pieces[i]
		if b.ToM <= a.ToM+borderSlackM {
			continue
		}
		low = i
		if a.Division.ID == b.Division.ID {
			continue
		}
		out = append(out, Border{RouteID: route, MeasureM: a.ToM, Bank: bank, Low: a, High: b, GapM: over(b.FromM - a.ToM), OverlapM: over(a.ToM - b.FromM)})
	}
	return out
}

func over(m float64) float64 {
	if m <= borderSlackM {
		return 0
	}
	return m
}

// Borders gives the borders of a level that one route passes, by its reaches: in order of measure.
func Borders(route int64, reaches []Reach, divisions []Division, level geo.Level) []Border {
	left := bordersOf(route, geo.Left, PiecesOf(reaches, divisions, level, geo.Left))
	right := bordersOf(route, geo.Right, PiecesOf(reaches, divisions, level, geo.Right))
	out := make([]Border, 0, len(left)+len(right))
	for _, b := range left {
		i := slices.IndexFunc(right, func(o Border) bool {
			return math.Abs(o.MeasureM-b.MeasureM) <= sameBorderM && o.Low.Division.ID == b.Low.Division.ID && o.High.Division.ID == b.High.Division.ID
		})
		if i >= 0 {
			b.Bank = geo.Both
			b.GapM, b.OverlapM = max(b.GapM, right[i].GapM), max(b.OverlapM, right[i].OverlapM)
			right = slices.Delete(right, i, i+1)
		}
		out = append(out, b)
	}
	out = append(out, right...)
	for i := range out {
		out[i].ByReaches = true
	}
	sortBorders(out)
	return out
}

func sortBorders(list []Border) {
	slices.SortStableFunc(list, func(a, b Border) int {
		return cmp.Or(cmp.Compare(a.RouteID, b.RouteID), cmp.Compare(a.MeasureM, b.MeasureM), cmp.Compare(a.Bank, b.Bank), cmp.Compare(a.Low.Division.ID, b.Low.Division.ID))
	})
}

// OutlineBorders gives the borders that one route passes by the outlines of divisions, and the stretches along which it is the
// border of two. pieces are what lies in each of them.
func OutlineBorders(route int64, pieces []Piece) ([]Border, []BorderStretch) {
	pieces = ungrazed(pieces)
	var along []BorderStretch
	for i, a := range pieces {
		for _, b := range pieces[i+1:] {
			from, to := max(a.FromM, b.FromM), min(a.ToM, b.ToM)
			if a.Division.ID != b.Division.ID && to-from > sameBorderM {
				along = append(along, BorderStretch{RouteID: route, Range: Range{from, to}, Left: a, Right: b})
			}
		}
	}
	var borders []Border
	for _, b := range bordersOf(route, geo.Both, pieces) {
		if b.OverlapM > sameBorderM {
			continue // it is the border there, it does not cross it
		}
		b.MeasureM = math.Round(b.MeasureM*1000) / 1000
		b.ByOutlines, b.OutlineM, b.OverlapM = true, b.MeasureM, 0
		// A gap is kept: between the two lies a division whose outline is not stored. What is shorter is a sliver between outlines.
		if b.GapM = math.Round(b.GapM*1000) / 1000; b.GapM <= sameBorderM {
			b.GapM = 0
		}
		borders = append(borders, b)
	}
	return borders, along
}

// ungrazed makes one of the pieces of a division that touch: an outline that only grazes a route makes no border.
func ungrazed(pieces []Piece) []Piece {
	byDivision := map[int64][]Range{}
	of := map[int64]Division{}
	for _, p := range pieces {
		byDivision[p.Division.ID] = append(byDivision[p.Division.ID], Range{p.FromM - sameBorderM/2, p.ToM + sameBorderM/2})
		of[p.Division.ID] = p.Division
	}
	var out []Piece
	for id, ranges := range byDivision {
		for _, r := range Union(ranges...) {
			if r = (Range{r.FromM + sameBorderM/2, r.ToM - sameBorderM/2}); r.LengthM() > sameBorderM {
				out = append(out, Piece{Range: r, Division: of[id]})
			}
		}
	}
	slices.SortFunc(out, comparePieces)
	return out
}

// Crossings gives the borders of a level that one route passes, in order of measure, and the stretches along which it is the border of
// two divisions: by its reaches where they are of the level, by the outlines of the divisions elsewhere. A reach of another level says
// nothing of it. line may be nil where there are no outlines.
func Crossings(route int64, line *geom.LineString, reaches []Reach, divisions []Division, level geo.Level, outlines []Outline) ([]Border, []BorderStretch) {
	borders := Borders(route, reaches, divisions, level)
	stretches := BorderStretches(route, reaches, divisions, level)
	if line == nil || len(outlines) == 0 {
		return borders, stretches
	}
	left, right := PiecesOf(reaches, divisions, level, geo.Left), PiecesOf(reaches, divisions, level, geo.Right)
	held := rangesOf(left).And(rangesOf(right)) // by reaches of the level, on both banks
	inOutlines := InOutlines(route, line, outlines)
	byOutlines, along := OutlineBorders(route, inOutlines)
	if len(held) > 0 {
		borders = append(borders, seams(route, append(left, right...), ungrazed(inOutlines), Range{held[0].FromM, held[len(held)-1].ToM})...)
	}
	borders = Matched(borders, byOutlines)
	for i := range borders {
		b := &borders[i]
		b.Against = !b.ByReaches && slices.ContainsFunc(held, func(r Range) bool { return b.MeasureM > r.FromM+borderSlackM && b.MeasureM < r.ToM-borderSlackM })
	}
	for _, s := range along {
		for _, part := range (Ranges{s.Range}).Minus(held).Over(sameBorderM) {
			s.Range = part
			stretches = append(stretches, s)
		}
	}
	slices.SortStableFunc(stretches, func(a, b BorderStretch) int { return cmp.Compare(a.Range.FromM, b.Range.FromM) })
	return borders, stretches
}

func rangesOf(pieces []Piece) Ranges {
	out := make([]Range, len(pieces))
	for i, p := range pieces {
		out[i] = p.Range
	}
	return Union(out...)
}

// seams gives the borders where the reaches of a level begin and end on a route and the outlines go on with another division: so it is
// where one county has its reaches stored and the next has not.
func seams(route int64, byReaches, inOutlines []Piece, held Range) []Border {
	var out []Border
	near := func(a, b float64) bool { return math.Abs(a-b) <= sameBorderM }
	for _, high := range []bool{false, true} {
		m := held.FromM
		if high {
			m = held.ToM
		}
		i := slices.IndexFunc(byReaches, func(p Piece) bool { return high && near(p.ToM, m) || !high && near(p.FromM, m) })
		beyond := func(p Piece) bool {
			return high && p.FromM < m+sameBorderM && p.ToM > m+sameBorderM || !high && p.ToM > m-sameBorderM && p.FromM < m-sameBorderM
		}
		of := slices.IndexFunc(inOutlines, beyond)
		if i < 0 || of < 0 || slices.ContainsFunc(inOutlines, func(p Piece) bool { return beyond(p) && p.Division.ID == byReaches[i].Division.ID }) {
			continue
		}
		b := Border{RouteID: route, MeasureM: m, Bank: geo.Both, Low: inOutlines[of], High: byReaches[i], ByReaches: true}
		if high {
			b.Low, b.High = b.High, b.Low
		}
		out = append(out, b)
	}
	return out
}

// Matched puts the borders by reaches and those by outlines together: two of one pair of divisions that lie close are one.
func Matched(byReaches, byOutlines []Border) []Border {
	out := slices.Clone(byReaches)
	for _, o := range byOutlines {
		best, at := float64(nearBorderM), -1
		for i, b := range out {
			same := b.RouteID == o.RouteID && b.Low.Division.ID == o.Low.Division.ID && b.High.Division.ID == o.High.Division.ID
			if d := math.Abs(b.MeasureM - o.MeasureM); same && !b.ByOutlines && d < best {
				best, at = d, i
			}
		}
		if at >= 0 {
			out[at].ByOutlines, out[at].OutlineM = true, o.OutlineM
			continue
		}
		out = append(out, o)
	}
	sortBorders(out)
	return out
}

// BorderStretches gives the parts of one route whose two banks lie in two divisions, by its reaches.
func BorderStretches(route int64, reaches []Reach, divisions []Division, level geo.Level) []BorderStretch {
	var out []BorderStretch
	right := PiecesOf(reaches, divisions, level, geo.Right)
	for _, l := range PiecesOf(reaches, divisions, level, geo.Left) {
		for _, r := range right {
			from, to := max(l.FromM, r.FromM), min(l.ToM, r.ToM)
			if l.Division.ID != r.Division.ID && to-from > borderSlackM {
				out = append(out, BorderStretch{RouteID: route, Range: Range{from, to}, Left: l, Right: r, ByReaches: true})
			}
		}
	}
	return out
}
