package mbtiles

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"math"
)

// What follows writes an SQLite file from its beginning to its end: https://www.sqlite.org/fileformat2.html. Rows come in the order
// of their numbers and keys come sorted, so pages are filled one after the other and never touched again.

const (
	// pageSize is a compromise: most tiles fit into a page several times, and few need more than one.
	pageSize = 16384
	// lockPage holds the byte that SQLite locks files by; it must not be used.
	lockPage = 1<<30/pageSize + 1

	leafTable, innerTable = 0x0d, 0x05
	leafIndex, innerIndex = 0x0a, 0x02

	// An inner page names so many pages: a cell takes at most 4 bytes for the page, 9 for the number and 2 for its place.
	innerPages = (pageSize - 12) / 15
	// An index page has so many keys, of at most maxKey bytes, 4 for the page and 3 for length and place.
	indexKeys = (pageSize - 12) / (maxKey + 7)
	maxKey    = 20
)

// file is a database that is written.
type file struct {
	out   *bufio.Writer
	pages uint32 // written so far
}

func newFile(w io.Writer) (*file, error) {
	f := &file{out: bufio.NewWriterSize(w, 1<<20)}
	_, err := f.add(make([]byte, pageSize)) // the first page is written last
	return f, err
}

// add writes the next page and gives its number.
func (f *file) add(page []byte) (uint32, error) {
	if f.pages+1 == lockPage {
		f.pages++
		if _, err := f.out.Write(make([]byte, pageSize)); err != nil {
			return 0, err
		}
	}
	if f.pages == math.MaxUint32-1 {
		return 0, fmt.Errorf("an SQLite file has at most %d pages", f.pages)
	}
	f.pages++
	_, err := f.out.Write(page)
	return f.pages, err
}

// page is a page that is being filled with cells.
type page struct {
	kind  byte
	right uint32 // of an inner page: the page of what is greater than all its cells
	cells []byte
	ends  []int // of the cells
}

func (p *page) reset() { p.cells, p.ends = p.cells[:0], p.ends[:0] }

// room tells how many bytes the next cell may have.
func (p *page) room() int { return pageSize - 12 - 2*(len(p.ends)+1) - len(p.cells) }

func (p *page) cell(parts ...[]byte) {
	for _, part := range parts {
		p.cells = append(p.cells, part...)
	}
	p.ends = append(p.ends, len(p.cells))
}

// bytes lays the page out. The first page of a file has the file's header before it.
func (p *page) bytes(front []byte) []byte {
	b := append(make([]byte, 0, pageSize), front...)
	start := pageSize - len(p.cells)
	b = append(b, p.kind, 0, 0)
	b = binary.BigEndian.AppendUint16(b, uint16(len(p.ends))) //nolint:gosec // at most a page's
	b = binary.BigEndian.AppendUint16(b, uint16(start))       //nolint:gosec // within the page
	b = append(b, 0)
	if p.kind == innerTable || p.kind == innerIndex {
		b = binary.BigEndian.AppendUint32(b, p.right)
	}
	from := 0
	for _, end := range p.ends {
		b = binary.BigEndian.AppendUint16(b, uint16(start+from)) //nolint:gosec // within the page
		from = end
	}
	return append(b[:start], p.cells...)
}

// table is a table that is being written: rows in the order they come, numbered from 1.
type table struct {
	file  *file
	leaf  page
	rows  uint64
	below []child
}

// child is a page and the last row in it.
type child struct {
	page uint32
	last uint64
}

func newTable(f *file) *table { return &table{file: f, leaf: page{kind: leafTable}} }

// insert adds a row. What does not fit into its page goes to pages of its own, linked one to the next.
func (t *table) insert(record []byte) error {
	t.rows++
	local := localSize(len(record))
	front := appendVarint(nil, uint64(len(record)))
	front = appendVarint(front, t.rows)
	size := len(front) + local
	if local < len(record) {
		size += 4
	}
	if size > t.leaf.room() {
		if err := t.flush(t.rows - 1); err != nil {
			return err
		}
	}
	if local == len(record) {
		t.leaf.cell(front, record)
		return nil
	}
	rest := record[local:]
	// The first of the pages has the next number; each but the last names the one after it.
	first := t.file.following(0)
	t.leaf.cell(front, record[:local], binary.BigEndian.AppendUint32(nil, first))
	for len(rest) > 0 {
		part := rest[:min(len(rest), pageSize-4)]
		rest = rest[len(part):]
		b := make([]byte, 4, pageSize)
		if len(rest) > 0 {
			binary.BigEndian.PutUint32(b, t.file.following(1))
		}
		if _, err := t.file.add(append(b, part...)[:pageSize]); err != nil {
			return err
		}
	}
	return nil
}

// following is the number of the next page, or of one so many after it.
func (f *file) following(after uint32) uint32 {
	n := f.pages + 1 + after
	if f.pages+1 <= lockPage && n >= lockPage {
		n++
	}
	return n
}

// localSize is how many bytes of a row stand in its leaf.
func localSize(n int) int {
	const most = pageSize - 35
	if n <= most {
		return n
	}
	const least = (pageSize-12)*32/255 - 23
	if k := least + (n-least)%(pageSize-4); k <= most {
		return k
	}
	return least
}

// flush writes the leaf, whose last row has this number.
func (t *table) flush(last uint64) error {
	n, err := t.file.add(t.leaf.bytes(nil))
	t.below = append(t.below, child{n, last})
	t.leaf.reset()
	return err
}

