package rules

import (
	"math"
	"slices"

	"github.com/twpayne/go-geom"

	"hetu/geo"
	"hetu/geo/demarc"
)

// What a segment of a path belongs to, where it is no piece.
const (
	ofConnector = -1
	ofGap       = -2
)

// path is a bank's boundary from the upper end of the stretch to the lower: its pieces, with the connectors along the bank.
type path struct {
	bank geo.Bank
	line
	owner  []int     // of each segment: the index of its piece, ofConnector or ofGap
	length []float64 // metres from the upper end to each vertex
	tree   *tree
	gaps   []gap
	first  int // pieces that it begins and ends with; -1 without any
	last   int
	used   map[int]bool // connectors that it goes along
}

// gap is where a bank's line does not go on.
type gap struct {
	at            int // the vertex before it
	before, after int // pieces
}

// pathOf joins the pieces of a bank.
func (p *Prepared) pathOf(bank geo.Bank) *path {
	out := &path{bank: bank, first: -1, last: -1, used: map[int]bool{}}
	for i, piece := range p.Lines.Pieces {
		if piece.Bank != bank || p.pieces[i].count() < 2 {
			continue
		}
		if out.first < 0 {
			out.first = i
		} else {
			p.join(out, i)
		}
		out.append(p.pieces[i], i)
		out.last = i
	}
	out.length = make([]float64, out.count())
	for i := 1; i < out.count(); i++ {
		out.length[i] = out.length[i-1] + math.Hypot(out.xy[2*i]-out.xy[2*i-2], out.xy[2*i+1]-out.xy[2*i-1])
	}
	out.tree = treeOf(out.xy)
	return out
}

// append goes on along a line.
func (t *path) append(l *line, owner int) {
	t.flat, t.xy = slices.Grow(t.flat, len(l.flat)), slices.Grow(t.xy, len(l.xy))
	t.q, t.owner = slices.Grow(t.q, len(l.q)), slices.Grow(t.owner, len(l.q))
	for i := range l.count() {
		if n := t.count(); n > 0 {
			if i == 0 && math.Hypot(l.xy[0]-t.xy[2*n-2], l.xy[1]-t.xy[2*n-1]) <= duplicateM {
				continue
			}
			if i == 0 {
				t.owner = append(t.owner, ofGap)
			} else {
				t.owner = append(t.owner, owner)
			}
		}
		t.flat, t.xy, t.q = append(t.flat, l.flat[2*i], l.flat[2*i+1]), append(t.xy, l.xy[2*i], l.xy[2*i+1]), append(t.q, l.q[i])
	}
}

// join goes along connectors to the next piece, as far as there are any.
func (p *Prepared) join(t *path, next int) {
	for range len(p.connectors) {
		n := t.count()
		x, y := t.xy[2*n-2], t.xy[2*n-1]
		if p.pieces[next].near(0, x, y) {
			return
		}
		c := p.connectorFrom(t, x, y)
		if c < 0 {
			break
		}
		t.used[c] = true
		t.append(p.connectors[c], ofConnector)
	}
	n := t.count()
	if !p.pieces[next].near(0, t.xy[2*n-2], t.xy[2*n-1]) {
		t.gaps = append(t.gaps, gap{n - 1, t.last, next})
	}
}

func (p *Prepared) connectorFrom(t *path, x, y float64) int {
	for i, c := range p.Lines.Connectors {
		if c.Bank == t.bank && !t.used[i] && p.connectors[i].count() > 1 && p.connectors[i].near(0, x, y) {
			return i
		}
	}
	return -1
}

// near tells whether a vertex lies at a position.
func (l *line) near(i int, x, y float64) bool {
	return math.Hypot(l.xy[2*i]-x, l.xy[2*i+1]-y) <= duplicateM
}

// piece gives that of a segment; false where it belongs to none.
func (p *Prepared) piece(t *path, seg int) (demarc.Piece, bool) {
	if seg < 0 || seg >= len(t.owner) || t.owner[seg] < 0 {
		return demarc.Piece{}, false
	}
	return p.Lines.Pieces[t.owner[seg]], true
}

// span gives the range of measures of vertices i to j.
func (p *Prepared) span(q []float64, i, j int) (fromM, toM float64) {
	fromM, toM = math.Inf(1), math.Inf(-1)
	for k := max(i, 0); k <= min(j, len(q)-1); k++ {
		m := p.route.measure(q[k])
		fromM, toM = min(fromM, m), max(toM, m)
	}
	return fromM, toM
}

// point gives a place in degrees.
func (g *ground) point(x, y float64) geom.T {
	lon, lat := g.plane.From(x, y)
	return geom.NewPointFlat(geom.XY, []float64{lon, lat})
}

// placeOf gives vertices i to j of a line in degrees, the first placeM of it; a point, where there is one.
func placeOf(l *line, i, j int) geom.T {
	i, j = max(i, 0), min(j, l.count()-1)
	out := []float64{l.flat[2*i], l.flat[2*i+1]}
	long := 0.0
	for k := i + 1; k <= j; k++ {
		d := math.Hypot(l.xy[2*k]-l.xy[2*k-2], l.xy[2*k+1]-l.xy[2*k-1])
		if long+d > placeM {
			t := (placeM - long) / d
			return geom.NewLineStringFlat(geom.XY, append(out, l.flat[2*k-2]+(l.flat[2*k]-l.flat[2*k-2])*t, l.flat[2*k-1]+(l.flat[2*k+1]-l.flat[2*k-1])*t))
		}
		long += d
		out = append(out, l.flat[2*k], l.flat[2*k+1])
	}
	if len(out) == 2 {
		return geom.NewPointFlat(geom.XY, out)
	}
	return geom.NewLineStringFlat(geom.XY, out)
}
