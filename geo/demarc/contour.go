package demarc

import (
	"cmp"
	"math"
	"slices"

	sf "github.com/peterstace/simplefeatures/geom"
	"github.com/twpayne/go-geom"

	"hetu/geo"
	"hetu/geo/lref"
)

// value is the depth at the middle of a cell as the contour takes it: over 0 where the flood is, else under; outside the model it is dry.
func (w *wetting) value(col, row int) float64 {
	if col < 0 || row < 0 || col >= w.Cols || row >= w.Rows {
		return float64(dry)
	}
	const least = 1e-3 // of a cell that was closed, or that water would stand on if it came there
	i := row*w.Cols + col
	if w.wet[i] {
		return math.Max(float64(w.deep(i)), least)
	}
	return math.Min(float64(w.deep(i)), -least)
}

// contours gives the edges of the flood as rings in columns and rows, the flood to their left: outer rings run counter-clockwise with y to
// the north, islands clockwise.
func (w *wetting) contours() [][]xy {
	next := map[[3]int][3]int{} // from an edge of the lattice to the one that the contour goes on to
	for row := -1; row < w.Rows; row++ {
		for col := -1; col < w.Cols; col++ {
			w.square(col, row, next)
		}
	}
	starts := make([][3]int, 0, len(next))
	for e := range next {
		starts = append(starts, e)
	}
	slices.SortFunc(starts, func(a, b [3]int) int { return slices.Compare(a[:], b[:]) })
	var out [][]xy
	for _, start := range starts {
		if _, there := next[start]; !there {
			continue
		}
		var ring []xy
		for e := start; ; {
			to, there := next[e]
			if !there {
				break
			}
			delete(next, e)
			ring = append(ring, w.onEdge(e))
			e = to
		}
		out = append(out, w.smooth(append(ring, ring[0])))
	}
	return out
}

// square adds the ways through the square between four middles of cells. An edge of the lattice is told by its upper or left middle and
// whether it runs down (1) or right (0). Where two corners that face each other are wet, the flood is taken to be two: it spreads over
// edges of cells alone.
func (w *wetting) square(col, row int, next map[[3]int][3]int) {
	nw, ne, sw, se := w.isWet(col, row), w.isWet(col+1, row), w.isWet(col, row+1), w.isWet(col+1, row+1)
	if nw == ne && ne == sw && sw == se {
		return
	}
	north, west, south, east := [3]int{row, col, 0}, [3]int{row, col, 1}, [3]int{row + 1, col, 0}, [3]int{row, col + 1, 1}
	// Each wet corner whose neighbours are both dry is cut off; each dry one whose neighbours are both wet too.
	corner := func(here, a, b, facing bool, from, to [3]int) {
		if here && !a && !b {
			next[from] = to
		}
		if !here && a && b && facing {
			next[to] = from
		}
	}
	corner(nw, ne, sw, se, west, north)
	corner(sw, nw, se, ne, south, west)
	corner(se, sw, ne, nw, east, south)
	corner(ne, se, nw, sw, north, east)
	switch {
	case nw && ne && !sw && !se:
		next[west] = east
	case sw && se && !nw && !ne:
		next[east] = west
	case nw && sw && !ne && !se:
		next[south] = north
	case ne && se && !nw && !sw:
		next[north] = south
	}
}

func (w *wetting) isWet(col, row int) bool {
	return col >= 0 && row >= 0 && col < w.Cols && row < w.Rows && w.wet[row*w.Cols+col]
}

// onEdge is where the contour crosses an edge of the lattice, in columns and rows from the north-west, y to the north.
func (w *wetting) onEdge(e [3]int) xy {
	row, col, down := e[0], e[1], e[2]
	a, b := w.value(col, row), 0.0
	if down == 1 {
		b = w.value(col, row+1)
	} else {
		b = w.value(col+1, row)
	}
	t := min(0.999, max(0.001, a/(a-b))) // off the middles, so that rings do not touch
	if down == 1 {
		return xy{float64(col) + 0.5, -(float64(row) + 0.5 + t)}
	}
	return xy{float64(col) + 0.5 + t, -(float64(row) + 0.5)}
}

// smooth draws each vertex towards the middle of its neighbours, twice, and no farther than half a cell from where it was.
func (w *wetting) smooth(ring []xy) []xy {
	n := len(ring) - 1
	if n < 8 {
		return ring
	}
	was := ring[:n]
	now := slices.Clone(was)
	for range 2 {
		before := slices.Clone(now)
		for i := range now {
			p := before[i].times(0.5).plus(before[(i+n-1)%n].times(0.25)).plus(before[(i+1)%n].times(0.25))
			if d := p.to(was[i]); d > 0.5 {
				p = was[i].toward(p, 0.5/d)
			}
			now[i] = p
		}
	}
	now = append(now, now[0])
	if !simple(now) {
		return ring
	}
	return now
}

// degrees gives places in columns and rows as positions.
func (w *wetting) degrees(ring []xy) []xy {
	out := make([]xy, len(ring))
	for i, p := range ring {
		lon, lat := w.System.ToLonLat(w.X+p.x*w.CellX, w.Y+p.y*w.CellY)
		out[i] = xy{ninth(lon), ninth(lat)}
	}
	return out
}