// finish writes the pages above the leaves and gives the root.
func (t *table) finish() (uint32, error) {
	if err := t.flush(t.rows); err != nil {
		return 0, err
	}
	level := t.below
	for len(level) > 1 {
		pages := (len(level) + innerPages - 1) / innerPages
		above := make([]child, 0, pages)
		for i := range pages {
			part := level[len(level)*i/pages : len(level)*(i+1)/pages]
			last := part[len(part)-1]
			inner := page{kind: innerTable, right: last.page}
			for _, c := range part[:len(part)-1] {
				inner.cell(binary.BigEndian.AppendUint32(nil, c.page), appendVarint(nil, c.last))
			}
			n, err := t.file.add(inner.bytes(nil))
			if err != nil {
				return 0, err
			}
			above = append(above, child{n, last.last})
		}
		level = above
	}
	return level[0].page, nil
}

// index writes the index of n sorted keys, at most maxKey bytes each, and gives its root. Each key stands once: in a leaf, or
// between two pages in the page above them.
func (f *file) index(n int, key func(i int) []byte) (uint32, error) {
	kind := byte(leafIndex)
	var below []uint32 // pages of the level below; one more than there are keys
	for {
		pages := max(1, (n+1+indexKeys)/(indexKeys+1))
		inPages := n - (pages - 1)
		var level []uint32
		var between [][]byte
		at := 0
		for i := range pages {
			p := page{kind: kind}
			for range inPages*(i+1)/pages - inPages*i/pages {
				k := key(at)
				size := appendVarint(nil, uint64(len(k)))
				if kind == leafIndex {
					p.cell(size, k)
				} else {
					p.cell(binary.BigEndian.AppendUint32(nil, below[at]), size, k)
				}
				at++
			}
			if kind == innerIndex {
				p.right = below[at]
			}
			number, err := f.add(p.bytes(nil))
			if err != nil {
				return 0, err
			}
			level = append(level, number)
			if i < pages-1 {
				between = append(between, key(at))
				at++
			}
		}
		if pages == 1 {
			return level[0], nil
		}
		kind, below, n = innerIndex, level, len(between)
		key = func(i int) []byte { return between[i] }
	}
}

// entry is a row of the schema.
type entry struct {
	kind, name, table, sql string
	root                   uint32
}

// first gives the first page: the file's header, and the table of all tables and indexes.
func (f *file) first(schema []entry) []byte {
	p := page{kind: leafTable}
	for i, e := range schema {
		r := record(e.kind, e.name, e.table, int64(e.root), e.sql)
		p.cell(appendVarint(nil, uint64(len(r))), appendVarint(nil, uint64(i+1)), r)
	}
	const sqliteVersion = 3_040_001 // whose rules this follows
	const magic = 0x4d504258        // an MBTiles file, as SQLite's list of such numbers has it
	b := append(make([]byte, 0, pageSize), "SQLite format 3\x00"...)
	b = binary.BigEndian.AppendUint16(b, pageSize)
	b = append(b, 1, 1, 0, 64, 32, 32)
	for _, v := range []uint32{
		1,       // changes of the file
		f.pages, // its size
		0, 0,    // no free pages
		1, 4, // changes and format of the schema
		0, 0, // no cache size told, no vacuum
		1,    // UTF-8
		0, 0, // no version of ours, no vacuum
		magic,
		0, 0, 0, 0, 0, // reserved
		1, sqliteVersion, // the size is right for this change
	} {
		b = binary.BigEndian.AppendUint32(b, v)
	}
	return p.bytes(b)
}

// record writes a row: the types of its values, then these. A value is a string, a []byte or an int64.
func record(values ...any) []byte {
	types, size := make([]byte, 1, 32), 0
	for _, v := range values {
		switch v := v.(type) {
		case string:
			types = appendVarint(types, uint64(len(v))*2+13)
			size += len(v)
		case []byte:
			types = appendVarint(types, uint64(len(v))*2+12)
			size += len(v)
		case int64:
			kind, n := integer(v)
			types = append(types, kind)
			size += n
		}
	}
	// The types' length counts itself; a row of ours has few values, so one byte tells it.
	types[0] = byte(len(types)) //nolint:gosec // some ten
	out := append(make([]byte, 0, len(types)+size), types...)
	for _, v := range values {
		switch v := v.(type) {
		case string:
			out = append(out, v...)
		case []byte:
			out = append(out, v...)
		case int64:
			_, n := integer(v)
			for n--; n >= 0; n-- {
				out = append(out, byte(v>>(8*n))) //nolint:gosec // eight bits of it
			}
		}
	}
	return out
}

// integer gives a number's type, and how many bytes it takes: 0 and 1 are types.
func integer(v int64) (kind byte, size int) {
	switch v {
	case 0:
		return 8, 0
	case 1:
		return 9, 0
	}
	for kind, size := range []int{1, 2, 3, 4, 6} {
		if most := int64(1) << (8*size - 1); -most <= v && v < most {
			return byte(kind + 1), size
		}
	}
	return 6, 8
}

// appendVarint writes a number below 2^56 as SQLite does, the highest seven bits first. Ours are sizes and numbers of rows.
func appendVarint(b []byte, v uint64) []byte {
	var digits [8]byte
	at := len(digits) - 1
	digits[at] = byte(v & 0x7f)
	for v >>= 7; v > 0; v >>= 7 {
		at--
		digits[at] = byte(v&0x7f) | 0x80
	}
	return append(b, digits[at:]...)
}
