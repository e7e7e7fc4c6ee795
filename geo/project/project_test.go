package project_test

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/twpayne/go-geom"
	"pgregory.net/rapid"

	"hetu/geo"
	"hetu/geo/demarc"
	"hetu/geo/lref"
	"hetu/geo/project"
)

func straight(flat ...float64) *geom.LineString { return geom.NewLineStringFlat(geom.XY, flat) }

func piece(bank geo.Bank, from, to float64) demarc.Piece {
	return demarc.Piece{Bank: bank, FromM: from, ToM: to, Basis: demarc.NaturalBank, Line: straight(106.5-to*1e-5, 26.6, 106.5-from*1e-5, 26.6)}
}

// Whatever is committed where, in the end each place of a bank holds what the last commit that touched it put there, no two pieces overlap, and
// what is not touched stays the same piece.
func TestApplyIsTheLastWord(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var standing []project.Piece
		place := map[geo.Bank]*[100]int{geo.Left: {}, geo.Right: {}} // by ten metres: the number of the commit that put a piece there; 0 none
		next := 1
		for n := range rapid.IntRange(1, 12).Draw(t, "commits") {
			bank := rapid.SampledFrom([]geo.Bank{geo.Left, geo.Right}).Draw(t, "bank")
			from := rapid.IntRange(0, 98).Draw(t, "from")
			to := rapid.IntRange(from+1, 99).Draw(t, "to")
			c := project.Commit{Changes: []project.Change{{Range: project.Range{Bank: bank, FromM: float64(from) * 10, ToM: float64(to) * 10}}}}
			drawn := rapid.SliceOfN(rapid.IntRange(from, to), 0, 3).Draw(t, "cuts")
			drawn = append(drawn, from, to)
			slices.Sort(drawn)
			drawn = slices.Compact(drawn)
			empty := rapid.Bool().Draw(t, "empty")
			for i := 1; i < len(drawn) && !empty; i++ {
				p := piece(bank, float64(drawn[i-1])*10, float64(drawn[i])*10)
				p.WidthM = float64(n + 1)
				c.Changes[0].Pieces = append(c.Changes[0].Pieces, p)
			}
			a, err := c.Apply(standing)
			if err != nil {
				if !slices.ContainsFunc(standing, func(s project.Piece) bool {
					return s.Bank == bank && s.FromM < float64(to)*10 && s.ToM > float64(from)*10 && (s.FromM < float64(from)*10 || s.ToM > float64(to)*10)
				}) {
					t.Fatalf("refused, and no piece lies partly in it: %v", err)
				}
				continue
			}
			for m := from; m < to; m++ {
				place[bank][m] = n + 1
				if empty {
					place[bank][m] = 0
				}
			}
			standing = slices.DeleteFunc(standing, func(s project.Piece) bool {
				return slices.ContainsFunc(slices.Concat(a.Gone, a.Put), func(g project.Piece) bool { return g.ID == s.ID })
			})
			for _, p := range a.Put {
				if p.ID == 0 {
					p.ID = int64(next)
					next++
				}
				standing = append(standing, p)
			}
		}
		for bank, want := range place {
			var got [100]int
			for _, s := range standing {
				for m := int(s.FromM / 10); s.Bank == bank && m < int(s.ToM/10); m++ {
					if got[m] != 0 {
						t.Fatalf("%s %d0: two pieces", bank, m)
					}
					got[m] = int(s.WidthM)
				}
			}
			if d := cmp.Diff(*want, got); d != "" {
				t.Fatalf("%s: %s", bank, d)
			}
		}
	})
}

// What an announced line loses and what is left of it are all of it.
func TestBesideIsAllOfTheLine(t *testing.T) {
	t.Parallel()
	route := lref.Measured(straight(106.40, 26.60, 106.45, 26.605, 106.50, 26.60), "mouth")
	length := route.FlatCoords()[2]
	whole := straight(106.40, 26.601, 106.45, 26.606, 106.50, 26.601)
	rapid.Check(t, func(t *rapid.T) {
		from := rapid.Float64Range(300, length-500).Draw(t, "from")
		to := rapid.Float64Range(from+100, length-300).Draw(t, "to")
		l := project.Line{ID: 1, Bank: geo.Left, Geom: whole}
		if rapid.Bool().Draw(t, "measured") {
			a, b := 0.0, length
			l.FromM, l.ToM = &a, &b
		}
		taken := project.Taken([]demarc.Piece{piece(geo.Left, from, to), piece(geo.Right, 0, length)}, geo.Left)
		gives, rests, err := project.Beside(route, l, taken)
		if err != nil || !gives {
			t.Fatalf("%v %v", gives, err)
		}
		all := l.RangeOn(route)
		left, metres := 0.0, 0.0
		for _, r := range rests {
			left += r.ToM - r.FromM
			metres += lref.Length(r.Geom)
			if r.FromM < to-0.02 && r.ToM > from+0.02 {
				t.Fatalf("%v lies in what was taken", r)
			}
		}
		if want := all.LengthM() - (math.Min(to, all.ToM) - math.Max(from, all.FromM)); math.Abs(left-want) > 0.05 {
			t.Fatalf("%f metres are left, want %f", left, want)
		}
		if math.Abs(metres-left) > 250+left*0.01 { // the line runs a hundred metres beside the route, and ends as far before the route does
			t.Fatalf("what is left is %f m long, over %f of measure", metres, left)
		}
	})
	if gives, _, err := project.Beside(route, project.Line{Bank: geo.Left, Geom: whole}, project.Taken([]demarc.Piece{piece(geo.Right, 0, length)}, geo.Left)); gives || err != nil {
		t.Errorf("a line of the other bank gives way: %v", err)
	}
}

