package roster

import (
	"cmp"
	"encoding/binary"
	"math"
	"slices"
	"sort"
	"sync"

	"github.com/klauspost/compress/s2"
)

// table is rows of one kind by what owns them: reaches by their route, posts by their reach, rivers by themselves. The rows
// stand in one run of bytes in the order of owner and id, so that the garbage collector has nothing to look into:
//
//	how much the owner is larger than that of the row before, how much the id is larger than the owner, length, what is told
//
// A stretch of them at a time is compressed, which takes them to half: what stands side by side has most of its words in common.
// What was written since stands beside it, until fold brings it in.
type table struct {
	packed []byte // stretches
	marks  []mark // of each
	n      int
	words  *words
	room   sync.Pool // stretches that were unpacked

	late   map[int64][]row   // by owner
	owners map[int64][]int64 // of late rows, by id; no other row of these ids counts any more
}

// mark is where a stretch begins, and the owner of its first row.
type mark struct {
	owner int64
	at    int
}

// A stretch ends with so many rows, or when it has grown to so many bytes: to unpack one takes a microsecond.
const (
	stretchRows = 32
	stretchSize = 1536
)

// stretch is the rows of a mark.
type stretch struct {
	mark int
	rows []byte
}

// row is what is told of an id, with words written out.
type row struct {
	owner, id int64
	told      []byte
}

// of gives the rows of an owner. What is told is good until each returns.
func (t *table) of(owner int64, each func(id int64, told reader)) {
	t.walk(owner, owner, func(_, id int64, told []byte) {
		if !t.replaced(id) {
			each(id, reader{told, t.words})
		}
	})
	for _, r := range t.late[owner] {
		each(r.id, reader{r.told, t.words})
	}
}

func (t *table) replaced(id int64) bool {
	_, ok := t.owners[id]
	return ok
}

// walk gives the rows of the owners from one to another, both included.
func (t *table) walk(from, to int64, each func(owner, id int64, told []byte)) {
	// The first one's rows may begin in the stretch before the first mark that has it.
	k := max(0, sort.Search(len(t.marks), func(i int) bool { return t.marks[i].owner >= from })-1)
	for ; k < len(t.marks) && t.marks[k].owner <= to; k++ {
		s := t.unpack(k)
		o := t.marks[k].owner
		for rest := s.rows; len(rest) > 0 && o <= to; {
			further, n := binary.Uvarint(rest)
			above, m := binary.Varint(rest[n:])
			length, l := binary.Uvarint(rest[n+m:])
			told := rest[n+m+l : n+m+l+int(length)]        //nolint:gosec // as it was written
			rest = rest[n+m+l+int(length):]                //nolint:gosec // as it was written
			if o += int64(further); from <= o && o <= to { //nolint:gosec // as it was written
				each(o, o+above, told)
			}
		}
		t.room.Put(s)
	}
}

// unpack gives the rows of a mark. Who asks for many owners in their order finds most of them in the stretch that was unpacked last.
func (t *table) unpack(k int) *stretch {
	s, used := t.room.Get().(*stretch)
	if used && s.mark == k {
		return s
	}
	if !used {
		s = &stretch{rows: make([]byte, 2*stretchSize)}
	}
	end := len(t.packed)
	if k+1 < len(t.marks) {
		end = t.marks[k+1].at
	}
	s.mark = k
	s.rows, _ = s2.Decode(s.rows[:cap(s.rows)], t.packed[t.marks[k].at:end]) // as it was packed
	return s
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
	t.walk(0, math.MaxInt64, func(owner, id int64, told []byte) {
		if !t.replaced(id) {
			b.add(row{owner, id, told})
		}
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
	t := &table{n: len(b.rows), words: b.words, late: map[int64][]row{}, owners: map[int64][]int64{}}
	var pieces [][]byte
	var rows, room, out []byte
	size := 0
	for from := 0; from < len(b.rows); {
		to, owner := from, b.rows[from].owner
		t.marks = append(t.marks, mark{owner, size})
		for rows = rows[:0]; to < min(from+stretchRows, len(b.rows)) && len(rows) < stretchSize; to++ {
			r := b.rows[to]
			rows = binary.AppendUvarint(rows, uint64(r.owner-owner)) //nolint:gosec // in ascending order
			rows = append(binary.AppendUvarint(binary.AppendVarint(rows, r.id-r.owner), uint64(r.n)), b.told(r)...)
			owner = r.owner
		}
		from = to
		room = s2.Encode(room[:cap(room)], rows)
		size += len(room)
		if out = append(out, room...); len(out) > pieceSize-pieceSize/16 {
			pieces, out = append(pieces, out), make([]byte, 0, pieceSize)
		}
	}
	t.packed, t.marks = slices.Concat(append(pieces, out)...), slices.Clone(t.marks)
	*b = builder{}
	return t
}
