package overlay

import (
	"math"

	"hetu/geo"
	"hetu/geo/boxes"
)

// edges are the straight pieces of lines or rings, found by box.
type edges struct {
	at   []float64 // x1, y1, x2, y2 of each
	rows boxes.Tree
}

// edgesInRow is how many edges share a box.
const edgesInRow = 8

func (e *edges) add(flat []float64, stride int) {
	for i := stride; i+1 < len(flat); i += stride {
		e.at = append(e.at, flat[i-stride], flat[i-stride+1], flat[i], flat[i+1])
	}
}

// index makes the boxes; nothing may be added after it.
func (e *edges) index() {
	e.rows = boxes.Over(len(e.at)/4, edgesInRow, func(i int) boxes.Box { return boxes.Of(e.at[4*i], e.at[4*i+1], e.at[4*i+2], e.at[4*i+3]) })
}

// each calls f with the index in at of every edge whose box meets a box, until it says no.
func (e *edges) each(box geo.Extent, f func(i int) bool) {
	e.rows.Each(boxes.Box{X0: box.West, Y0: box.South, X1: box.East, Y1: box.North}, func(from, to int) bool {
		for i := 4 * from; i < 4*to; i += 4 {
			x1, y1, x2, y2 := e.at[i], e.at[i+1], e.at[i+2], e.at[i+3]
			if min(x1, x2) <= box.East && max(x1, x2) >= box.West && min(y1, y2) <= box.North && max(y1, y2) >= box.South && !f(i) {
				return false
			}
		}
		return true
	})
}

// covers tells whether a position lies within the rings that the edges are, or on one of them.
func (e *edges) covers(x, y float64) bool {
	inside, on := false, false
	e.each(geo.Extent{West: x, South: y, East: math.Inf(1), North: y}, func(i int) bool {
		x1, y1, x2, y2 := e.at[i], e.at[i+1], e.at[i+2], e.at[i+3]
		side := cross(x1, y1, x2, y2, x, y)
		if side == 0 && x >= min(x1, x2) {
			on = true
			return false
		}
		if (y1 > y) != (y2 > y) && (side > 0) == (y2 > y1) {
			inside = !inside
		}
		return true
	})
	return on || inside
}

// cross is positive where a position lies to the left of the way from one to another.
func cross(x1, y1, x2, y2, x, y float64) float64 { return (x2-x1)*(y-y1) - (y2-y1)*(x-x1) }

func nowhere() geo.Extent {
	return geo.Extent{West: math.Inf(1), South: math.Inf(1), East: math.Inf(-1), North: math.Inf(-1)}
}

func extended(b geo.Extent, x, y float64) geo.Extent {
	return geo.Extent{West: min(b.West, x), South: min(b.South, y), East: max(b.East, x), North: max(b.North, y)}
}

func meet(a, b geo.Extent) bool {
	return a.West <= b.East && a.East >= b.West && a.South <= b.North && a.North >= b.South
}

func boxOf(flat []float64, stride int) geo.Extent {
	b := nowhere()
	for i := 0; i+1 < len(flat); i += stride {
		b = extended(b, flat[i], flat[i+1])
	}
	return b
}
