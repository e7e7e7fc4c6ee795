package pmtiles

import (
	"bufio"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"iter"
	"math"
	"os"
)

// journal is the file beside an unfinished archive that tells what of it is safe on the disk, in blocks: length, checksum,
// content. The first block says what was asked for, each of the others is a [mark]. What stands after the last whole block was
// being written when the power went, and counts for nothing.
type journal struct {
	file *os.File
	end  int64
}

// journalFormat begins the first block; another format is another request.
const journalFormat = "hetu export 1\n"

const blockFront = 8 // length and checksum

// castagnoli is the checksum that processors compute by themselves.
func castagnoli(sum uint32, b []byte) uint32 {
	return crc32.Update(sum, crc32.MakeTable(crc32.Castagnoli), b)
}

// append adds a block and waits until it is on the disk.
func (j *journal) append(content []byte) error {
	block := binary.LittleEndian.AppendUint32(make([]byte, 0, blockFront+len(content)), uint32(len(content))) //nolint:gosec // a mark has a megabyte
	block = binary.LittleEndian.AppendUint32(block, castagnoli(0, content))
	block = append(block, content...)
	if _, err := j.file.WriteAt(block, j.end); err != nil {
		return err
	}
	j.end += int64(len(block))
	return j.file.Sync()
}

// blocks gives the contents of the whole blocks, and where each ends. A content is good until the next is asked for.
func (j *journal) blocks() iter.Seq2[int64, []byte] {
	return func(yield func(int64, []byte) bool) {
		info, err := j.file.Stat()
		if err != nil {
			return
		}
		left := info.Size()
		r := bufio.NewReaderSize(io.NewSectionReader(j.file, 0, left), 1<<20)
		var content []byte
		for at := int64(0); left >= blockFront; {
			var front [blockFront]byte
			if _, err = io.ReadFull(r, front[:]); err != nil {
				return
			}
			length := int64(binary.LittleEndian.Uint32(front[:]))
			if left -= blockFront + length; left < 0 {
				return
			}
			if int64(cap(content)) < length {
				content = make([]byte, length)
			}
			content = content[:length]
			if _, err = io.ReadFull(r, content); err != nil || castagnoli(0, content) != binary.LittleEndian.Uint32(front[4:]) {
				return
			}
			if at += blockFront + length; !yield(at, content) {
				return
			}
		}
	}
}

// sum tells the contents of tiles apart: the first half of their SHA-256.
type sum [16]byte

// mark is a place from which an export can go on: all tiles below next are on the disk.
type mark struct {
	next    uint64 // id
	end     uint64 // bytes of tiles
	check   uint32 // of those written since the mark before
	entries []marked
}

// marked is an entry since the mark before. New says that its tile was written for it, and Sum what it was.
type marked struct {
	Entry
	New bool
	Sum sum
}

func (m *mark) bytes() []byte {
	b := make([]byte, 0, 32+32*len(m.entries))
	b = binary.AppendUvarint(b, m.next)
	b = binary.AppendUvarint(b, m.end)
	b = binary.AppendUvarint(b, uint64(m.check))
	b = binary.AppendUvarint(b, uint64(len(m.entries)))
	last := uint64(0)
	for i := range m.entries {
		e := &m.entries[i]
		b = binary.AppendUvarint(b, e.ID-last)
		last = e.ID
		b = binary.AppendUvarint(b, uint64(e.Run))
		b = binary.AppendUvarint(b, uint64(e.Length))
		b = binary.AppendUvarint(b, e.Offset)
		if e.New {
			b = append(append(b, 1), e.Sum[:]...)
		} else {
			b = append(b, 0)
		}
	}
	return b
}

var errMark = errors.New("a mark of the journal is damaged")

// parseMark reads what bytes writes. The checksum was right; this holds against what only a fault of a program can have written.
func parseMark(b []byte) (mark, error) {
	c := columns{left: b}
	m := mark{next: c.next(), end: c.next(), check: c.next32()}
	n := c.next()
	if c.bad || n > uint64(len(c.left))/5 || m.end > math.MaxInt64 {
		return mark{}, errMark
	}
	m.entries = make([]marked, n)
	last := uint64(0)
	for i := range m.entries {
		e := &m.entries[i]
		last += c.next()
		e.Entry = Entry{ID: last, Run: c.next32(), Length: c.next32(), Offset: c.next()}
		e.New = c.next() == 1
		if e.New {
			if len(c.left) < len(e.Sum) {
				return mark{}, errMark
			}
			c.left = c.left[copy(e.Sum[:], c.left):]
		}
		if c.bad || e.Run == 0 || e.Length == 0 || e.Offset > m.end || uint64(e.Length) > m.end-e.Offset {
			return mark{}, errMark
		}
	}
	return m, nil
}

// entries gives the entries of all marks, a run that a mark cut in two joined again. They do not depend on where marks were set.
func (j *journal) entries() iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		var open Entry
		first := true
		for _, content := range j.blocks() {
			if first {
				first = false
				continue
			}
			m, err := parseMark(content)
			if err != nil {
				yield(Entry{}, err)
				return
			}
			for i := range m.entries {
				e := m.entries[i].Entry
				switch {
				case open.Run == 0:
					open = e
				case e.follows(open):
					open.Run += e.Run
				default:
					if !yield(open, nil) {
						return
					}
					open = e
				}
			}
		}
		if open.Run > 0 {
			yield(open, nil)
		}
	}
}
