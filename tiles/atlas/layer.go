package atlas

import (
	"cmp"
	"slices"

	"github.com/tidwall/rtree"

	"hetu/tiles"
	"hetu/tiles/huge"
	"hetu/tiles/mvt"
)

// record is a feature over some days. Its geometry and values stand in the columns of its layer; two records may share them.
type record struct {
	id         int64
	period     uint32 // number of its days
	step       uint32 // where its first part begins in steps
	part       uint32 // its first part, or with the bit lone how many vertices the only one has
	parts      uint32
	values     uint32 // where its values begin
	rank, last uint8  // the zooms it is drawn at
	diedZoom   uint8  // the zoom from which it is seen that it died, or what it still is
}

// stamp says which writes brought and took a record, counted from the layer's floor; 0 is before that. Each is seen from a
// zoom on: what is not drawn at a zoom does not touch its tiles.
type stamp struct {
	born, died uint32
	bornZoom   uint8
}

// What diedZoom says besides a zoom. A record with a zoom is a ghost: it is drawn no more, and tiles that it was drawn in know
// by it when they changed.
const (
	live uint8 = 0xff
	dead uint8 = 0xfe // it is not looked at any more
)

func (l *layer) days(r *record) period { return l.periods.all[r.period] }

// layer is the features of one layer. The first packed records stand in the order of their trees and never move; those that
// came later are found by the other tree.
type layer struct {
	decl  tiles.Layer
	kind  mvt.Type
	floor int64    // the write up to which nothing is told apart
	names string   // the layer of its features' names; "" if it has none
	bed   bed      // what its lines borrow from
	own   *lineage // of its steps
	place bool     // it is such a layer: its boxes are the places of the names
	loose bool     // it was loaded and is not gathered yet

	columns
	records []record
	boxes   []box // of the records
	values  []uint32
	dict    *dictionary
	periods *periods

	trees  []packed
	byID   []uint32 // the packed records in the order of their ids
	later  rtree.RTreeGN[uint32, uint32]
	stamps []stamp            // of the records that came later
	added  map[int64][]uint32 // records that came later, by id
	lost   int                // records that are not live
}

func newLayer(decl tiles.Layer) *layer {
	l := &layer{decl: decl, dict: newDictionary(), periods: &periods{}, own: &lineage{}, added: map[int64][]uint32{}}
	switch decl.Geometry {
	case tiles.Point:
		l.kind = mvt.Point
	case tiles.Line:
		l.kind = mvt.Line
	case tiles.Polygon:
		l.kind = mvt.Polygon
	}
	return l
}

// take writes a span into the columns and gives its record, which is not among the records yet. False: nothing of it can be
// drawn. What has the shape of the span taken before shares it.
func (l *layer) take(s *Span, sc *loading) (record, box, bool) {
	r := record{id: s.ID, period: l.periods.number(period{s.From, s.To}), rank: uint8(max(s.Rank, l.decl.MinZoom)), last: tiles.MaxZoom, diedZoom: live} //nolint:gosec // a zoom
	if !sc.before.has(l, s, r.rank) {
		sc.before.shape(l, s, r.rank)
		l.takeShape(s, sc)
	}
	of := &sc.before
	r.step, r.part, r.parts = of.record.step, of.record.part, of.record.parts
	if r.parts == 0 {
		return record{}, box{}, false
	}
	b := of.box
	if s.place != nil {
		r.last, b = s.place.last, box{s.place.at.x, s.place.at.y, s.place.at.x, s.place.at.y}
	}
	r.values = l.addRow(sc.intern(l, s.Values), &of.rows)
	return r, b, true
}

// takeShape writes the shape of a span into the columns, and what of it is there into sc.before.
func (l *layer) takeShape(s *Span, sc *loading) {
	at, hasOuter := 0, false
	for i, n := range s.Shape.Parts {
		flat := s.Shape.Flat[2*at : 2*(at+n)]
		at += n
		hole := i < len(s.Shape.Hole) && s.Shape.Hole[i]
		if hole && !hasOuter {
			continue
		}
		line := sc.points(flat, l.kind != mvt.Point, l.place)
		fits := len(line) >= leastVertices(l.kind)
		if l.kind == mvt.Polygon && !hole {
			hasOuter = fits
		}
		if !fits {
			continue
		}
		for _, p := range line {
			sc.before.box.extend(p)
		}
		levels := sc.level(line, l.kind)
		if l.place && l.kind == mvt.Line {
			shorten(line)
			sc.forget()
		}
		l.add(line, levels, l.drawsRuns(), hole, int(sc.before.record.rank))
		sc.before.record.parts++
	}
	l.close(&sc.before.record)
}

