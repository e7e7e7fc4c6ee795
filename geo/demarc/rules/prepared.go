package rules

import (
	"fmt"
	"math"
	"slices"
	"sync"

	"github.com/twpayne/go-geom"

	"hetu/geo"
	"hetu/geo/boxes"
	"hetu/geo/demarc"
	"hetu/geo/overlay"
)

// Prepared is a subject with its indexes. It does not change and may be asked by several at once.
type Prepared struct {
	Subject
	*ground

	pieces     []*line // of Lines.Pieces, by index; without length where nothing is left of one
	connectors []*line
	paths      map[geo.Bank]*path
	net        *tree // of pieces, then connectors, in degrees: what is simple is told in the numbers that are stored
	netCounts  []int // segments of each line of it
	area       *region
	parts      []*region
	zones      []*region
	wild       []wild
	wildOthers []wild  // those of stakes and zones
	offM       float64 // how far from the route the lines go
}

// ground is what does not change while lines are drawn.
type ground struct {
	plane  demarc.Plane
	route  *route
	box    box // degrees: of the route and what was surveyed
	survey []*surveyed
	towns  []*region // the divisions of the stretch
	others []*region
	beside []*region // areas of the neighbours
	base   *tree     // the river in the base network
	// candidate is the candidate's line of each bank, as if it were surveyed.
	candidate map[geo.Bank]*surveyed
	water     map[geo.Bank]*tree // the near-water line of each bank that has one
}

// line is a line without the vertices that lie nowhere near the river.
type line struct {
	flat []float64 // degrees
	xy   []float64 // metres
	q    []float64 // of each vertex, the place of the route that it lies opposite
}

func (l *line) count() int { return len(l.xy) / 2 }

// surveyed is a surveyed line, turned so that it runs downstream.
type surveyed struct {
	demarc.SurveyLine
	line
	tree *tree
}

// region is a polygon in the plane, its rings apart.
type region struct {
	geom  *geom.MultiPolygon // degrees, as given but for what lies nowhere near
	rings [][]float64        // metres
	tree  *tree
	box   box

	indexOnce sync.Once
	index     map[[2]float64]int // see vertices
	shapeOnce sync.Once
	shape     *overlay.Shape
}

// vertices gives for each vertex, in degrees, its number among those of all rings; of the two ends of a ring the first.
func (r *region) vertices() map[[2]float64]int {
	r.indexOnce.Do(func() {
		n := 0
		r.index = map[[2]float64]int{}
		r.eachRing(func(flat, _ []float64) {
			for i := 0; i+3 < len(flat); i += 2 {
				r.index[[2]float64{flat[i], flat[i+1]}] = n
				n++
			}
			n += 2 // no edge from one ring to the next
		})
	})
	return r.index
}

// ordered is the region as overlays take it.
func (r *region) ordered() *overlay.Shape {
	r.shapeOnce.Do(func() { r.shape = overlay.NewShape(r.geom) })
	return r.shape
}

// planeM2 is its area in the plane, good to 60 ppm, and of two regions beside each other to much less of their difference.
func (r *region) planeM2() float64 {
	sum := 0.0
	k := 0
	for i := 0; r.geom != nil && i < r.geom.NumPolygons(); i++ {
		for j := range r.geom.Polygon(i).NumLinearRings() {
			if m2 := ringM2(r.rings[k]); j == 0 {
				sum += m2
			} else {
				sum -= m2
			}
			k++
		}
	}
	return sum
}

// wild is a coordinate that lies nowhere near the river.
type wild struct {
	what     string // of which list
	zh       string
	bank     geo.Bank
	lon, lat float64
	nearX    float64 // metres: where the vertex before it, or after, lies; NaN if there is none
	nearY    float64
	m        float64
	number   int
}

// Prepare makes the indexes of a subject. Errors are of geo.CodeInvalid: a route that is none; or the asker's, when nobody waits for it any more.
func Prepare(ctx geo.Asker, s Subject) (*Prepared, error) {
	lines := []*geom.LineString{}
	if s.Route != nil {
		lines = append(lines, s.Route)
	}
	g := &ground{plane: demarc.NewPlane(lines...)}
	var err error
	if g.route, err = newRoute(g.plane, s.Route); err != nil {
		return nil, err
	}
	if !(s.FromM < s.ToM) || math.IsInf(s.ToM-s.FromM, 0) {
		return nil, geo.Errorf(geo.CodeInvalid, "a stretch runs from a smaller to a larger measure, not from %g to %g", s.FromM, s.ToM)
	}
	g.box = boundsOf(s.Route.FlatCoords(), 3)
	if err := g.read(ctx, s); err != nil {
		return nil, fmt.Errorf("prepare a check: %w", err)
	}
	g.base, g.water = g.baseOf(s), g.nearWater(s.NearWater)
	g.candidate = map[geo.Bank]*surveyed{}
	if s.Candidate != nil {
		p := g.with(Subject{Stretch: s.Stretch, Lines: *s.Candidate}, nil)
		for bank, t := range p.paths {
			if t.count() > 1 {
				g.candidate[bank] = &surveyed{line: t.line, tree: t.tree, SurveyLine: demarc.SurveyLine{Bank: bank}}
			}
		}
	}
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("prepare a check: %w", err)
	}
	return g.with(s, nil), nil
}

