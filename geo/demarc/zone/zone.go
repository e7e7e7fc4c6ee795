// Package zone makes shoreline zones 岸线功能区: the land between the management boundary and the line near the water, cut into parts of
// four types that tile each bank, and what they sum to by county and by town. Nothing here does I/O.
package zone

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/twpayne/go-geom"

	"hetu/geo"
	"hetu/geo/demarc"
	"hetu/geo/lref"
	"hetu/geo/overlay"
)

// Cut says what a range of one bank is to be.
type Cut struct {
	Bank       geo.Bank
	FromM, ToM float64 // of the route
	Type       demarc.ZoneType
	Basis      string
	Restraints string
}

const (
	tilesWithinM = 0.01 // by how much two ranges may miss each other, as stored measures do
	onLineM      = 0.05 // how far off a line an edge may lie and still be of it
	partM        = 0.1  // a part of a line that is shorter is a touch and no part
	joinM        = 0.1  // how far apart two parts of a line near the water may end and begin
)

// Build makes the zones of a stretch: for each cut a polygon between the boundary (outer) and the line near the water of its bank, a
// surveyed bank top or water edge, between the places of both lines that lie opposite the ends of the range. Neighbours share the
// straight line between those places, so that the zones tile what lies between the lines. The answer is by bank, left first, from upstream
// down.
//
// They are numbered from upstream down per bank of the river, L001 and R001. Taken are the zones that the river has elsewhere, of which the
// bank, the id and, where it is known, the range count: numbers begin above all that lie upstream, and none is given twice. A zone that has a
// number keeps it, so that below what was numbered first the numbers of what comes after it do not rise from upstream along the whole river.
//
// An error names the bank and the measure: ranges of a bank that do not tile the stretch, a type that is none of the four, a bank with a
// boundary and no cuts, a zone that meets the boundary or the line near the water in two parts, lines that cross. When nobody
// waits for the zones any more it is the asker's.
func Build(ctx geo.Asker, s demarc.Stretch, outer demarc.Lines, near []demarc.SurveyLine, cuts []Cut, taken []demarc.Zone) ([]demarc.Zone, error) {
	if s.Route == nil || s.Route.NumCoords() < 2 {
		return nil, geo.Errorf(geo.CodeInvalid, "zones need a route to be measured on: give the river a centre line")
	}
	for _, c := range cuts {
		if c.Bank != geo.Left && c.Bank != geo.Right {
			return nil, geo.InvalidField("bank", "a zone is of the left or of the right bank, not %q", c.Bank)
		}
	}
	var out []demarc.Zone
	for _, bank := range []geo.Bank{geo.Left, geo.Right} {
		runs := outer.RunsOf(bank)
		of := slices.DeleteFunc(slices.Clone(cuts), func(c Cut) bool { return c.Bank != bank })
		if len(of) == 0 && len(runs) == 0 {
			continue
		}
		b := banked{asker: ctx, stretch: s, bank: bank, runs: runs, cuts: of}
		b.free = b.numbers(taken)
		zones, err := b.build(near)
		if err != nil {
			return nil, err
		}
		out = append(out, zones...)
	}
	return out, nil
}

// banked is one bank of a stretch.
type banked struct {
	asker   geo.Asker
	stretch demarc.Stretch
	bank    geo.Bank
	runs    []demarc.Run
	cuts    []Cut // from upstream down
	water   side
	free    *Numbers
}

// side is a line that zones lie along, and the place of it opposite a measure.
type side struct {
	run    demarc.Run
	facing *lref.Facing
	finder *lref.Finder
}

func newSide(ctx geo.Asker, route *geom.LineString, run demarc.Run) (side, error) {
	facing, err := lref.Face(ctx, route, run.Line())
	if err != nil {
		return side{}, err
	}
	return side{run, facing, lref.NewFinder(run.Measured())}, nil
}

// opposite gives how far along the line the place opposite a measure is.
func (s side) opposite(m float64) (float64, error) {
	place, err := s.facing.Point(m)
	if err != nil {
		return 0, err
	}
	hit, _ := s.finder.Project(place.Lon, place.Lat, 1)
	return hit.MeasureM, nil
}

func (b *banked) build(near []demarc.SurveyLine) ([]demarc.Zone, error) {
	if err := b.order(); err != nil {
		return nil, err
	}
	line, err := b.nearWater(near)
	if err != nil {
		return nil, err
	}
	if b.water, err = newSide(b.asker, b.stretch.Route, line); err != nil {
		return nil, err
	}
	var out []demarc.Zone
	for i, run := range b.runs {
		outer, err := newSide(b.asker, b.stretch.Route, run)
		if err != nil {
			return nil, err
		}
		zones, err := b.along(i, outer)
		if err != nil {
			return nil, err
		}
		out = append(out, zones...)
	}
	return out, nil
}