// drawsRuns tells whether its features are drawn from the runs for low zooms too. A name is written along all of its piece.
func (l *layer) drawsRuns() bool { return l.kind == mvt.Line && !l.place }

func leastVertices(kind mvt.Type) int {
	switch kind {
	case mvt.Polygon:
		return 4
	case mvt.Line:
		return 2
	default:
		return 1
	}
}

// loading is scratch for taking spans in.
type loading struct {
	line   []point
	exact  []exact // the same before it was rounded
	levels []uint8
	lines  leveller

	of      *float64 // the line whose points were given last
	n       int
	leveled bool // and generalised
	before  taken
	values  []Value  // those interned last
	row     []uint32 // and their numbers
	rowOf   *dictionary
	coming  coming // those that differ from them
	differ  []int  // and which they are
}

// intern gives the numbers of values: most are what the feature before has there.
func (sc *loading) intern(l *layer, values []Value) []uint32 {
	if sc.rowOf != l.dict {
		sc.rowOf, sc.row, sc.values = l.dict, make([]uint32, len(values)), make([]Value, len(values))
	}
	sc.coming.forget()
	sc.differ = sc.differ[:0]
	for i := range values {
		if v := &values[i]; *v != sc.values[i] {
			sc.coming.add(l.dict, *v)
			sc.values[i], sc.differ = *v, append(sc.differ, i)
		}
	}
	l.dict.intern(&sc.coming, func(i int, id uint32) { sc.row[sc.differ[i]] = id })
	return sc.row
}

// taken is the shape that was taken last, and where it stands.
type taken struct {
	layer  *layer
	flat   []float64
	parts  []int
	hole   []bool
	record record
	box    box
	rows   rows
}

func (t *taken) has(l *layer, s *Span, rank uint8) bool {
	return t.layer == l && t.record.id == s.ID && t.record.rank == rank &&
		slices.Equal(t.flat, s.Shape.Flat) && slices.Equal(t.parts, s.Shape.Parts) && slices.Equal(t.hole, s.Shape.Hole)
}

// shape remembers the shape of a span that is about to be written.
func (t *taken) shape(l *layer, s *Span, rank uint8) {
	t.layer, t.box, t.rows = l, nowhere(), rows{none, none}
	t.flat, t.parts, t.hole = append(t.flat[:0], s.Shape.Flat...), append(t.parts[:0], s.Shape.Parts...), append(t.hole[:0], s.Shape.Hole...)
	t.record = record{id: s.ID, rank: rank, step: uint32(len(l.steps)), part: uint32(len(l.parts))} //nolint:gosec // the columns have fewer than 2^32 entries
}

// points gives positions as points of the world, which some are already; compact leaves out those that fall on the one before.
// Of the line that was given last it is known.
func (sc *loading) points(flat []float64, compact, world bool) []point {
	if len(flat) > 0 && sc.of == &flat[0] && sc.n == len(flat) {
		return sc.line
	}
	sc.forget()
	if len(flat) > 0 && compact {
		sc.of, sc.n = &flat[0], len(flat)
	}
	sc.line, sc.exact = sc.line[:0], sc.exact[:0]
	for i := 0; i+1 < len(flat); i += 2 {
		e := exact{flat[i], flat[i+1]}
		if !world {
			e = inWorld(flat[i], flat[i+1])
		}
		p := point{toWorld(e.x), toWorld(e.y)}
		if n := len(sc.line); !compact || n == 0 || sc.line[n-1] != p {
			sc.line, sc.exact = append(sc.line, p), append(sc.exact, e)
		}
	}
	return sc.line
}

// forget is told when positions are no more what they were.
func (sc *loading) forget() { sc.of, sc.leveled = nil, false }

func (sc *loading) level(line []point, kind mvt.Type) []uint8 {
	if sc.leveled {
		return sc.levels
	}
	sc.leveled = sc.of != nil
	sc.levels = slices.Grow(sc.levels[:0], len(line))[:len(line)]
	switch kind {
	case mvt.Line:
		sc.lines.levels(sc.exact, sc.levels)
	case mvt.Polygon:
		ringLevels(line, sc.levels)
	case mvt.Point:
		clear(sc.levels)
	}
	return sc.levels
}

