package atlas

import "slices"

// The lines of some layers run along those of another, vertex by vertex: a reach along its river. What both have is kept once: such
// a line borrows its way from the other's steps, the bed, and has only its own classes, for which vertices are drawn at a zoom is
// each line's own affair. What is drawn is the same as if it did not borrow.
//
// A line that borrows is written as the position of its first vertex, where in the bed the step to its second stands, and the
// classes of all, eight in a word.

// bed is the steps that a layer's lines may borrow from. They stay as they are, whatever becomes of the layer they are of.
type bed struct {
	steps []uint32
	of    *lineage
}

// lineage tells whether two arrays of steps began as one: places in the shorter are places in the longer.
type lineage struct{ _ byte }

// borrowed marks the record of a lone part that borrows, in record.part.
const borrowed = 1 << 30

// bedWords is how many words of a line that borrows are no classes.
const bedWords = 3

// leastBorrowed is from how many vertices on borrowing is shorter.
const leastBorrowed = 6

// borrow writes a line that runs along the bed from a place on.
func (l *layer) borrow(vertices []point, levels []uint8, place uint32) {
	l.steps = append(l.steps, vertices[0].x, vertices[0].y, place)
	for eight := range slices.Chunk(levels, 8) {
		word := uint32(0)
		for i, level := range eight {
			word |= classOf(int(level)) << (classBits * i)
		}
		l.steps = append(l.steps, word)
	}
}

// walker goes along a record's parts from their beginning.
func (l *layer) walker(r *record) walker {
	if r.part&(lone|borrowed) != lone|borrowed {
		return walker{steps: l.steps, at: int(r.step)}
	}
	own := l.steps[r.step:]
	return walker{steps: l.bed.steps, at: int(own[2]), x: own[0], y: own[1], classes: own[bedWords:]}
}

// points gives all vertices of a feature with their levels, part by part.
func (l *layer) points(r *record, each func(p part, vertices []point, levels []uint8)) {
	w := l.walker(r)
	var room [1]part
	vertices, levels := make([]point, 0, 64), make([]uint8, 0, 64)
	for _, p := range l.partsOf(r, &room) {
		vertices, levels = vertices[:0], levels[:0]
		for range p.n() {
			level := levelOfClass(w.next())
			vertices, levels = append(vertices, point{w.x, w.y}), append(levels, level)
		}
		each(p, vertices, levels)
	}
}

// borrowers finds where in a bed the lines of a layer run.
type borrowers struct {
	layer  *layer
	slots  []first  // records by their first two vertices: open addressing
	next   []uint32 // the next record with the same
	filter []uint64 // bits of the same, small enough to stay at hand
	places []uint32 // by record, where it borrows from; 0 if it does not
}

// first is a record, counted from 1, and the hash of its first two vertices.
type first struct{ n, hash uint32 }

const filterBits = 24

// findIn gives for each record of a layer where in another it may borrow from, 0 if it may not. What two records share is found
// for the first of them.
func (l *layer) findIn(lender *layer) []uint32 {
	b := &borrowers{
		layer: l, slots: make([]first, 64+2*len(l.records)), next: make([]uint32, len(l.records)),
		filter: make([]uint64, 1<<filterBits/64), places: make([]uint32, len(l.records)),
	}
	for n := range l.records {
		r := &l.records[n]
		if r.part&lone == 0 || r.part&^(lone|borrowed) < leastBorrowed || (n > 0 && l.records[n-1].step == r.step) {
			continue
		}
		w := l.walker(r)
		w.next()
		first := point{w.x, w.y}
		w.next()
		b.put(uint32(n), first, point{w.x, w.y})
	}
	var before *record
	for n := range lender.records {
		r := &lender.records[n]
		if before == nil || before.step != r.step {
			b.along(lender, r)
		}
		before = r
	}
	return b.places
}

func pairOf(a, b point) uint64 {
	h := (uint64(a.x)<<32 | uint64(a.y)) * 0x9e3779b97f4a7c15
	h = (h ^ h>>29 ^ uint64(b.x)<<32 ^ uint64(b.y)) * 0xbf58476d1ce4e5b9
	return h ^ h>>32
}

func (b *borrowers) put(n uint32, one, two point) {
	h := pairOf(one, two)
	b.filter[h>>(64-filterBits)/64] |= 1 << (h >> (64 - filterBits) % 64)
	at := b.slot(h, one, two)
	b.next[n] = b.slots[at].n
	b.slots[at] = first{n + 1, uint32(h >> 32)}
}

// slot finds where the records that begin with two vertices stand, or would.
func (b *borrowers) slot(h uint64, one, two point) uint64 {
	size := uint64(len(b.slots))
	for at := h & (1<<32 - 1) * size >> 32; ; {
		s := b.slots[at]
		if s.n == 0 {
			return at
		}
		if s.hash == uint32(h>>32) {
			w := b.layer.walker(&b.layer.records[s.n-1])
			if w.next(); (point{w.x, w.y}) == one {
				if w.next(); (point{w.x, w.y}) == two {
					return at
				}
			}
		}
		if at++; at == size {
			at = 0
		}
	}
}

// along looks at every vertex of a record of the bed.
func (b *borrowers) along(lender *layer, r *record) {
	var room [1]part
	w := lender.walker(r)
	for _, p := range lender.partsOf(r, &room) {
		w.next()
		for left := p.n() - 1; left > 0; left-- {
			before := w
			w.next()
			one, two := point{before.x, before.y}, point{w.x, w.y}
			h := pairOf(one, two)
			if b.filter[h>>(64-filterBits)/64]&(1<<(h>>(64-filterBits)%64)) == 0 {
				continue
			}
			for n := b.slots[b.slot(h, one, two)].n; n != 0; n = b.next[n-1] {
				if b.places[n-1] == 0 && b.layer.runsAlong(&b.layer.records[n-1], before, left) {
					b.places[n-1] = uint32(before.at) //nolint:gosec // a place in steps
				}
			}
		}
	}
}

// runsAlong tells whether a lone part has the vertices that come from a place in a bed on, of which so many are left.
func (l *layer) runsAlong(r *record, bed walker, left int) bool {
	n := int(r.part &^ (lone | borrowed))
	if n-1 > left {
		return false
	}
	w := l.walker(r)
	w.next()
	for range n - 1 {
		w.next()
		bed.next()
		if w.x != bed.x || w.y != bed.y {
			return false
		}
	}
	return true
}