func (b *banked) falls() bool {
	flat := b.stretch.Route.FlatCoords()
	return flat[2] > flat[len(flat)-1]
}

// order puts the cuts in the order of the flow and holds that they tile the stretch.
func (b *banked) order() error {
	if len(b.runs) == 0 {
		return geo.Errorf(geo.CodeInvalid, "the %s bank has zones and no boundary: draw its line first", b.bank)
	}
	slices.SortFunc(b.cuts, func(x, y Cut) int { return cmp.Compare(x.FromM, y.FromM) })
	at := b.stretch.FromM
	for _, c := range b.cuts {
		switch {
		case c.Type < demarc.Protected || c.Type > demarc.Developed:
			return geo.InvalidField("type", "%d is no type of zone: 1 保护区, 2 保留区, 3 控制利用区, 4 开发利用区", c.Type)
		case !(c.FromM < c.ToM):
			return geo.InvalidField("from_m", "a zone runs from a smaller to a larger measure, not from %g to %g", c.FromM, c.ToM)
		case c.FromM > at+tilesWithinM:
			return geo.FieldErrorf(geo.CodeRefused, "cuts", "the %s bank has no zone from %s to %s: zones tile the whole shoreline", b.bank, lref.Label(at), lref.Label(c.FromM))
		case c.FromM < at-tilesWithinM:
			return geo.FieldErrorf(geo.CodeRefused, "cuts", "on the %s bank two zones overlap from %s to %s: let one end where the next begins", b.bank, lref.Label(c.FromM), lref.Label(min(at, c.ToM)))
		}
		at = c.ToM
	}
	if math.Abs(at-b.stretch.ToM) > tilesWithinM {
		return geo.FieldErrorf(geo.CodeRefused, "cuts", "the zones of the %s bank end at %s, and the stretch at %s: zones tile the whole shoreline, and no more", b.bank, lref.Label(at), lref.Label(b.stretch.ToM))
	}
	if b.falls() {
		slices.Reverse(b.cuts)
	}
	return nil
}

// nearWater joins the surveyed lines of the bank into one that runs downstream.
func (b *banked) nearWater(near []demarc.SurveyLine) (demarc.Run, error) {
	type part struct {
		line *geom.LineString
		at   float64
	}
	var parts []part
	for _, n := range b.ofWater(near) {
		flat, stride := slices.Clone(n.Line.FlatCoords()), n.Line.Stride()
		first := lref.Project(b.stretch.Route, flat[0], flat[1]).MeasureM
		last := lref.Project(b.stretch.Route, flat[len(flat)-stride], flat[len(flat)-stride+1]).MeasureM
		line := geom.NewLineStringFlat(n.Line.Layout(), flat)
		if (first < last) == b.falls() {
			line.Reverse()
		}
		at := min(first, last)
		if b.falls() {
			at = -max(first, last)
		}
		parts = append(parts, part{line, at})
	}
	if len(parts) == 0 {
		return demarc.Run{}, geo.Errorf(geo.CodeInvalid, "the %s bank has no line near the water: import its bank top or water edge", b.bank)
	}
	slices.SortStableFunc(parts, func(x, y part) int { return cmp.Compare(x.at, y.at) })
	var flat []float64
	for i, p := range parts {
		xy, stride := p.line.FlatCoords(), p.line.Stride()
		if n := len(flat); i > 0 && lref.Distance(flat[n-2], flat[n-1], xy[0], xy[1]) > joinM {
			return demarc.Run{}, geo.Errorf(geo.CodeRefused, "the line near the water of the %s bank is in two parts, which end and begin at %.6f, %.6f and %.6f, %.6f: a zone would meet it in two parts; join them", b.bank, flat[n-2], flat[n-1], xy[0], xy[1])
		}
		for k := 0; k+1 < len(xy); k += stride {
			flat = append(flat, xy[k], xy[k+1])
		}
	}
	return demarc.RunOf(b.bank, geom.NewLineStringFlat(geom.XY, flat)), nil
}

// ofWater gives the bank's lines of the kind nearest to the water: water edges where there are any, else bank tops, else what there is.
func (b *banked) ofWater(near []demarc.SurveyLine) []demarc.SurveyLine {
	own := slices.DeleteFunc(slices.Clone(near), func(n demarc.SurveyLine) bool {
		return n.Bank != b.bank || n.Line == nil || n.Line.NumCoords() < 2
	})
	for _, kind := range []demarc.SurveyKind{demarc.WaterEdge, demarc.BankTop} {
		of := slices.DeleteFunc(slices.Clone(own), func(n demarc.SurveyLine) bool { return n.Kind != kind })
		if len(of) > 0 {
			return of
		}
	}
	return own
}