// settled gives the layer with its live records in the order of packed trees, and nothing else. What it was stays as it is
// for those who still draw from it; the columns are shared.
func (l *layer) settled() *layer {
	// Of each record its tree, its place on the curve, its number: in the order of these numbers.
	order := make([]uint64, 0, len(l.records))
	for i := range l.records {
		if l.records[i].diedZoom == live {
			order = append(order, uint64(treeOf(l.records[i].rank))<<60|uint64(hilbert(l.boxes[i])>>4)<<32|uint64(i)) //nolint:gosec // 32 bits
		}
	}
	slices.Sort(order)
	out := newLayer(l.decl)
	out.names, out.place, out.floor, out.dict, out.periods, out.values, out.columns = l.names, l.place, l.floor, l.dict, l.periods, l.values, l.columns
	out.bed, out.own = l.bed, l.own
	out.records, out.boxes = huge.For[record](len(order) + len(order)/32 + 1024)[:len(order)], huge.For[box](len(order) + len(order)/32 + 1024)[:len(order)]
	now := make([]uint32, len(l.records)) // where each stands, counted from 1
	for i, key := range order {
		n := uint32(key) //nolint:gosec // the low bits
		out.records[i], out.boxes[i] = l.records[n], l.boxes[n]
		now[n] = uint32(i) + 1
	}
	out.order(l.records, now)
	out.index()
	return out
}

// isSettled tells whether it is as settled makes it.
func (l *layer) isSettled() bool { return len(l.records) == len(l.byID) && l.lost == 0 }

// gather gives a layer columns and a dictionary of its own in the order of its records, with nothing that they do not need: what
// is drawn in a tile lies together. Its lines borrow from those of the lender, if there is one.
func (l *layer) gather(lender *layer) *layer {
	from, places := *l, make([]uint32, len(l.records))
	l.loose = false
	if lender != nil {
		places = from.findIn(lender)
		l.bed = bed{lender.steps, lender.own}
	}
	l.reserve(&from)
	renumbered := make([]uint32, len(from.dict.bytes)/leastValue+1)
	room, row := make([]uint32, 0, len(l.decl.Fields)), make([]uint32, 0, len(l.decl.Fields))
	var before record
	after := rows{none, none}
	for i := range l.records {
		r := &l.records[i]
		was := *r
		if i > 0 && was.step == before.step { // spans of a feature stand side by side
			r.step, r.part = l.records[i-1].step, l.records[i-1].part
		} else {
			first := uint32(len(l.parts)) //nolint:gosec // no more than there were
			r.step = uint32(len(l.steps)) //nolint:gosec // as above
			switch {
			case places[i] > 0:
				from.points(&was, func(_ part, vertices []point, levels []uint8) { l.borrow(vertices, levels, places[i]) })
				r.part = was.part | borrowed
			case !l.copyShort(&from, &was, r):
				from.points(&was, func(p part, vertices []point, levels []uint8) {
					l.add(vertices, levels, l.drawsRuns(), p.hole(), int(was.rank))
				})
				r.part = first
				l.close(r)
			}
			after.first = none
		}
		before = was
		row = row[:0]
		for _, v := range from.row(was.values, room) {
			if v != 0 {
				known := &renumbered[v/leastValue]
				if *known == 0 {
					*known = l.dict.add(from.dict.get(v))
				}
				v = *known
			}
			row = append(row, v)
		}
		r.values = l.addRow(row, &after)
	}
	l.dict.seal()
	l.steps, l.values = roomy(l.steps), roomy(l.values)
	return l
}

// copyShort copies the steps of a record that has no long part and does not borrow, word by word; false if it is another.
func (l *layer) copyShort(from *layer, was, r *record) bool {
	if was.part&(lone|borrowed) == lone|borrowed {
		return false
	}
	var room [1]part
	parts := from.partsOf(was, &room)
	end := int(was.step)
	for _, p := range parts {
		if p.long > 0 {
			return false
		}
		end = from.behind(end, p.n())
	}
	l.steps = append(l.steps, from.steps[was.step:end]...)
	if was.part&lone == 0 {
		r.part = uint32(len(l.parts)) //nolint:gosec // no more than there were
		l.parts = append(l.parts, parts...)
	}
	return true
}

// spare is the room that an array of n entries is given for a few edits.
func spare(n int) int { return n/64 + 1024 }

