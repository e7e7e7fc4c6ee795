package atlas

import (
	"cmp"
	"slices"

	"hetu/tiles"
	"hetu/tiles/mvt"
)

// found is a record that a tile may draw. order is (rank, id): what comes last is dropped first when a tile is full.
type found struct {
	order uint64
	n     uint32
}

// drawing is one layer of a tile while it is written.
type drawing struct {
	mvt.Layer
	layer  *layer
	keys   []keyNumber // by field
	values numbering
	marks  []marked
	huge   int                 // features that no tile has room for
	see    func(id int64) bool // which are shown; nil: all
}

// hugeBytes is the size of a geometry that leaves a tile no room for anything else. It is left out: a tile of less important
// features is better than none.
const hugeBytes = tiles.MaxBytes - 1<<16

// keyNumber is a property's number in the tile, once it has one.
type keyNumber struct {
	drawn, used bool
	n           uint32
}

// marked is a layer as it was after a feature.
type marked struct {
	order    uint64
	vertices int
	mvt.Mark
}

// Tile builds a tile: all its layers from one state of the atlas, whatever is being written. Before an edit can change that
// state, keep is called with the tile, so that what it keeps can be dropped by the watchers of that edit.
func (a *Atlas) Tile(addr tiles.Address, keep func(tiles.Tile)) tiles.Tile {
	s, _ := a.scratch.Get().(*scratch)
	defer a.scratch.Put(s)
	a.mu.RLock()
	defer a.mu.RUnlock()
	t := a.build(s, addr, nil)
	if keep != nil {
		keep(t)
	}
	return t
}

// Sifted builds a tile for somebody who sees of the drafts only those that see tells by their ids.
func (a *Atlas) Sifted(addr tiles.Address, see func(id int64) bool) tiles.Tile {
	s, _ := a.scratch.Get().(*scratch)
	defer a.scratch.Put(s)
	a.mu.RLock()
	defer a.mu.RUnlock()
	return a.build(s, addr, see)
}

func (a *Atlas) build(s *scratch, addr tiles.Address, see func(id int64) bool) tiles.Tile {
	sq := squareOf(addr.Grid, addr.Z, addr.X, addr.Y)
	used := 0
	t := tiles.Tile{}
	for i := range addr.Set.Layers {
		l := a.layers[addr.Set.Layers[i].Name]
		if l == nil || addr.Z < l.decl.MinZoom {
			continue
		}
		t.Version = max(t.Version, l.floor)
		if used == len(s.drawings) {
			s.drawings = append(s.drawings, drawing{})
		}
		d := &s.drawings[used]
		used++
		d.begin(l, addr.Z)
		d.see = nil
		if addr.Set.Layers[i].Draft() {
			d.see = see
		}
		t.Version = max(t.Version, d.drawAll(s, &sq, DayOf(addr.AsOf, LastDay)))
	}
	assemble(s.drawings[:used], &t)
	return t
}

func (d *drawing) begin(l *layer, zoom int) {
	d.Reset(l.decl.Name)
	d.layer = l
	d.values.reset()
	d.marks = d.marks[:0]
	d.huge = 0
	d.keys = d.keys[:0]
	for _, f := range l.decl.Fields {
		d.keys = append(d.keys, keyNumber{drawn: zoom >= f.MinZoom})
	}
}

// drawAll draws what the layer has in a square on a day and gives the newest write that touched it.
func (d *drawing) drawAll(s *scratch, sq *square, day Day) int64 {
	l := d.layer
	margin := int64(buffer)
	if l.place {
		margin = 0
	}
	s.numbers = l.search(sq.reach(margin), sq.zoom, day, s.numbers[:0])
	s.sorted = s.sorted[:0]
	for _, n := range s.numbers {
		s.sorted = append(s.sorted, found{orderOf(&l.records[n]), n})
	}
	slices.SortFunc(s.sorted, func(p, q found) int { return cmp.Compare(p.order, q.order) })
	newest, vertices := uint32(0), 0
	for _, f := range s.sorted {
		r := &l.records[f.n]
		if d.see != nil && !d.see(int64(r.id)) {
			continue
		}
		if r.diedZoom != live && l.seen(f.n, sq.zoom) <= newest || !s.seenIn(l, f.n, sq) {
			continue
		}
		newest = max(newest, l.seen(f.n, sq.zoom))
		if r.diedZoom != live {
			continue
		}
		if len(s.geometry.Commands) > hugeBytes {
			d.huge++
			continue
		}
		d.add(s, r)
		vertices += s.geometry.Vertices
		d.marks = append(d.marks, marked{f.order, vertices, d.Mark()})
	}
	return l.floor + int64(newest)
}

