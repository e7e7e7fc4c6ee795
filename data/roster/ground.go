package roster

import (
	"cmp"
	"math"
	"slices"

	"github.com/tidwall/rtree"
	"github.com/twpayne/go-geom"
	"github.com/twpayne/go-geom/xy"
	"github.com/twpayne/go-geom/xy/location"

	"hetu/geo"
	"hetu/geo/duty"
)

// ground is what is looked up by place and has its own geometry: bank lines and announced management areas.
type ground[T any] struct {
	byID map[int64][]*plot[T]
	tree rtree.RTreeGN[float32, *plot[T]]
}

// plot is a version of one.
type plot[T any] struct {
	id, river int64
	valid     Span
	box       box
	what      T
}

// box is west and south, east and north, as PostGIS compares boxes: in single precision, rounded outwards.
type box struct{ low, high [2]float32 }

func boxOf(flat []float64) box {
	west, south, east, north := math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)
	for i := 0; i+1 < len(flat); i += 2 {
		west, south, east, north = min(west, flat[i]), min(south, flat[i+1]), max(east, flat[i]), max(north, flat[i+1])
	}
	return boxAt(geo.Extent{West: west, South: south, East: east, North: north})
}

func boxAt(e geo.Extent) box {
	down := func(v float64) float32 {
		f := float32(v)
		if float64(f) > v {
			f = math.Nextafter32(f, float32(math.Inf(-1)))
		}
		return f
	}
	up := func(v float64) float32 { return -down(-v) }
	return box{[2]float32{down(e.West), down(e.South)}, [2]float32{up(e.East), up(e.North)}}
}

func newGround[T any]() *ground[T] { return &ground[T]{byID: map[int64][]*plot[T]{}} }

// put replaces all versions of an id.
func (g *ground[T]) put(id int64, plots []*plot[T]) {
	for _, p := range g.byID[id] {
		g.tree.Delete(p.box.low, p.box.high, p)
	}
	if len(plots) == 0 {
		delete(g.byID, id)
		return
	}
	g.byID[id] = plots
	for _, p := range plots {
		g.tree.Insert(p.box.low, p.box.high, p)
	}
}

// near gives what meets a box on a day, in the order of the ids.
func (g *ground[T]) near(e geo.Extent, day Day) []*plot[T] {
	var out []*plot[T]
	b := boxAt(e)
	g.tree.Search(b.low, b.high, func(_, _ [2]float32, p *plot[T]) bool {
		if p.valid.holds(day) {
			out = append(out, p)
		}
		return true
	})
	slices.SortFunc(out, func(a, b *plot[T]) int { return cmp.Compare(a.id, b.id) })
	return out
}

func bankPlot(b *BankLine) *plot[duty.BankLine] {
	line := geom.NewLineStringFlat(geom.XY, slices.Clone(b.Line))
	return &plot[duty.BankLine]{b.ID, b.River, b.Valid, boxOf(b.Line), duty.BankLine{Bank: b.Bank, Geom: line}}
}

// polygons are those of an area, each its rings, the first of them the shell.
type polygons [][][]float64

func areaPlot(a *Area) *plot[polygons] {
	flat := slices.Clone(a.Flat)
	var all polygons
	rest := flat
	for i, n := range a.Rings {
		ring := rest[:2*n]
		rest = rest[2*n:]
		if len(a.Hole) == 0 || !a.Hole[i] {
			all = append(all, nil)
		}
		last := len(all) - 1
		all[last] = append(all[last], ring)
	}
	return &plot[polygons]{a.ID, a.River, a.Valid, boxOf(flat), all}
}

// hold tells whether a position lies in one of them or on its rim.
func (all polygons) hold(lon, lat float64) bool {
	at := geom.Coord{lon, lat}
	for _, rings := range all {
		in := len(rings) > 0
		for i, ring := range rings {
			where := xy.LocatePointInRing(geom.XY, at, ring)
			if where == location.Boundary {
				return true
			}
			in = in && (where == location.Interior) == (i == 0)
		}
		if in {
			return true
		}
	}
	return false
}
