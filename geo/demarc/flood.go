package demarc

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/twpayne/go-geom"

	"hetu/geo"
	"hetu/geo/crs"
	"hetu/geo/lref"
)

// DEM is a digital elevation model 数字高程模型: heights of the ground in cells, row by row from the north, each row from the west.
type DEM struct {
	System       crs.System // of X and Y: EPSG:4490 or a Gauss-Krüger zone
	X, Y         float64    // the north-west corner
	CellX, CellY float64    // of a cell, both over 0
	Cols, Rows   int
	Heights      []float32 // metres; NaN where there is none
	Datum        string    // 1985
	Source       string
}

// Level is the height of the water's surface at a measure 水面线.
type Level struct {
	MeasureM float64
	HeightM  float64
	Historic bool   // the highest known 历史最高洪水位, not the design flood 设计洪水位
	Datum    string // the same as that of the DEM
	Source   string
}

// Flood is what of the ground lies under a water surface and is connected to the channel.
type Flood struct {
	Area        *geom.MultiPolygon // XY, EPSG:4490
	Left, Right *geom.LineString   // its edges beside the stretch, downstream; nil of a lake
	Historic    bool
	Source      string
}

// Survey gives the edges as lines that a candidate may rest on.
func (f Flood) Survey() []SurveyLine {
	return []SurveyLine{
		{Kind: FloodLine, Bank: geo.Left, Historic: f.Historic, Source: f.Source, Line: f.Left},
		{Kind: FloodLine, Bank: geo.Right, Historic: f.Historic, Source: f.Source, Line: f.Right},
	}
}

// modelAroundDeg is how far from a stretch, in degrees, an elevation model is looked at: some six kilometres.
const modelAroundDeg = 0.06

// ModelWindow is what of an elevation model is looked at for a stretch.
func (s Stretch) ModelWindow() geo.Extent {
	line := s.Route
	if lowest, highest, ok := lref.Ends(s.Route); ok {
		if part, err := lref.Substring(s.Route, max(s.FromM, lowest), min(s.ToM, highest)); err == nil {
			line = part
		}
	}
	b := line.Bounds()
	return geo.Extent{West: b.Min(0) - modelAroundDeg, South: b.Min(1) - modelAroundDeg, East: b.Max(0) + modelAroundDeg, North: b.Max(1) + modelAroundDeg}
}

// The limits and tolerances of A3.
const (
	maxCells   = 50_000_000
	lookAfter  = 1 << 14 // cells, after which it is looked whether anybody still waits
	closeUnder = 500.0   // m²: a hole that is smaller is closed
	floodMore  = 100.0   // metres beyond either end of a stretch that are flooded too, so that the edges can be cut there
)

// The codes of notes on floods.
const (
	NoteIsland  = "island"   // dry land inside that is not closed
	NoteDEMEdge = "dem_edge" // the flood reaches the edge of the model, or a hole in it
)

// FloodLines floods a stretch (A3): the surface is linear in the measure between levels, each place has that of the nearest place of
// the route, and what lies under it and is connected to the channel is flooded. Holes under 500 m² are closed. The edge is drawn between
// the middles of cells (marching squares) and smoothed so that no vertex moves more than half a cell. Errors are of geo.CodeInvalid: a
// model that is none, levels that do not reach over the stretch or are of another datum, a channel that lies dry; or that of a context that ended.
func FloodLines(ctx context.Context, s Stretch, dem DEM, levels []Level) (Flood, []Note, error) {
	d, err := newDrawing(s, WidthProfile{})
	if err != nil {
		return Flood{}, nil, err
	}
	if err := dem.check(); err != nil {
		return Flood{}, nil, err
	}
	surface, err := surfaceOf(levels, d.FromM, d.ToM, dem.Datum)
	if err != nil {
		return Flood{}, nil, err
	}
	finder, past := lref.NewFinder(d.Route), d.pastEnds()
	w := newWetting(dem, func(lon, lat float64) float64 {
		m := finder.MeasureOf(lon, lat)
		if m < d.FromM-floodMore || m > d.ToM+floodMore || past(lon, lat, m) {
			return math.Inf(-1)
		}
		return surface(m)
	})
	w.seedLine(d)
	notes, err := w.flood(ctx)
	if err != nil {
		return Flood{}, nil, err
	}
	rings := w.contours()
	out := Flood{Area: w.area(rings), Historic: levels[0].Historic, Source: joined(levels[0].Source, dem.Source)}
	outer := w.around(d, rings)
	if out.Left, err = d.edge(outer, geo.Left); err == nil {
		out.Right, err = d.edge(outer, geo.Right)
	}
	return out, notes, err
}

