package atlas

import (
	"slices"

	"hetu/geo"
	"hetu/tiles"
)

// Moved is a change of one feature, or of a whole layer, for those who keep tiles. It is good while the watcher that is
// given it runs.
type Moved struct {
	layer    *layer
	from, to Day    // the days that differ
	first    int    // the zoom from which it shows
	old, now uint32 // numbers of the records, counted from 1; 0 is none
	box      box    // of both
	whole    bool
	scratch  *scratch
}

// Layer is the layer's name.
func (m *Moved) Layer() string { return m.layer.decl.Name }

// Whole tells that the layer was read anew: any tile of it may differ.
func (m *Moved) Whole() bool { return m.whole }

// Holds tells whether the change shows on a day.
func (m *Moved) Holds(asOf geo.Date) bool {
	d := DayOf(asOf, LastDay)
	return m.whole || m.from <= d && d < m.to
}

// Zooms gives the first and the last zoom at which the change shows.
func (m *Moved) Zooms() (first, last int) {
	first, last = tiles.MaxZoom, 0
	if m.whole {
		return m.layer.decl.MinZoom, tiles.MaxZoom
	}
	for _, n := range [2]uint32{m.old, m.now} {
		if n != 0 {
			r := &m.layer.records[n-1]
			first, last = min(first, int(r.rank)), max(last, int(r.last))
		}
	}
	return max(first, m.first), last
}

// Range gives the tiles of a zoom, both ends included, that may be touched.
func (m *Moved) Range(grid tiles.Grid, zoom int) (x0, y0, x1, y1 int) {
	return rangeOf(grid, zoom, m.box)
}

// Touches tells whether the feature was or is drawn in a tile, and differs there.
func (m *Moved) Touches(grid tiles.Grid, zoom, x, y int) bool {
	if m.whole {
		return zoom >= m.layer.decl.MinZoom
	}
	if zoom < m.first {
		return false
	}
	sq := squareOf(grid, zoom, x, y)
	for _, n := range [2]uint32{m.old, m.now} {
		if n == 0 {
			continue
		}
		if r := &m.layer.records[n-1]; zoom >= int(r.rank) && zoom <= int(r.last) && m.scratch.seenIn(m.layer, n-1, &sq) {
			return true
		}
	}
	return false
}

// Watch has a function called for every edit, when the atlas has it and before any tile can be drawn from it. It must not
// call the atlas, but for what the Moved answer.
func (a *Atlas) Watch(watcher func([]Moved)) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.watchers = append(a.watchers, watcher)
}

// replace brings in the spans that a feature has now, by a write, and gives what differs. Days on which the same is
// drawn as before keep the record they have: nothing moved for them.
func (l *layer) replace(id int64, spans []Span, write uint32, sc *loading, moved []Moved) []Moved {
	begun, values := l.mark(), len(l.values)
	old := l.of(id)
	var fresh []record
	var boxes []box
	for i := range spans {
		if r, b, ok := l.take(&spans[i], sc); ok {
			fresh, boxes = append(fresh, r), append(boxes, b)
		}
	}
	if l.unchanged(old, fresh) {
		l.undo(begun)
		sc.before.layer = nil
		l.values = l.values[:values]
		return moved
	}
	for _, d := range l.pieces(old, fresh) {
		var was, is *record
		if d.old >= 0 {
			was = &l.records[old[d.old]]
		}
		if d.now >= 0 {
			is = &fresh[d.now]
		}
		m := Moved{layer: l, from: d.from, to: d.to, box: nowhere()}
		if was != nil && is != nil {
			if l.same(was, is) {
				kept := *was
				kept.period = l.periods.number(d.period)
				l.insert(kept, l.boxes[old[d.old]], l.stamp(old[d.old]))
				continue
			}
			m.first = l.differFrom(was, is)
		}
		if was != nil {
			gone, when := *was, l.stamp(old[d.old])
			gone.period, gone.diedZoom, when.died = l.periods.number(d.period), uint8(m.first), write //nolint:gosec // a zoom
			m.box.join(l.boxes[old[d.old]])
			m.old = l.insert(gone, l.boxes[old[d.old]], when) + 1
			l.lost++
		}
		if is != nil {
			come := *is
			come.period = l.periods.number(d.period)
			m.box.join(boxes[d.now])
			m.now = l.insert(come, boxes[d.now], stamp{born: write, bornZoom: uint8(m.first)}) + 1 //nolint:gosec // a zoom
		}
		moved = append(moved, m)
	}
	for _, n := range old {
		l.records[n].diedZoom = dead
		l.lost++
	}
	return moved
}

// unchanged tells whether the same is drawn over the same days.
func (l *layer) unchanged(old []uint32, fresh []record) bool {
	if len(old) != len(fresh) {
		return false
	}
	for _, n := range old {
		r := &l.records[n]
		if !slices.ContainsFunc(fresh, func(f record) bool { return f.period == r.period && l.same(r, &f) }) {
			return false
		}
	}
	return true
}

// days is a stretch of days over which one old record and one new one hold; -1 is none.
type days struct {
	period
	old, now int
}

// pieces cuts the days of old and new records at all their ends.
func (l *layer) pieces(old []uint32, fresh []record) []days {
	var ends []Day
	for _, n := range old {
		d := l.days(&l.records[n])
		ends = append(ends, d.from, d.to)
	}
	for i := range fresh {
		d := l.days(&fresh[i])
		ends = append(ends, d.from, d.to)
	}
	slices.Sort(ends)
	ends = slices.Compact(ends)
	var out []days
	for i := 1; i < len(ends); i++ {
		d := days{period: period{ends[i-1], ends[i]}}
		d.old = slices.IndexFunc(old, func(n uint32) bool { return l.days(&l.records[n]).has(d.from) })
		d.now = slices.IndexFunc(fresh, func(r record) bool { return l.days(&r).has(d.from) })
		if d.old >= 0 || d.now >= 0 {
			out = append(out, d)
		}
	}
	return out
}

// same tells whether two records are drawn alike.
func (l *layer) same(a, b *record) bool {
	return l.differFrom(a, b) > tiles.MaxZoom
}

// differFrom gives the first zoom at which two records are drawn differently.
func (l *layer) differFrom(a, b *record) int {
	if a.rank != b.rank || a.last != b.last || !l.sameShape(a, b) {
		return 0
	}
	first := tiles.MaxZoom + 1
	v, w := l.row(a.values, nil), l.row(b.values, nil)
	for i, f := range l.decl.Fields {
		if v[i] != w[i] {
			first = min(first, f.MinZoom)
		}
	}
	return first
}

func (l *layer) sameShape(a, b *record) bool {
	if a.parts != b.parts {
		return false
	}
	v, w := l.walker(a), l.walker(b)
	var room, other [1]part
	theirs := l.partsOf(b, &other)
	for i, p := range l.partsOf(a, &room) {
		if p.vertices != theirs[i].vertices {
			return false
		}
		for range p.n() {
			v.next()
			w.next()
			if v.x != w.x || v.y != w.y {
				return false
			}
		}
	}
	return true
}