// read takes in what was surveyed and what lies around.
func (g *ground) read(ctx geo.Asker, s Subject) error {
	for _, l := range s.Survey {
		if err := ctx.Err(); err != nil {
			return err
		}
		if line := g.surveyLine(l); line != nil {
			g.survey = append(g.survey, line)
		}
	}
	regions := func(n int, of func(i int) *geom.MultiPolygon) (out []*region, err error) {
		for i := range n {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			out = append(out, g.regionOf(of(i), nil, nil))
		}
		return out, nil
	}
	var err error
	if g.towns, err = regions(len(s.Divisions), func(i int) *geom.MultiPolygon { return s.Divisions[i].Geom }); err != nil {
		return err
	}
	if g.others, err = regions(len(s.Others), func(i int) *geom.MultiPolygon { return s.Others[i].Area }); err != nil {
		return err
	}
	g.beside, err = regions(len(s.Neighbours), func(i int) *geom.MultiPolygon { return s.Neighbours[i].Area })
	return err
}

// baseOf is the river in the base network; where there is none, the route and the surveyed banks.
func (g *ground) baseOf(s Subject) *tree {
	t := &tree{}
	if s.Base != nil {
		for i, l := range slices.Concat(s.Base.Centre, s.Base.Banks) {
			if line := g.surveyLine(demarc.SurveyLine{Line: l}); line != nil {
				t.addLine(line.xy, i)
			}
		}
	}
	if len(t.segs) > 0 {
		return t.index()
	}
	t.segs = slices.Clone(g.route.tree.segs)
	for i, l := range g.survey {
		if l.Kind == demarc.BankTop || l.Kind == demarc.WaterEdge {
			t.addLine(l.xy, i+1)
		}
	}
	return t.index()
}

// nearWater gives the near-water line 临水边界线 of each bank: of the kind that is told, or else the water's edge, or else the bank top.
func (g *ground) nearWater(told demarc.SurveyKind) map[geo.Bank]*tree {
	kinds := []demarc.SurveyKind{demarc.WaterEdge, demarc.BankTop}
	if told != "" {
		kinds = []demarc.SurveyKind{told}
	}
	out := map[geo.Bank]*tree{}
	for _, kind := range kinds {
		for _, bank := range []geo.Bank{geo.Left, geo.Right} {
			var lines [][]float64
			for _, s := range g.survey {
				if s.Bank == bank && s.Kind == kind {
					lines = append(lines, s.xy)
				}
			}
			if out[bank] == nil && lines != nil {
				out[bank] = treeOf(lines...)
			}
		}
	}
	return out
}

// Redrawn is the subject with other lines, area and parts; the indexes of all else are kept.
func (p *Prepared) Redrawn(lines demarc.Lines, area *geom.MultiPolygon, parts []Part) *Prepared {
	s := p.Subject
	s.Lines, s.Area, s.Parts = lines, area, parts
	return p.with(s, p)
}

// with adds to the ground what is drawn on it; the zones are those of another subject, if there is one.
func (g *ground) with(s Subject, same *Prepared) *Prepared {
	p := &Prepared{Subject: s, ground: g, paths: map[geo.Bank]*path{}, net: &tree{}}
	for i, piece := range s.Lines.Pieces {
		lo, hi := g.route.window(g.reach(piece.FromM, piece.ToM))
		p.pieces = append(p.pieces, p.take(same.pieceLike(i, piece), piece.Line, wild{what: "piece", zh: "分段", bank: piece.Bank, m: piece.FromM, number: i + 1}, lo, hi))
	}
	for i, c := range s.Lines.Connectors {
		lo, hi := g.route.window(g.reach(c.AtM, c.AtM))
		p.connectors = append(p.connectors, p.take(nil, c.Line, wild{what: "connector", zh: "连接线", bank: c.Bank, m: c.AtM, number: i + 1}, lo, hi))
	}
	for _, l := range slices.Concat(p.pieces, p.connectors) {
		flat := distinct(l.flat, 2)
		p.net.addLine(flat, len(p.netCounts))
		p.netCounts = append(p.netCounts, max(0, len(flat)/2-1))
	}
	p.net.index()
	p.offM = p.farthest()
	for _, bank := range []geo.Bank{geo.Left, geo.Right} {
		p.paths[bank] = p.pathOf(bank)
	}
	p.area = g.regionOf(s.Area, p, same.areaOf())
	for i, part := range s.Parts {
		p.parts = append(p.parts, g.regionOf(part.Geom, p, same.partOf(i)))
	}
	if same != nil {
		p.zones, p.wild = same.zones, append(p.wild, same.wildOthers...)
		p.wildOthers = same.wildOthers
		return p
	}
	drawn := len(p.wild)
	for _, z := range s.Zones {
		p.zones = append(p.zones, g.regionOf(z.Geom, p, nil))
	}
	for i, k := range s.Stakes {
		if !g.sane(k.Lon, k.Lat) {
			p.wild = append(p.wild, wild{what: "stake", zh: "界桩", bank: k.Bank, lon: k.Lon, lat: k.Lat, nearX: math.NaN(), nearY: math.NaN(), m: k.MeasureM, number: i + 1})
		}
	}
	p.wildOthers = slices.Clone(p.wild[drawn:])
	return p
}