// Equal content has one hash, whatever the last digits of a position say; any other has another.
func TestHashOfAPiece(t *testing.T) {
	t.Parallel()
	a := piece(geo.Left, 0, 100)
	b := a
	b.Line = straight(106.5-100*1e-5+1e-12, 26.6, 106.5, 26.6)
	if project.PieceSHA256(a) != project.PieceSHA256(b) {
		t.Error("a trillionth of a degree changes the hash")
	}
	for name, other := range map[string]demarc.Piece{
		"bank": piece(geo.Right, 0, 100), "range": func() demarc.Piece { p := a; p.ToM = 100.001; return p }(),
		"width": func() demarc.Piece { p := a; p.WidthM = 10; return p }(), "basis": func() demarc.Piece { p := a; p.Basis = demarc.Planned; return p }(),
		"line": func() demarc.Piece { p := a; p.Line = straight(106.499, 26.600000001, 106.5, 26.6); return p }(),
	} {
		if project.PieceSHA256(a) == project.PieceSHA256(other) {
			t.Errorf("another %s has the same hash", name)
		}
	}
}

// A commit that cannot go in is refused at the member that is at fault.
func TestCommitIsChecked(t *testing.T) {
	t.Parallel()
	p := project.Project{FromM: 0, ToM: 1000}
	one := func(change func(*project.Change)) project.Commit {
		ch := project.Change{Range: project.Range{Bank: geo.Left, FromM: 0, ToM: 100}, Pieces: []demarc.Piece{piece(geo.Left, 0, 100)}}
		change(&ch)
		return project.Commit{Changes: []project.Change{ch}}
	}
	many := make([]float64, 2*(project.MaxPieceVertices+1))
	for i := range many {
		many[i] = 100 - float64(i%2)*74
	}
	tests := map[string]struct {
		c    project.Commit
		want string
	}{
		"nothing":           {project.Commit{}, "/changes"},
		"no bank":           {one(func(c *project.Change) { c.Bank = geo.Both }), "/changes/0/bank"},
		"reversed":          {one(func(c *project.Change) { c.FromM = 100 }), "/changes/0/from_m"},
		"not a number":      {one(func(c *project.Change) { c.FromM = math.NaN() }), "/changes/0/from_m"},
		"beyond":            {one(func(c *project.Change) { c.ToM = 1001 }), "/changes/0/from_m"},
		"outside its range": {one(func(c *project.Change) { c.Pieces[0].ToM = 200 }), "/changes/0/pieces/0/from_m"},
		"unknown basis":     {one(func(c *project.Change) { c.Pieces[0].Basis = "x" }), "/changes/0/pieces/0/basis"},
		"width":             {one(func(c *project.Change) { c.Pieces[0].WidthM = math.Inf(1) }), "/changes/0/pieces/0/width_m"},
		"no line":           {one(func(c *project.Change) { c.Pieces[0].Line = nil }), "/changes/0/pieces/0/geometry"},
		"one place":         {one(func(c *project.Change) { c.Pieces[0].Line = straight(106, 26, 106, 26) }), "/changes/0/pieces/0/geometry"},
		"outside":           {one(func(c *project.Change) { c.Pieces[0].Line = straight(106, 26, 26, 106) }), "/changes/0/pieces/0/geometry/coordinates/1"},
		"many vertices":     {one(func(c *project.Change) { c.Pieces[0].Line = straight(many...) }), "/changes/0/pieces/0/geometry"},
		"pieces overlap":    {one(func(c *project.Change) { c.Pieces = append(c.Pieces, piece(geo.Left, 50, 60)) }), "/changes/0/pieces/1"},
		"ranges overlap": {project.Commit{Changes: []project.Change{
			{Range: project.Range{Bank: geo.Left, FromM: 0, ToM: 100}}, {Range: project.Range{Bank: geo.Left, FromM: 50, ToM: 150}},
		}}, "/changes/1"},
	}
	for name, tt := range tests {
		err := tt.c.Check(p, geo.China())
		e, ok := err.(*geo.Error) //nolint:errorlint // the error itself is looked at
		if !ok || e.Code != geo.CodeRefused || len(e.Fields) != 1 || e.Fields[0].Name != tt.want {
			t.Errorf("%s: %v, want %s", name, err, tt.want)
		}
	}
	if err := one(func(*project.Change) {}).Check(p, geo.China()); err != nil {
		t.Errorf("a good one: %v", err)
	}
}

// What only a draft has is not said to be mended by what cannot be done.
func TestRemediesArePossible(t *testing.T) {
	t.Parallel()
	for _, s := range project.Statuses() {
		if possible, said := slices.Contains(project.Next(s), project.Draft), strings.Contains(project.Remedy(s), "make it a draft again"); possible != said {
			t.Errorf("%s becomes %v: %s", s, project.Next(s), project.Remedy(s))
		}
	}
}
