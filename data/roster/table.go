package roster

import (
	"cmp"
	"encoding/binary"
	"slices"
	"sort"
)

// table is rows of one kind by what owns them: reaches by their route, posts by their reach, rivers by themselves. The rows
// stand in one run of bytes in the order of owner and id, so that the garbage collector has nothing to look into:
//
//	how much the owner is larger than that of the row before, how much the id is larger than the owner, length, what is told
//
// What was written since stands beside it, until fold brings it in.
type table struct {
	rows  []byte
	marks []mark // of every markEvery-th row
	n     int
	words *words

	late   map[int64][]row   // by owner
	owners map[int64][]int64 // of late rows, by id; no other row of these ids counts any more
}

// mark is where a row begins.
type mark struct {
	owner int64
	at    int
}

const markEvery = 16

// row is what is told of an id, with words written out.
type row struct {
	owner, id int64
	told      []byte
}

// of gives the rows of an owner.
func (t *table) of(owner int64, each func(id int64, told reader)) {
	t.walk(owner, func(o, id int64, told []byte) bool {
		if o == owner && !t.replaced(id) {
			each(id, reader{told, t.words})
		}
		return o <= owner
	})
	for _, r := range t.late[owner] {
		each(r.id, reader{r.told, t.words})
	}
}

func (t *table) replaced(id int64) bool {
	_, ok := t.owners[id]
	return ok
}

// walk goes along the rows from some way before an owner's first one, while each says so.
func (t *table) walk(owner int64, each func(owner, id int64, told []byte) bool) {
	// The owner's rows may begin in the stretch before the first mark that has it.
	k := max(0, sort.Search(len(t.marks), func(i int) bool { return t.marks[i].owner >= owner })-1)
	if k >= len(t.marks) {
		return
	}
	rest, o := t.rows[t.marks[k].at:], t.marks[k].owner
	for i := 0; len(rest) > 0; i++ {
		further, n := binary.Uvarint(rest)
		above, m := binary.Varint(rest[n:])
		length, l := binary.Uvarint(rest[n+m:])
		told := rest[n+m+l : n+m+l+int(length)] //nolint:gosec // as it was written
		rest = rest[n+m+l+int(length):]         //nolint:gosec // as it was written
		if i > 0 {
			o += int64(further) //nolint:gosec // as it was written
		}
		if !each(o, o+above, told) {
			return
		}
	}
}

// put replaces all rows of an id.
func (t *table) put(id int64, rows []row) {
	for _, o := range t.owners[id] {
		left := slices.DeleteFunc(t.late[o], func(r row) bool { return r.id == id })
		if len(left) == 0 {
			delete(t.late, o)
		} else {
			t.late[o] = left
		}
	}
	owners := make([]int64, 0, len(rows))
	for _, r := range rows {
		t.late[r.owner] = append(t.late[r.owner], r)
		if !slices.Contains(owners, r.owner) {
			owners = append(owners, r.owner)
		}
	}
	t.owners[id] = owners
}

// full tells that so much was written since that it is time to fold.
func (t *table) full() bool { return len(t.owners) > 4096+t.n/8 }

// fold gives a table of the same rows, none of them late. The table stays as it is for its readers.
func (t *table) fold() *table {
	b := builder{packer: packer{words: t.words}}
	t.walk(0, func(owner, id int64, told []byte) bool {
		if !t.replaced(id) {
			b.add(row{owner, id, told})
		}
		return true
	})
	for _, rows := range t.late {
		for _, r := range rows {
			b.add(r)
		}
	}
	return b.table()
}

// builder makes a table of rows in any order; those of one owner and id keep theirs. What was packed is put aside a piece at a
// time: one long run would be copied again and again while it grows.
type builder struct {
	packer
	aside [][]byte
	rows  []place
}

const (
	pieceBits = 20
	pieceSize = 1 << pieceBits
	// mostPieces bounds the rows of a kind to 4 GB, which is those of fifty million reaches.
	mostPieces = 1 << (32 - pieceBits)
)

// place is where a row's bytes stand: the number of a piece, the last one being what is packed just now, above that in the
// piece; and how many they are.
type place struct {
	owner, id int64
	at, n     uint32
}

// end makes a row of what was packed since at.
func (b *builder) end(owner, id int64, at int) {
	b.rows = append(b.rows, place{owner, id, uint32(len(b.aside)<<pieceBits | at), uint32(len(b.buf) - at)}) //nolint:gosec // a piece ends before its size, and full says when there are too many
	if len(b.buf) > pieceSize-pieceSize/16 {
		b.aside, b.buf = append(b.aside, b.buf), make([]byte, 0, pieceSize)
	}
}

// full tells that no row more can be added.
func (b *builder) full() bool { return len(b.aside) == mostPieces-1 }

func (b *builder) add(r row) {
	at := len(b.buf)
	b.buf = append(b.buf, r.told...)
	b.end(r.owner, r.id, at)
}

func (b *builder) told(p place) []byte {
	piece, at := b.buf, p.at&(pieceSize-1)
	if n := int(p.at >> pieceBits); n < len(b.aside) {
		piece = b.aside[n]
	}
	return piece[at : at+p.n]
}

// byID gives the rows of each id.
func (b *builder) byID() map[int64][]row {
	out := map[int64][]row{}
	for _, r := range b.rows {
		out[r.id] = append(out[r.id], row{r.owner, r.id, b.told(r)})
	}
	return out
}

// table gives the table; the builder is used up.
func (b *builder) table() *table {
	slices.SortFunc(b.rows, func(x, y place) int {
		return cmp.Or(cmp.Compare(x.owner, y.owner), cmp.Compare(x.id, y.id), cmp.Compare(x.at, y.at))
	})
	t := &table{n: len(b.rows), words: b.words, late: map[int64][]row{}, owners: map[int64][]int64{}, marks: make([]mark, 0, (len(b.rows)+markEvery-1)/markEvery)}
	// Twice the same way: once to count, once to write.
	t.rows = make([]byte, 0, b.write(nil, nil))
	b.write(t, &t.rows)
	*b = builder{}
	return t
}

// write gives the number of bytes that the rows in their order take, and appends them if they are asked for.
func (b *builder) write(t *table, out *[]byte) int {
	size := 0
	var head [3 * binary.MaxVarintLen64]byte
	last := int64(0)
	for i, r := range b.rows {
		if i == 0 {
			last = r.owner
		}
		h := binary.AppendUvarint(head[:0], uint64(r.owner-last)) //nolint:gosec // in ascending order
		h = binary.AppendUvarint(binary.AppendVarint(h, r.id-r.owner), uint64(r.n))
		last = r.owner
		if out != nil {
			if i%markEvery == 0 {
				t.marks = append(t.marks, mark{r.owner, size})
			}
			*out = append(append(*out, h...), b.told(r)...)
		}
		size += len(h) + int(r.n)
	}
	return size
}