// pastEnds tells of a position and its measure whether it lies farther past an end of the route than is flooded.
func (d *drawing) pastEnds() func(lon, lat, m float64) bool {
	flat := d.Route.FlatCoords()
	n := len(flat)
	head, tail := d.at(flat[0], flat[1]), d.at(flat[n-3], flat[n-2])
	up, down := head.minus(d.at(flat[3], flat[4])).unit(), tail.minus(d.at(flat[n-6], flat[n-5])).unit()
	return func(lon, lat, m float64) bool {
		switch m {
		case flat[2]:
			return d.at(lon, lat).minus(head).dot(up) > floodMore
		case flat[n-1]:
			return d.at(lon, lat).minus(tail).dot(down) > floodMore
		}
		return false
	}
}

// LakeRing is the shore of a lake at a level (A4), found from a place in it: the ring runs counter-clockwise; its first place is the most
// western one, of several the southern. Errors are as those of FloodLines.
func LakeRing(ctx context.Context, dem DEM, level Level, lon, lat float64) (Flood, *geom.LineString, []Note, error) {
	if err := dem.check(); err != nil {
		return Flood{}, nil, nil, err
	}
	if level.Datum != dem.Datum {
		return Flood{}, nil, nil, datumError(level.Datum, dem.Datum)
	}
	w := newWetting(dem, func(_, _ float64) float64 { return level.HeightM })
	w.seed(lon, lat)
	notes, err := w.flood(ctx)
	if err != nil {
		return Flood{}, nil, nil, err
	}
	rings := w.contours()
	ring := slices.MaxFunc(rings, func(a, b []xy) int { return cmp.Compare(signed(a), signed(b)) })
	ring = fromWest(w.degrees(ring))
	line := geom.NewLineStringFlat(geom.XY, flatOf(ring)).SetSRID(int(geo.CGCS2000))
	return Flood{Area: w.area(rings), Historic: level.Historic, Source: joined(level.Source, dem.Source)}, line, notes, nil
}

func (m DEM) check() error {
	switch {
	case m.Cols < 2 || m.Rows < 2 || m.Cols > maxCells/m.Rows || len(m.Heights) != m.Cols*m.Rows:
		return geo.InvalidField("dem", "an elevation model has two rows and two columns or more, at most %d cells, and a height for each", maxCells)
	case !(m.CellX > 0) || !(m.CellY > 0) || math.IsInf(m.CellX, 1) || math.IsInf(m.CellY, 1) || math.IsNaN(m.X+m.Y) || math.IsInf(m.X+m.Y, 0):
		return geo.InvalidField("dem", "the cells of an elevation model have a width and a height, and its corner a place")
	case m.System.Kind != crs.Geographic && m.System.Kind != crs.GaussKruger:
		return geo.InvalidField("dem", "an elevation model has to be in EPSG:4490 or a Gauss-Krüger zone: convert it with gdalwarp")
	}
	return nil
}

func datumError(level, dem string) error {
	return geo.InvalidField("levels", "the levels are of the datum %q and the elevation model of %q: convert one of them", level, dem)
}