// rangeOf gives the measures that a run lies opposite.
func rangeOf(run demarc.Run) (from, to float64) {
	from, to = math.Inf(1), math.Inf(-1)
	for _, p := range run.Parts {
		if !p.Connector {
			from, to = min(from, p.FromM, p.ToM), max(to, p.FromM, p.ToM)
		}
	}
	return from, to
}

// over gives the cuts that lie opposite a run, and refuses one that lies opposite another too.
func (b *banked) over(i int) ([]Cut, error) {
	from, to := rangeOf(b.runs[i])
	var out []Cut
	for _, c := range b.cuts {
		if min(c.ToM, to)-max(c.FromM, from) <= tilesWithinM {
			continue
		}
		if i+1 < len(b.runs) {
			if nextFrom, nextTo := rangeOf(b.runs[i+1]); min(c.ToM, nextTo)-max(c.FromM, nextFrom) > tilesWithinM {
				end := b.runs[i].Flat
				return nil, geo.FieldErrorf(geo.CodeRefused, "cuts", "the zone of the %s bank from %s to %s meets the boundary in two parts: the boundary is open at %.6f, %.6f; cut the zone there", b.bank, lref.Label(c.FromM), lref.Label(c.ToM), end[len(end)-2], end[len(end)-1])
			}
		}
		out = append(out, c)
	}
	return out, nil
}

// along makes the zones of one run.
func (b *banked) along(i int, outer side) ([]demarc.Zone, error) {
	cuts, err := b.over(i)
	if err != nil || len(cuts) == 0 {
		return nil, err
	}
	// The places on both lines at which the zones begin, and where the last ends.
	o, w := make([]float64, len(cuts)+1), make([]float64, len(cuts)+1)
	for k := range w {
		m := b.upstream(cuts[min(k, len(cuts)-1)])
		if k == len(cuts) {
			m = b.downstream(cuts[k-1])
		}
		if w[k], err = b.water.opposite(m); err == nil && k > 0 && k < len(cuts) {
			o[k], err = outer.opposite(m)
		}
		if err != nil {
			return nil, err
		}
	}
	last := len(cuts)
	o[last], w[0], w[last] = outer.run.LengthM(), b.toEnd(w[0]), b.toEnd(w[last])
	var out []demarc.Zone
	for k, c := range cuts {
		if err := b.asker.Err(); err != nil {
			return nil, fmt.Errorf("cut zones: %w", err)
		}
		id, err := b.free.Next(b.bank)
		if err != nil {
			return nil, err
		}
		z, err := b.zone(id, c, outer, o[k:k+2], w[k:k+2])
		if err != nil {
			return nil, err
		}
		out = append(out, z)
	}
	return out, b.inOrder(outer, o, w, out)
}

func (b *banked) upstream(c Cut) float64 {
	if b.falls() {
		return c.ToM
	}
	return c.FromM
}

func (b *banked) downstream(c Cut) float64 {
	if b.falls() {
		return c.FromM
	}
	return c.ToM
}

// toEnd takes a place within a touch of an end of the line near the water to that end.
func (b *banked) toEnd(w float64) float64 {
	length := b.water.run.LengthM()
	switch {
	case w < partM:
		return 0
	case w > length-partM:
		return length
	}
	return w
}

// zone makes one zone of its parts of the two lines.
func (b *banked) zone(id string, c Cut, outer side, o, w []float64) (demarc.Zone, error) {
	where := fmt.Sprintf("the zone %s from %s to %s", id, lref.Label(c.FromM), lref.Label(c.ToM))
	if o[1]-o[0] <= partM || w[1]-w[0] <= partM {
		return demarc.Zone{}, geo.FieldErrorf(geo.CodeRefused, "cuts", "%s has no part of the boundary or of the line near the water: let it reach farther along the river", where)
	}
	line, water := outer.run.Between(o[0], o[1]), b.water.run.Between(w[0], w[1])
	z := demarc.Zone{
		Type: c.Type, RegionID: id, Bank: b.bank, FromM: c.FromM, ToM: c.ToM, Basis: c.Basis, Restraints: c.Restraints,
		LenKm: (o[1] - o[0]) / 1000, Geom: between(line, water), Outer: geom.NewLineStringFlat(geom.XY, line),
	}
	if fault := overlay.Check(z.Geom); fault != nil {
		return demarc.Zone{}, geo.Wrapf(fault, geo.CodeRefused, "%s is no area: its lines cross (%s): mend the boundary or the line near the water, or move the cut", where, fault.Error())
	}
	z.AreaM2 = overlay.AreaM2(z.Geom)
	for _, side := range []struct {
		of   side
		name string
	}{{outer, "the boundary"}, {b.water, "the line near the water"}} {
		if n := meets(z.Geom, side.of.finder); n != 1 {
			return demarc.Zone{}, geo.FieldErrorf(geo.CodeRefused, "cuts", "%s meets %s in %d parts, and a zone has one: cut it where they part", where, side.name, n)
		}
	}
	return z, nil
}

