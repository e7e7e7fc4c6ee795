package pmtiles

import (
	"bytes"
	"encoding/binary"
	"io"
	"math"

	"github.com/klauspost/compress/gzip"

	"hetu/geo"
)

// Entry says where a tile lies in the section of tiles, and for how many ids from ID on it is the same. Without a run it is a
// directory, in the section of leaves, whose first entry has this ID.
type Entry struct {
	ID     uint64
	Offset uint64
	Length uint32
	Run    uint32
}

// follows tells whether e goes on with the run of a.
func (e Entry) follows(a Entry) bool {
	return e.ID == a.ID+uint64(a.Run) && e.Offset == a.Offset && e.Length == a.Length && uint64(a.Run)+uint64(e.Run) <= math.MaxUint32
}

// maxInner bounds a directory or the metadata when unpacked: far more than any writer makes, and no memory to speak of.
const maxInner = 16 << 20

// directoryOf writes a directory in columns: how many, the ids as differences, runs, lengths, offsets, of which 0 says that a
// tile follows the one before.
func directoryOf(entries []Entry) []byte {
	b := binary.AppendUvarint(nil, uint64(len(entries)))
	last := uint64(0)
	for _, e := range entries {
		b = binary.AppendUvarint(b, e.ID-last)
		last = e.ID
	}
	for _, e := range entries {
		b = binary.AppendUvarint(b, uint64(e.Run))
	}
	for _, e := range entries {
		b = binary.AppendUvarint(b, uint64(e.Length))
	}
	end := uint64(0)
	for i, e := range entries {
		if i > 0 && e.Offset == end {
			b = append(b, 0)
		} else {
			b = binary.AppendUvarint(b, e.Offset+1)
		}
		end = e.Offset + uint64(e.Length)
	}
	return b
}

// columns reads numbers one after the other; bad is set when there was none.
type columns struct {
	left []byte
	bad  bool
}

func (c *columns) next() uint64 {
	v, n := binary.Uvarint(c.left)
	if n <= 0 {
		c.bad = true
		return 0
	}
	c.left = c.left[n:]
	return v
}

func (c *columns) next32() uint32 {
	v := c.next()
	if v > math.MaxUint32 {
		c.bad = true
	}
	return uint32(v) //nolint:gosec // checked
}

// parseDirectory reads what directoryOf writes. The ids rise, no run reaches into the next entry, nothing is empty.
func parseDirectory(b []byte) ([]Entry, error) {
	c := columns{left: b}
	n := c.next()
	// An entry has four numbers of a byte each at the least.
	if c.bad || n == 0 || n > uint64(len(c.left))/4 {
		return nil, errDirectory
	}
	entries := make([]Entry, n)
	id := uint64(0)
	for i := range entries {
		step := c.next()
		if id+step < id || i > 0 && step == 0 {
			return nil, errDirectory
		}
		id += step
		entries[i].ID = id
	}
	for i := range entries {
		e := &entries[i]
		e.Run = c.next32()
		if last := e.ID + uint64(e.Run); last < e.ID || i+1 < len(entries) && last > entries[i+1].ID || last > firstOf(maxZoom+1) {
			return nil, errDirectory
		}
	}
	for i := range entries {
		if entries[i].Length = c.next32(); entries[i].Length == 0 {
			return nil, errDirectory
		}
	}
	for i := range entries {
		switch v := c.next(); {
		case v > 0:
			entries[i].Offset = v - 1
		case i == 0:
			return nil, errDirectory
		default:
			entries[i].Offset = entries[i-1].Offset + uint64(entries[i-1].Length)
		}
		if entries[i].Offset > math.MaxInt64 {
			return nil, errDirectory
		}
	}
	if c.bad || len(c.left) > 0 {
		return nil, errDirectory
	}
	return entries, nil
}

var errDirectory = geo.Errorf(geo.CodeInvalid, "a directory of the archive is damaged")

// pack compresses directories and metadata.
func pack(b []byte) ([]byte, error) {
	var out bytes.Buffer
	w, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err = w.Write(b); err != nil {
		return nil, err
	}
	if err = w.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// unpack is the way back. What grows beyond the bound is not read to its end.
func unpack(b []byte, how Compression) ([]byte, error) {
	if how == None {
		return b, nil
	}
	r, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		return nil, geo.Wrapf(err, geo.CodeInvalid, "a part of the archive cannot be unpacked")
	}
	out, err := io.ReadAll(io.LimitReader(r, maxInner+1))
	if err != nil {
		return nil, geo.Wrapf(err, geo.CodeInvalid, "a part of the archive cannot be unpacked")
	}
	if len(out) > maxInner {
		return nil, geo.Errorf(geo.CodeInvalid, "a part of the archive is larger than %d bytes", maxInner)
	}
	return out, nil
}