// surfaceOf gives the height of the surface by measure, linear between levels; beyond the first and the last it is level.
func surfaceOf(levels []Level, from, to float64, datum string) (func(m float64) float64, error) {
	levels = slices.Clone(levels)
	slices.SortStableFunc(levels, func(a, b Level) int { return cmp.Compare(a.MeasureM, b.MeasureM) })
	for i, l := range levels {
		switch {
		case math.IsNaN(l.MeasureM+l.HeightM) || math.IsInf(l.MeasureM+l.HeightM, 0):
			return nil, geo.InvalidField("levels", "the level at %s is no number of metres", lref.Label(l.MeasureM))
		case l.Datum != datum:
			return nil, datumError(l.Datum, datum)
		case i > 0 && l.MeasureM == levels[i-1].MeasureM:
			return nil, geo.InvalidField("levels", "there are two levels at %s: leave one out", lref.Label(l.MeasureM))
		case l.Historic != levels[0].Historic:
			return nil, geo.InvalidField("levels", "levels of the highest known and of the design flood are mixed: give those of one flood")
		}
	}
	const within = 1.0
	if len(levels) == 0 || levels[0].MeasureM > from+within || levels[len(levels)-1].MeasureM < to-within {
		return nil, geo.InvalidField("levels", "levels have to reach over the whole stretch, from %s to %s: add one at its end", lref.Label(from), lref.Label(to))
	}
	return func(m float64) float64 {
		i, _ := slices.BinarySearchFunc(levels, m, func(l Level, m float64) int { return cmp.Compare(l.MeasureM, m) })
		switch i {
		case 0:
			return levels[0].HeightM
		case len(levels):
			return levels[len(levels)-1].HeightM
		}
		a, b := levels[i-1], levels[i]
		return a.HeightM + (b.HeightM-a.HeightM)*(m-a.MeasureM)/(b.MeasureM-a.MeasureM)
	}, nil
}

// wetting is a flood in the making. Cells are counted row by row; their depth is worked out when they are first looked at.
type wetting struct {
	DEM
	surface func(lon, lat float64) float64
	depth   []float32 // NaN: not looked at yet
	wet     []bool
	seeds   []int
	edge    bool // it came to the edge of the model or a cell without a height
}

func newWetting(dem DEM, surface func(lon, lat float64) float64) *wetting {
	w := &wetting{DEM: dem, surface: surface, depth: make([]float32, len(dem.Heights)), wet: make([]bool, len(dem.Heights))}
	for i := range w.depth {
		w.depth[i] = float32(math.NaN())
	}
	return w
}

// dry is the depth of a cell that has none.
const dry = float32(-1)

// deep gives the depth of water on a cell, negative where it lies dry.
func (w *wetting) deep(i int) float32 {
	if !math.IsNaN(float64(w.depth[i])) {
		return w.depth[i]
	}
	h := w.Heights[i]
	if math.IsNaN(float64(h)) {
		w.edge, w.depth[i] = true, dry
		return dry
	}
	lon, lat := w.System.ToLonLat(w.X+(float64(i%w.Cols)+0.5)*w.CellX, w.Y-(float64(i/w.Cols)+0.5)*w.CellY)
	w.depth[i] = max(float32(w.surface(lon, lat)-float64(h)), -1e6)
	return w.depth[i]
}

// cellOf gives the cell of a position.
func (w *wetting) cellOf(lon, lat float64) (i int, ok bool) {
	x, y := w.System.FromLonLat(lon, lat)
	col, row := math.Floor((x-w.X)/w.CellX), math.Floor((w.Y-y)/w.CellY)
	if !(col >= 0 && row >= 0 && col < float64(w.Cols) && row < float64(w.Rows)) {
		return 0, false
	}
	return int(row)*w.Cols + int(col), true
}

func (w *wetting) seed(lon, lat float64) {
	if i, ok := w.cellOf(lon, lat); ok && w.deep(i) > 0 {
		w.seeds = append(w.seeds, i)
	}
}

// seedLine begins in the cells that the route passes.
func (w *wetting) seedLine(d *drawing) {
	line, err := lref.Substring(d.Route, d.FromM, d.ToM)
	if err != nil {
		return // flood tells that nothing is wet
	}
	size := min(w.CellX, w.CellY) / 2
	if w.System.Kind == crs.Geographic {
		size *= 100_000 // metres, about
	}
	at := degrees(line)
	for i := 1; i < len(at); i++ {
		n := math.Ceil(lref.Distance(at[i-1].x, at[i-1].y, at[i].x, at[i].y)/size) + 1
		for k := 0.0; k <= n; k++ {
			p := at[i-1].toward(at[i], k/n)
			w.seed(p.x, p.y)
		}
	}
}