// roomy gives an array with room for a few edits, and not for much more.
func roomy[T any](s []T) []T {
	if room := spare(len(s)); cap(s) < len(s)+room/2 || cap(s) > len(s)+2*room {
		return append(huge.For[T](len(s)+room), s...)
	}
	return s
}

// reserve makes room for what another layer has.
func (l *layer) reserve(from *layer) {
	l.dict, l.own = newDictionary(), &lineage{}
	room := func(n int) int { return n + spare(n) }
	l.steps, l.few, l.parts = huge.For[uint32](room(len(from.steps))), huge.For[uint32](room(len(from.few))), huge.For[part](room(len(from.parts)))
	l.longs, l.chunks, l.values = huge.For[long](room(len(from.longs))), huge.For[chunk](room(len(from.chunks))), huge.For[uint32](room(len(from.values)))
	l.dict.bytes = append(huge.For[byte](room(len(from.dict.bytes))), 0)
}

// index makes the trees and the order of ids over settled records.
func (l *layer) index() {
	l.trees = l.trees[:0]
	for from := 0; from < len(l.records); {
		tree, first := treeOf(l.records[from].rank), l.records[from].rank
		to := from
		for to < len(l.records) && treeOf(l.records[to].rank) == tree {
			first = min(first, l.records[to].rank)
			to++
		}
		l.trees = append(l.trees, pack(l.boxes, from, to, first))
		from = to
	}
}

// order makes the order of ids over settled records. They are ordered where they stood before, each now stands where now says: there
// neighbours mostly are neighbours in the order of ids, now they lie all over the memory.
func (l *layer) order(before []record, now []uint32) {
	l.byID = make([]uint32, 0, len(l.records))
	for i, n := range now {
		if n > 0 {
			l.byID = append(l.byID, uint32(i)) //nolint:gosec // a number of records
		}
	}
	slices.SortFunc(l.byID, func(i, k uint32) int {
		a, b := &before[i], &before[k]
		if a.id != b.id {
			return cmp.Compare(a.id, b.id)
		}
		return cmp.Compare(l.days(a).from, l.days(b).from)
	})
	for i, was := range l.byID {
		l.byID[i] = now[was] - 1
	}
}

// insert adds a record that came later.
func (l *layer) insert(r record, b box, s stamp) uint32 {
	n := uint32(len(l.records)) //nolint:gosec // a number of records
	l.records, l.boxes, l.stamps = append(l.records, r), append(l.boxes, b), append(l.stamps, s)
	l.later.Insert([2]uint32{b.minX, b.minY}, [2]uint32{b.maxX, b.maxY}, n)
	l.added[r.id] = append(l.added[r.id], n)
	return n
}

// stamp gives the stamp of a record; one that is packed was there before all writes that are told apart.
func (l *layer) stamp(n uint32) stamp {
	if packed := uint32(len(l.byID)); n >= packed { //nolint:gosec // a number of records
		return l.stamps[n-packed]
	}
	return stamp{}
}

// of gives the live records of a feature.
func (l *layer) of(id int64) []uint32 {
	var out []uint32
	at, _ := slices.BinarySearchFunc(l.byID, id, func(n uint32, id int64) int { return cmp.Compare(l.records[n].id, id) })
	for ; at < len(l.byID) && l.records[l.byID[at]].id == id; at++ {
		out = append(out, l.byID[at])
	}
	out = append(out, l.added[id]...)
	return slices.DeleteFunc(out, func(n uint32) bool { return l.records[n].diedZoom != live })
}

// search adds the numbers of the records that are drawn at a zoom on a day and meet a box, ghosts too.
func (l *layer) search(b box, zoom int, day Day, found []uint32) []uint32 {
	kept := found
	for i := range l.trees {
		if int(l.trees[i].zoom) > zoom {
			break // they stand in the order of their zooms
		}
		found = l.trees[i].search(l.boxes, b, found)
	}
	if l.later.Len() > 0 {
		l.later.Search([2]uint32{b.minX, b.minY}, [2]uint32{b.maxX, b.maxY}, func(_, _ [2]uint32, n uint32) bool {
			found = append(found, n)
			return true
		})
	}
	out := kept
	for _, n := range found[len(kept):] {
		if r := &l.records[n]; r.diedZoom != dead && int(r.rank) <= zoom && int(r.last) >= zoom && l.days(r).has(day) {
			out = append(out, n)
		}
	}
	return out
}