// orderOf gives a record's place among the features of its layer. Ids come from a sequence and stay below 2^56.
func orderOf(r *record) uint64 { return uint64(r.rank)<<56 | uint64(r.id) } //nolint:gosec // positive

// seen gives the newest write that changed what is drawn of a record at a zoom.
func (l *layer) seen(n uint32, zoom int) uint32 {
	s, newest := l.stamp(n), uint32(0)
	if zoom >= int(s.bornZoom) {
		newest = s.born
	}
	if zoom >= int(l.records[n].diedZoom) {
		newest = max(newest, s.died)
	}
	return newest
}

// seenIn draws a record; false if nothing of it is seen in the tile. A name is written in the tile that has its place.
func (s *scratch) seenIn(l *layer, n uint32, sq *square) bool {
	if l.place {
		x, y := sq.local(l.boxes[n].minX, l.boxes[n].minY)
		if x < 0 || y < 0 || x >= mvt.Extent || y >= mvt.Extent {
			return false
		}
		if l.kind == mvt.Line {
			return s.drawName(l, &l.records[n], sq, x, y)
		}
	}
	return s.draw(l, &l.records[n], sq)
}

// add writes a record that was drawn.
func (d *drawing) add(s *scratch, r *record) {
	s.tags = s.tags[:0]
	for i, v := range d.layer.row(r.values, s.row) {
		k := &d.keys[i]
		if v == 0 || !k.drawn {
			continue
		}
		if !k.used {
			k.used, k.n = true, d.Key(d.layer.decl.Fields[i].Name)
		}
		n, known := d.values.number(v)
		if !known {
			d.Value(d.layer.dict.get(v))
		}
		s.tags = append(s.tags, k.n, n)
	}
	d.Feature(uint64(r.id), s.tags, d.layer.kind, &s.geometry) //nolint:gosec // positive
}

// assemble puts the layers together. Of a tile that would be too large the last features in the order of (rank, layer, id) are
// dropped, so that none is kept where a more important one was not; but for what is huge, which is dropped first.
func assemble(drawings []drawing, t *tiles.Tile) {
	kept, total := make([]int, 0, 16), 0
	for i := range drawings {
		d := &drawings[i]
		kept = append(kept, len(d.marks))
		total += d.Size(d.Mark())
		t.Features += len(d.marks)
		t.Dropped += d.huge
	}
	if total > tiles.MaxBytes {
		all := t.Features
		total, t.Features = fit(drawings, kept)
		t.Dropped += all - t.Features
	}
	if total == 0 {
		return
	}
	t.Data = make([]byte, 0, total)
	for i := range drawings {
		if kept[i] > 0 {
			m := drawings[i].marks[kept[i]-1]
			t.Data = drawings[i].Append(t.Data, m.Mark)
			t.Vertices += m.vertices
		}
	}
}

// fit finds how many features of each layer there is room for.
func fit(drawings []drawing, kept []int) (total, features int) {
	clear(kept)
	sizes := make([]int, len(drawings))
	for {
		next := -1
		for i := range drawings {
			if kept[i] < len(drawings[i].marks) && (next < 0 || drawings[i].marks[kept[i]].order>>56 < drawings[next].marks[kept[next]].order>>56) {
				next = i
			}
		}
		if next < 0 {
			return total, features
		}
		size := drawings[next].Size(drawings[next].marks[kept[next]].Mark)
		if total+size-sizes[next] > tiles.MaxBytes {
			return total, features
		}
		total += size - sizes[next]
		sizes[next] = size
		kept[next]++
		features++
	}
}

// numbering gives the values of a layer's dictionary their numbers in a tile, in the order in which they come.
type numbering struct {
	slots []numbered
	round uint32 // slots of another round are free
	n     uint32
}

type numbered struct{ value, n, round uint32 }

func (t *numbering) reset() {
	t.n = 0
	t.round++
	if len(t.slots) == 0 || t.round == 0 {
		t.slots, t.round = make([]numbered, 256), 1
	}
}

func (t *numbering) number(value uint32) (n uint32, known bool) {
	slot := t.slot(value)
	if slot.round == t.round {
		return slot.n, true
	}
	*slot = numbered{value, t.n, t.round}
	t.n++
	if int(t.n)*2 > len(t.slots) {
		t.grow()
	}
	return t.n - 1, false
}

func (t *numbering) slot(value uint32) *numbered {
	mask := uint32(len(t.slots) - 1) //nolint:gosec // a power of two
	for at := value * 2654435769 >> 7 & mask; ; at = (at + 1) & mask {
		if s := &t.slots[at]; s.round != t.round || s.value == value {
			return s
		}
	}
}

func (t *numbering) grow() {
	old := t.slots
	t.slots = make([]numbered, 2*len(old))
	for _, s := range old {
		if s.round == t.round {
			*t.slot(s.value) = s
		}
	}
}