// farthest is how far from the route vertices of the lines lie.
func (p *Prepared) farthest() float64 {
	most := 0.0
	for _, l := range slices.Concat(p.pieces, p.connectors) {
		for i, q := range l.q {
			x, y, _, _ := p.route.position(q)
			most = max(most, math.Hypot(l.xy[2*i]-x, l.xy[2*i+1]-y))
		}
	}
	return most
}

// reachM is how far past its range a piece's line is looked for along the route.
const reachM = 200.0

func (g *ground) reach(fromM, toM float64) (from, to float64) {
	a, b := g.route.along(g.route.place(fromM)), g.route.along(g.route.place(toM))
	return min(a, b) - reachM, max(a, b) + reachM
}

func boundsOf(flat []float64, stride int) box {
	b := boxes.Empty()
	for i := 0; i+1 < len(flat); i += stride {
		b = b.With(flat[i], flat[i+1])
	}
	return b
}

// sane tells whether a position lies near enough to the river to be of it.
func (g *ground) sane(lon, lat float64) bool {
	return g.box.Grown(slipFarDeg).Meets(boxes.Of(lon, lat, lon, lat))
}

// pieceLike gives what was read of a piece that is the same still; nil if it is not.
func (p *Prepared) pieceLike(i int, piece demarc.Piece) *line {
	if p == nil || i >= len(p.Lines.Pieces) || piece.Line == nil || p.Lines.Pieces[i].Line == nil {
		return nil
	}
	was := p.Lines.Pieces[i]
	if was.FromM != piece.FromM || was.ToM != piece.ToM || was.Line.Stride() != 2 || piece.Line.Stride() != 2 ||
		!slices.Equal(was.Line.FlatCoords(), p.pieces[i].flat) || !slices.Equal(was.Line.FlatCoords(), piece.Line.FlatCoords()) {
		return nil // it was drawn anew, or something was left out of it
	}
	return p.pieces[i]
}

// take reads a line, and leaves out what is wild.
func (p *Prepared) take(known *line, l *geom.LineString, as wild, lo, hi int) *line {
	if known != nil {
		return known
	}
	out := &line{}
	if l == nil {
		return out
	}
	flat, stride := l.FlatCoords(), l.Stride()
	var missed []int
	for i := 0; i+1 < len(flat); i += stride {
		if !p.sane(flat[i], flat[i+1]) {
			as.lon, as.lat = flat[i], flat[i+1]
			as.nearX, as.nearY = math.NaN(), math.NaN()
			p.wild = append(p.wild, as)
			missed = append(missed, len(out.xy))
			continue
		}
		x, y := p.plane.To(flat[i], flat[i+1])
		out.flat, out.xy = append(out.flat, flat[i], flat[i+1]), append(out.xy, x, y)
	}
	if len(out.xy) > 0 {
		out.q = p.route.follow(out.xy, lo, hi)
		for k, at := range missed {
			p.wild[len(p.wild)-len(missed)+k].beside(p, out, max(0, min(at, len(out.xy))-2))
		}
	}
	return out
}

// beside tells where a wild vertex ought to lie: near the one before it.
func (w *wild) beside(p *Prepared, l *line, at int) {
	w.nearX, w.nearY, w.m = l.xy[at], l.xy[at+1], p.route.measure(l.q[at/2])
}

func (g *ground) surveyLine(s demarc.SurveyLine) *surveyed {
	out := &surveyed{SurveyLine: s}
	if s.Line == nil {
		return nil
	}
	flat := distinct(s.Line.FlatCoords(), s.Line.Stride())
	for i := 0; i+1 < len(flat); i += 2 {
		if !g.sane(flat[i], flat[i+1]) {
			continue
		}
		x, y := g.plane.To(flat[i], flat[i+1])
		out.flat, out.xy = append(out.flat, flat[i], flat[i+1]), append(out.xy, x, y)
	}
	if out.count() < 2 {
		return nil
	}
	out.q = g.route.follow(out.xy, 0, g.route.segments())
	if g.route.downstream(out.xy, out.q) < 0 {
		turnPairs(out.flat)
		turnPairs(out.xy)
		out.q = g.route.follow(out.xy, 0, g.route.segments())
	}
	out.tree = treeOf(out.xy)
	return out
}

