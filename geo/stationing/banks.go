package stationing

import (
	"context"
	"fmt"
	"math"

	"github.com/twpayne/go-geom"

	"hetu/geo"
	"hetu/geo/duty"
	"hetu/geo/lref"
)

// BankLine is a 岸线 of a river: XY or XYZ, drawn in either direction.
type BankLine struct {
	ID   int64
	Bank geo.Bank
	Name *string
	Geom *geom.LineString
}

const (
	// wholeCost is up to which product of vertices a bank line is laid beside its whole route; above it, beside what is near the range.
	wholeCost = 250_000
	// maxCost is up to which one bank line may come: half a second or so.
	maxCost = 2_000_000
	// sampleM is how far apart lref takes a bank line's places at most.
	sampleM = 25.0
	// bridgeM is how long a stretch of a bank line may be that seems to belong elsewhere, between two that belong here.
	bridgeM = 500.0
)

// facingsOf lays a bank line beside its route for the range [from, to]: the whole of it, or where that would take too long the pieces
// that run beside the range and what adjoins it. A bank line that is too long for one question is told of in how.
func facingsOf(ctx context.Context, route *geom.LineString, l BankLine, from, to float64, how *string) ([]*lref.Facing, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("lay bank lines beside a route: %w", err)
	}
	pieces := []*geom.LineString{l.Geom}
	if costOf(route, l.Geom) > wholeCost {
		whole := route
		lowest, highest, _ := lref.Ends(route)
		if part := window(route, max(from-duty.WidestM, lowest), min(to+duty.WidestM, highest)); part != nil {
			route = part
		}
		pieces = piecesBeside(whole, route, l.Geom)
	}
	var out []*lref.Facing
	for _, p := range pieces {
		if costOf(route, p) > maxCost {
			*how += fmt.Sprintf("; bank line %d (%s) is left out: it and the route have too many vertices for one question, ask for a shorter range", l.ID, l.Bank)
			continue
		}
		f, err := lref.Face(geo.Patient{}, route, p)
		if err != nil {
			continue // a line without length has no place beside anything
		}
		out = append(out, f)
	}
	return out, nil
}

func costOf(route, bank *geom.LineString) float64 {
	return float64(route.NumCoords()) * (float64(bank.NumCoords()) + lref.Length(bank)/sampleM)
}

// window gives the vertices of a route (XYM) from one measure to another, and one more at either end.
func window(route *geom.LineString, from, to float64) *geom.LineString {
	flat := route.FlatCoords()
	first, last := -1, -1
	for i := 0; i < len(flat); i += 3 {
		if m := flat[i+2]; m >= from && m <= to {
			if first < 0 {
				first = i
			}
			last = i
		}
	}
	if first < 0 { // between two vertices
		for i := 0; i+5 < len(flat); i += 3 {
			if lo, hi := min(flat[i+2], flat[i+5]), max(flat[i+2], flat[i+5]); from >= lo && to <= hi {
				return geom.NewLineStringFlat(geom.XYM, flat[i:i+6])
			}
		}
		return nil
	}
	first, last = max(first-3, 0), min(last+3, len(flat)-3)
	return geom.NewLineStringFlat(geom.XYM, flat[first:last+3])
}

// piecesBeside cuts out of a bank line what runs beside a part of its route rather than beside another part: a place belongs to the
// part if that is not much farther off than the whole route is. At the neck of a meander the other arm may be nearer for a while.
func piecesBeside(whole, part, bank *geom.LineString) []*geom.LineString {
	box := boxOf(part, duty.WidestM)
	var out []*geom.LineString
	var run, doubt []float64 // what belongs here, and what may if the line comes back
	doubtM := 0.0
	end := func() {
		if len(run) >= 4 {
			out = append(out, geom.NewLineStringFlat(geom.XY, run))
		}
		run, doubt, doubtM = nil, nil, 0
	}
	flat := densified(bank)
	for i := 0; i < len(flat); i += 2 {
		lon, lat := flat[i], flat[i+1]
		here := box.Contains(lon, lat) && lref.Project(part, lon, lat).DistanceM <= 2*lref.Project(whole, lon, lat).DistanceM+2*sampleM
		switch {
		case here:
			run = append(append(run, doubt...), lon, lat)
			doubt, doubtM = nil, 0
		case len(run) > 0:
			doubt = append(doubt, lon, lat)
			doubtM += lref.Distance(flat[i-2], flat[i-1], lon, lat)
			if doubtM > bridgeM {
				end()
			}
		}
	}
	end()
	return out
}

// densified gives a line's X and Y with vertices no farther apart than 100 m.
func densified(line *geom.LineString) []float64 {
	const every = 4 * sampleM
	flat, stride := line.FlatCoords(), line.Stride()
	var out []float64
	for i := 0; i < len(flat); i += stride {
		if i > 0 {
			a, b := flat[i-stride:i], flat[i:i+2]
			n := math.Ceil(lref.Distance(a[0], a[1], b[0], b[1]) / every)
			for k := 1.0; k < n; k++ {
				out = append(out, a[0]+(b[0]-a[0])*k/n, a[1]+(b[1]-a[1])*k/n)
			}
		}
		out = append(out, flat[i], flat[i+1])
	}
	return out
}

// boxOf is the box around a line and byM metres more.
func boxOf(line *geom.LineString, byM float64) geo.Extent {
	flat, stride := line.FlatCoords(), line.Stride()
	out := geo.Extent{West: math.Inf(1), South: math.Inf(1), East: math.Inf(-1), North: math.Inf(-1)}
	for i := 0; i < len(flat); i += stride {
		out.West, out.East = min(out.West, flat[i]), max(out.East, flat[i])
		out.South, out.North = min(out.South, flat[i+1]), max(out.North, flat[i+1])
	}
	polar := max(math.Abs(out.South), math.Abs(out.North)) // where a degree of longitude is shortest
	b := duty.Box(0, polar, byM)
	dLon, dLat := b.East, b.North-polar
	return geo.Extent{West: out.West - dLon, South: out.South - dLat, East: out.East + dLon, North: out.North + dLat}
}
