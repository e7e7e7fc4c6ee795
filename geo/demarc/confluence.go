package demarc

import (
	"math"
	"slices"

	"github.com/twpayne/go-geom"

	"hetu/geo"
	"hetu/geo/lref"
)

// Confluence joins the lines of a tributary to those of the river that it flows into (A6). The tributary's lines stop where they first meet a
// line of the main river; between those two places the main river's line is taken out, for the mouth is open, and one connector goes
// straight across it. It belongs to the areas only, and both have it. mainRoute and route are XYM.
//
// Errors are of geo.CodeInvalid: a line of the tributary that does not reach the main river's, or lines that reach different banks.
func Confluence(main Lines, mainRoute *geom.LineString, tributary Lines, route *geom.LineString) (river, joining Lines, err error) {
	for _, l := range []Lines{main, tributary} {
		if err := l.drawn(); err != nil {
			return main, tributary, err
		}
	}
	left, err := mouthEnd(main, tributary, geo.Left)
	if err != nil {
		return main, tributary, err
	}
	right, err := mouthEnd(main, tributary, geo.Right)
	if err != nil {
		return main, tributary, err
	}
	if main.Pieces[left.main].Bank != main.Pieces[right.main].Bank {
		return main, tributary, geo.InvalidField("pieces", "the two lines of the tributary reach different banks of the main river: draw them to its mouth")
	}
	joining = Lines{Connectors: slices.DeleteFunc(slices.Clone(tributary.Connectors), func(c Connector) bool {
		return c.Kind == AtEnd && lowest(route, c.AtM) || c.Kind == AtMouth
	})}
	finder := lref.NewFinder(route)
	for _, end := range []mouth{left, right} {
		joining.Pieces = append(joining.Pieces, stopped(tributary, end, finder, Rises(route))...)
	}
	joining.Connectors = append(joining.Connectors, mouthConnector(left.at, right.at, geo.Both, downEnd(route)))
	return opened(main, mainRoute, left, right), joining, nil
}

// lowest tells whether a measure is that of the lower end of a route.
func lowest(route *geom.LineString, m float64) bool { return math.Abs(m-downEnd(route)) < 1 }

func downEnd(route *geom.LineString) float64 { flat := route.FlatCoords(); return flat[len(flat)-1] }

func mouthConnector(a, b xy, bank geo.Bank, m float64) Connector {
	line := lineOf([]xy{a, b})
	return Connector{Kind: AtMouth, Bank: bank, AtM: m, LengthM: lref.Length(line), Line: line}
}

// mouth is where a line of a tributary meets one of the main river.
type mouth struct {
	at          xy // degrees
	piece, main int
	own, other  spot // on the piece, and on the main river's
}

// mouthEnd finds the first place, on the way downstream, where a tributary's bank meets a line of the main river.
func mouthEnd(main, tributary Lines, bank geo.Bank) (mouth, error) {
	for i, p := range tributary.Pieces {
		if p.Bank != bank {
			continue
		}
		plane, line := NewPlane(p.Line), degrees(p.Line)
		line = append(line, drawnOn(plane, line))
		best, found := mouth{piece: i, own: spot{i: len(line)}}, false
		for k, q := range main.Pieces {
			other := degrees(q.Line)
			own, theirs, ok := firstMeeting(flatIn(plane, line), flatIn(plane, other))
			if !ok || !own.before(best.own) {
				continue
			}
			at := line[own.i].toward(line[own.i+1], own.t)
			at = xy{ninth(at.x), ninth(at.y)}
			own.at, theirs.at = at, at
			best, found = mouth{at: at, piece: i, main: k, own: own, other: theirs}, true
		}
		if found {
			return best, nil
		}
	}
	return mouth{}, geo.InvalidField("pieces", "the %s line of the tributary does not reach the main river's boundary: draw it on to the mouth", bank)
}

// touchM is how far before a line two others may end that meet it: the tolerance of edges that match.
const touchM = 0.1

// drawnOn is where a line would be, were it drawn on straight by [touchM]: one that ends on another meets it, whatever rounding says.
func drawnOn(plane Plane, line []xy) xy {
	last := xyOf(plane, line[len(line)-1])
	for i := len(line) - 2; i >= 0; i-- {
		if before := xyOf(plane, line[i]); before.to(last) > touchM {
			p := last.plus(last.minus(before).unit().times(touchM))
			lon, lat := plane.From(p.x, p.y)
			return xy{lon, lat}
		}
	}
	return line[len(line)-1]
}

// flatIn gives positions in a plane, vertex by vertex.
func flatIn(plane Plane, at []xy) []xy {
	out := make([]xy, len(at))
	for i, p := range at {
		out[i] = xyOf(plane, p)
	}
	return out
}

// firstMeeting finds where a line first meets another.
func firstMeeting(line, other []xy) (own, theirs spot, ok bool) {
	g := gridOf(other, 10)
	for s := 1; s < len(line) && !ok; s++ {
		own.t = math.Inf(1)
		g.span(line[s-1], line[s], 0, func(cell [2]int32) {
			for _, o := range g.cells[cell] {
				if t, u, meets := meet(line[s-1], line[s], g.from[o], g.to[o]); meets && t < own.t {
					own, theirs, ok = spot{i: s - 1, t: t}, spot{i: int(o), t: u}, true
				}
			}
		})
	}
	return own, theirs, ok
}

// stopped gives a bank's pieces up to where it meets the main river.
func stopped(tributary Lines, end mouth, finder *lref.Finder, rising bool) []Piece {
	var out []Piece
	bank := tributary.Pieces[end.piece].Bank
	for i, p := range tributary.Pieces {
		switch {
		case p.Bank != bank || i > end.piece:
			continue
		case i == end.piece:
			s := end.own
			s.at = end.at
			head, _ := cutLine(degrees(p.Line), s)
			if len(head) < 2 {
				continue
			}
			p.Line = lineOf(head)
			m := min(max(finder.MeasureOf(end.at.x, end.at.y), p.FromM), p.ToM)
			if rising {
				p.ToM = m
			} else {
				p.FromM = m
			}
		}
		out = append(out, p)
	}
	return out
}

// opened takes the part of the main river's line between two places of it out, and puts a connector there. The ranges of the pieces to
// either side meet in the middle of the mouth, so that they still cover the route.
func opened(main Lines, route *geom.LineString, a, b mouth) Lines {
	if b.main < a.main || a.main == b.main && b.other.before(a.other) {
		a, b = b, a
	}
	up, down := main.Pieces[a.main], main.Pieces[b.main]
	head, _ := cutLine(degrees(up.Line), a.other)
	_, tail := cutLine(degrees(down.Line), b.other)
	finder := lref.NewFinder(route)
	m := (finder.MeasureOf(a.at.x, a.at.y) + finder.MeasureOf(b.at.x, b.at.y)) / 2
	var pieces []Piece
	if len(head) > 1 {
		up.Line = lineOf(head)
		pieces = append(pieces, up)
	}
	if len(tail) > 1 {
		down.Line = lineOf(tail)
		pieces = append(pieces, down)
	}
	if len(pieces) == 2 {
		m = min(max(m, min(up.FromM, down.FromM)), max(up.ToM, down.ToM))
		if Rises(route) {
			pieces[0].ToM, pieces[1].FromM = m, m
		} else {
			pieces[0].FromM, pieces[1].ToM = m, m
		}
	}
	out := main.with(a.main, b.main+1, pieces...)
	out.Connectors = append(out.Connectors, mouthConnector(a.at, b.at, up.Bank, m))
	return out
}