// between closes a line and one beside it into a polygon; its ring runs counter-clockwise.
func between(line, water []float64) *geom.MultiPolygon {
	ring := slices.Clone(line)
	for i := len(water) - 2; i >= 0; i -= 2 {
		ring = append(ring, water[i], water[i+1])
	}
	ring = append(ring, ring[0], ring[1])
	sum := 0.0
	for i := 2; i < len(ring); i += 2 {
		sum += (ring[i-2]-ring[0])*(ring[i+1]-ring[1]) - (ring[i]-ring[0])*(ring[i-1]-ring[1])
	}
	if sum < 0 {
		for i, k := 0, len(ring)-2; i < k; i, k = i+2, k-2 {
			ring[i], ring[k] = ring[k], ring[i]
			ring[i+1], ring[k+1] = ring[k+1], ring[i+1]
		}
	}
	return geom.NewMultiPolygonFlat(geom.XY, ring, [][]int{{len(ring)}})
}

// inOrder holds that the lines between neighbours lie inside what they cut, so that no zone reaches into another.
func (b *banked) inOrder(outer side, o, w []float64, zones []demarc.Zone) error {
	whole := between(outer.run.Flat, b.water.run.Between(w[0], w[len(w)-1]))
	if fault := overlay.Check(whole); fault != nil {
		return geo.Wrapf(fault, geo.CodeRefused, "the boundary of the %s bank and the line near the water cross (%s): mend them", b.bank, fault.Error())
	}
	shape := []*overlay.Shape{overlay.NewShape(whole)}
	for k := 1; k < len(zones); k++ {
		x1, y1 := outer.run.At(o[k])
		x2, y2 := b.water.run.At(w[k])
		outside := 0.0
		for _, part := range overlay.Partition([]float64{x1, y1, x2, y2}, 2, shape, 0) {
			if part.Of < 0 {
				outside += part.LengthM()
			}
		}
		if outside > tilesWithinM {
			return geo.FieldErrorf(geo.CodeRefused, "cuts", "on the %s bank the cut between %s and %s passes outside of the shoreline: at so tight a bend move it", b.bank, zones[k-1].RegionID, zones[k].RegionID)
		}
	}
	return nil
}

// meets counts the parts in which the edge of a polygon runs along a line: a zone meets its boundary in one.
func meets(g *geom.MultiPolygon, line *lref.Finder) int {
	n := 0
	for i := range g.NumPolygons() {
		for j := range g.Polygon(i).NumLinearRings() {
			n += ringMeets(g.Polygon(i).LinearRing(j).FlatCoords(), g.Stride(), line)
		}
	}
	return n
}

// ringMeets counts the parts of a closed ring that run along a line.
func ringMeets(flat []float64, stride int, line *lref.Finder) int {
	on := func(lon, lat float64) bool { _, ok := line.Project(lon, lat, onLineM); return ok }
	edges := len(flat)/stride - 1
	along := make([]float64, edges) // the length of an edge that runs along the line; 0 for another
	vertex := make([]bool, edges+1)
	for v := range vertex {
		vertex[v] = on(flat[v*stride], flat[v*stride+1])
	}
	gap := -1 // an edge that does not run along it
	for e := range along {
		x1, y1, x2, y2 := flat[e*stride], flat[e*stride+1], flat[(e+1)*stride], flat[(e+1)*stride+1]
		if vertex[e] && vertex[e+1] && on((x1+x2)/2, (y1+y2)/2) {
			along[e] = max(lref.Distance(x1, y1, x2, y2), 1e-9)
		} else {
			gap = e
		}
	}
	if gap < 0 {
		return 1
	}
	n, length := 0, 0.0
	for k := 1; k <= edges; k++ {
		e := (gap + k) % edges
		if along[e] > 0 {
			length += along[e]
			continue
		}
		if length > partM {
			n++
		}
		length = 0
	}
	return n
}