// flood spreads from the seeds over all that lies under the surface beside it, and closes small holes.
func (w *wetting) flood(ctx context.Context) ([]Note, error) {
	if len(w.seeds) == 0 {
		return nil, geo.InvalidField("levels", "the water does not reach the channel anywhere: the levels lie below the ground of the elevation model, or it does not lie there")
	}
	todo := w.seeds
	for looked := 0; len(todo) > 0; looked++ {
		if looked%lookAfter == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		i := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if w.wet[i] {
			continue
		}
		w.wet[i] = true
		w.beside(i, func(j int) {
			if !w.wet[j] && w.deep(j) > 0 {
				todo = append(todo, j)
			}
		})
	}
	var notes []Note
	for _, m2 := range w.close() {
		notes = append(notes, Note{
			Code: NoteIsland, Bank: geo.Both, Size: m2, Zh: fmt.Sprintf("淹没范围内有 %.0f m² 高地", m2), En: fmt.Sprintf("an island of %.0f m² stays dry", m2),
		})
	}
	if w.edge {
		notes = append(notes, Note{
			Code: NoteDEMEdge, Bank: geo.Both, Zh: "洪水线到达高程模型边缘或空值处，结果不完整，请换用更大的模型",
			En: "the flood reaches the edge of the elevation model or a hole in it, and is cut off there: take a larger one",
		})
	}
	return notes, nil
}

// beside calls f with the cells that share an edge with one.
func (w *wetting) beside(i int, f func(j int)) {
	col, row := i%w.Cols, i/w.Cols
	if col == 0 || row == 0 || col == w.Cols-1 || row == w.Rows-1 {
		w.edge = true
	}
	if col > 0 {
		f(i - 1)
	}
	if col < w.Cols-1 {
		f(i + 1)
	}
	if row > 0 {
		f(i - w.Cols)
	}
	if row < w.Rows-1 {
		f(i + w.Cols)
	}
}

// cellM2 is the area of a cell, about that in the middle of the model.
func (m DEM) cellM2() float64 {
	if m.System.Kind != crs.Geographic {
		return m.CellX * m.CellY
	}
	lat := m.Y - float64(m.Rows)/2*m.CellY
	return m.CellX * m.CellY * 111_320 * math.Cos(lat*math.Pi/180) * 110_900
}

// CellM is about how wide a cell is, in metres.
func (m DEM) CellM() float64 { return math.Sqrt(m.cellM2()) }

// close wets the holes that are small, and gives the areas of those that are not. A hole is dry cells that no way over edges or corners
// leads out of.
func (w *wetting) close() []float64 {
	out := make([]bool, len(w.wet)) // dry cells that are looked at
	cell := w.cellM2()
	var islands []float64
	for start, wet := range w.wet {
		if wet || out[start] || start%w.Cols == 0 || !w.wet[start-1] { // a hole begins, in some row, to the right of a wet cell
			continue
		}
		hole, open := w.hole(start, out)
		switch m2 := float64(len(hole)) * cell; {
		case open:
		case m2 < closeUnder:
			for _, i := range hole {
				w.wet[i] = true
			}
		default:
			islands = append(islands, math.Round(m2))
		}
	}
	return islands
}

// hole gathers dry cells around one; it is open when it comes to the edge of the model.
func (w *wetting) hole(start int, seen []bool) (cells []int, open bool) {
	todo := []int{start}
	seen[start] = true
	for len(todo) > 0 {
		i := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		cells = append(cells, i)
		col, row := i%w.Cols, i/w.Cols
		if col == 0 || row == 0 || col == w.Cols-1 || row == w.Rows-1 {
			open = true
		}
		for r := max(0, row-1); r <= min(w.Rows-1, row+1); r++ {
			for c := max(0, col-1); c <= min(w.Cols-1, col+1); c++ {
				if j := r*w.Cols + c; !w.wet[j] && !seen[j] {
					seen[j] = true
					todo = append(todo, j)
				}
			}
		}
	}
	return cells, open
}