// turnPairs turns the order of vertices.
func turnPairs(flat []float64) {
	slices.Reverse(flat)
	for i := 0; i+1 < len(flat); i += 2 {
		flat[i], flat[i+1] = flat[i+1], flat[i]
	}
}

func (p *Prepared) areaOf() *region {
	if p == nil {
		return nil
	}
	return p.area
}

func (p *Prepared) partOf(i int) *region {
	if p == nil || i >= len(p.parts) {
		return nil
	}
	return p.parts[i]
}

// regionOf reads a polygon; into is told what is wild, if it is not nil, and was is what it was before.
func (g *ground) regionOf(m *geom.MultiPolygon, into *Prepared, was *region) *region {
	r := &region{tree: &tree{}, box: boxes.Empty()}
	if m == nil {
		r.tree.index()
		return r
	}
	var flat []float64
	var ends [][]int
	for i := range m.NumPolygons() {
		var e []int
		for p, j := m.Polygon(i), 0; j < p.NumLinearRings(); j++ {
			from := len(flat)
			flat = g.appendRing(flat, p.LinearRing(j).FlatCoords(), m.Stride(), into)
			r.addRing(g.plane, flat[from:], was)
			e = append(e, len(flat))
		}
		ends = append(ends, e)
	}
	r.tree.index()
	r.geom = geom.NewMultiPolygonFlat(geom.XY, flat, ends)
	return r
}

func (g *ground) appendRing(out, ring []float64, stride int, into *Prepared) []float64 {
	from := len(out)
	for i := 0; i+1 < len(ring); i += stride {
		if into == nil || g.sane(ring[i], ring[i+1]) {
			out = append(out, ring[i], ring[i+1])
			continue
		}
		w := wild{what: "polygon", zh: "面", bank: geo.Both, lon: ring[i], lat: ring[i+1], m: into.FromM, nearX: math.NaN(), nearY: math.NaN()}
		if len(out) > from {
			w.nearX, w.nearY = g.plane.To(out[len(out)-2], out[len(out)-1])
		}
		into.wild = append(into.wild, w)
	}
	return out
}

// addRing takes in a ring. What it has in common with that of before at its beginning and its end is not projected again.
func (r *region) addRing(plane demarc.Plane, flat []float64, was *region) {
	var old, oldXY []float64
	if k := len(r.rings); was != nil && k < len(was.rings) {
		i := 0
		was.eachRing(func(f, xy []float64) {
			if i == k {
				old, oldXY = f, xy
			}
			i++
		})
	}
	head, tail := alike(flat, old)
	xy := make([]float64, len(flat))
	copy(xy, oldXY[:head])
	copy(xy[len(flat)-tail:], oldXY[len(old)-tail:])
	for i := head; i < len(flat)-tail; i += 2 {
		xy[i], xy[i+1] = plane.To(flat[i], flat[i+1])
	}
	for i := 0; i+1 < len(xy); i += 2 {
		r.box = r.box.With(xy[i], xy[i+1])
	}
	r.tree.addLine(xy, len(r.rings))
	r.rings = append(r.rings, xy)
}

// alike gives how many numbers, by whole vertices, two rings have in common at their beginning and at their end.
func alike(a, b []float64) (head, tail int) {
	n := min(len(a), len(b))
	for head+1 < n && a[head] == b[head] && a[head+1] == b[head+1] {
		head += 2
	}
	for tail+1 < n-head && a[len(a)-tail-1] == b[len(b)-tail-1] && a[len(a)-tail-2] == b[len(b)-tail-2] {
		tail += 2
	}
	return head, tail
}

func (r *region) empty() bool { return len(r.tree.segs) == 0 }

// covers tells whether a position lies within, by how often the way east meets the edge.
func (r *region) covers(x, y float64) bool {
	if r.empty() || !r.box.Meets(boxes.Of(x, y, x, y)) {
		return false
	}
	inside := false
	r.tree.each(boxes.Of(x, y, math.Inf(1), y), func(i int) bool {
		s := r.tree.segs[i]
		if (s.y1 > y) != (s.y2 > y) && (s.leftOf(x, y) > 0) == (s.y2 > s.y1) {
			inside = !inside
		}
		return true
	})
	return inside
}

// edgeM is how far a position lies from the edge.
func (r *region) edgeM(x, y float64) float64 {
	if r.empty() {
		return math.Inf(1)
	}
	return r.tree.near(x, y).distance()
}