// area makes polygons of rings: islands belong to the smallest outer ring around them.
func (w *wetting) area(rings [][]xy) *geom.MultiPolygon {
	rings = slices.Clone(rings)
	slices.SortStableFunc(rings, func(a, b []xy) int { return cmp.Compare(signed(b), signed(a)) }) // outer ones from the largest, then islands
	var outer [][]sf.LineString
	var shapes []sf.Polygon
	for _, ring := range rings {
		line := sf.NewLineStringXY(flatOf(w.degrees(ring))...)
		if signed(ring) > 0 {
			outer = append(outer, []sf.LineString{line})
			shapes = append(shapes, sf.NewPolygon([]sf.LineString{line}))
			continue
		}
		at := line.Coordinates().GetXY(0)
		for i := len(shapes) - 1; i >= 0; i-- {
			if sf.Intersects(shapes[i].AsGeometry(), sf.NewPointXY(at.X, at.Y).AsGeometry()) {
				outer[i] = append(outer[i], line)
				break
			}
		}
	}
	polygons := make([]sf.Polygon, len(outer))
	for i := range outer {
		polygons[i] = sf.NewPolygon(outer[i])
	}
	out, err := fromSF(sf.NewMultiPolygon(polygons).AsGeometry())
	if err != nil {
		return geom.NewMultiPolygon(geom.XY).SetSRID(int(geo.CGCS2000))
	}
	return out
}

// around gives the outer ring that the channel lies in, in the plane of a drawing: the one with the most of the route inside, which is the
// largest that holds a place of it.
func (w *wetting) around(d *drawing, rings [][]xy) []xy {
	best := slices.MaxFunc(rings, func(a, b []xy) int { return cmp.Compare(signed(a), signed(b)) })
	out := make([]xy, len(best))
	for i, p := range w.degrees(best) {
		out[i] = d.at(p.x, p.y)
	}
	return out
}

// edge cuts the edge of one bank out of a ring around a stretch, between the rays square to the route at its ends.
func (d *drawing) edge(ring []xy, bank geo.Bank) (*geom.LineString, error) {
	up, down := d.upDown(d.FromM, d.ToM)
	a, err := d.leaves(ring, bank, up)
	if err != nil {
		return nil, err
	}
	b, err := d.leaves(ring, bank, down)
	if err != nil {
		return nil, err
	}
	if bank == geo.Left { // the ring runs counter-clockwise: down the right bank and up the left
		a, b = b, a
	}
	line := ringBetween(ring, a, b)
	if bank == geo.Left {
		slices.Reverse(line)
	}
	return d.plane.line(line), nil
}

// leaves finds where the ray square to the route at a measure leaves the flood: of several such places the outermost that lies nearest to that part of the
// route, for beyond it the ray of a meander meets the flood of other arms. Where the water reaches over to another arm, it is the first.
func (d *drawing) leaves(ring []xy, bank geo.Bank, m float64) (spot, error) {
	side := 1.0
	if bank == geo.Left {
		side = -1
	}
	const reach = 20_000.0
	far, err := lref.LocateOffset(d.Route, m, side*reach)
	if err != nil {
		return spot{}, err
	}
	lon, lat, err := lref.Locate(d.Route, m)
	if err != nil {
		return spot{}, err
	}
	a, b := d.at(lon, lat), d.at(far.Lon, far.Lat)
	var own, nearest spot
	farthest, least := -1.0, math.Inf(1)
	for i := 1; i < len(ring); i++ {
		t, u, ok := meet(ring[i-1], ring[i], a, b)
		if !ok || ring[i].minus(ring[i-1]).cross(b.minus(a)) >= 0 { // the flood lies to the left of the ring: there the ray comes in
			continue
		}
		at := spot{i - 1, t, ring[i-1].toward(ring[i], t)}
		if u < least {
			nearest, least = at, u
		}
		if u > farthest && d.ofSection(at.at, m, a) {
			own, farthest = at, u
		}
	}
	switch {
	case farthest >= 0:
		return own, nil
	case !math.IsInf(least, 1):
		return nearest, nil
	}
	return spot{}, geo.Errorf(geo.CodeInvalid, "the flood has no edge on the %s bank at %s: it was cut off, or its channel lies dry there", bank, lref.Label(m))
}

// ofSection tells whether a place on the ray from the route at a measure belongs there: no other part of the route lies much nearer to it.
func (d *drawing) ofSection(p xy, m float64, from xy) bool {
	const share, alongM = 0.9, 50.0
	lon, lat := d.plane.From(p.x, p.y)
	hit := lref.Project(d.Route, lon, lat)
	return hit.DistanceM >= share*p.to(from) || math.Abs(hit.MeasureM-m) <= alongM
}

// ringBetween goes round a closed ring from one place to another.
func ringBetween(ring []xy, a, b spot) []xy {
	out := []xy{a.at}
	if a.before(b) {
		out = append(out, ring[a.i+1:b.i+1]...)
	} else {
		out = append(out, ring[a.i+1:len(ring)-1]...)
		out = append(out, ring[:b.i+1]...)
	}
	return append(out, b.at)
}
