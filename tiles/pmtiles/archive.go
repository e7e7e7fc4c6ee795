// Package pmtiles writes and reads PMTiles archives, version 3: all tiles of a pyramid in one file that maps read piece by piece
// from any web server. https://github.com/protomaps/PMTiles/blob/main/spec/v3/spec.md
//
// [Begin] and [Writer.Build] write one, [Open] reads it, [Archive.Verify] checks that it is laid out as it should be. The tiles
// stand at byte 16384 and are written once, as they are made; what needs to know all of them, the metadata and the leaf
// directories, stands behind them, and the root directory before.
package pmtiles

import (
	"errors"
	"fmt"
	"io"
	"iter"
	"sort"

	"hetu/geo"
)

// maxDepth bounds how deep directories nest: a damaged one could name itself. Readers in browsers stop at the same depth.
const maxDepth = 4

// Archive is an archive that is read.
type Archive struct {
	Header

	r    io.ReaderAt
	size uint64
	root []Entry
}

// Open reads the header and the root directory of an archive of this size. What they name lies in the file, whatever they are.
func Open(r io.ReaderAt, size int64) (*Archive, error) {
	a := &Archive{r: r, size: uint64(max(size, 0))}
	front := make([]byte, min(a.size, headerSize))
	if err := a.readAt(front, 0); err != nil {
		return nil, err
	}
	var err error
	if a.Header, err = parseHeader(front, a.size); err != nil {
		return nil, err
	}
	if a.root, err = a.directory(a.Root); err != nil {
		return nil, err
	}
	return a, nil
}

func (a *Archive) readAt(b []byte, at uint64) error {
	n, err := a.r.ReadAt(b, int64(at)) //nolint:gosec // within the file
	if n == len(b) {
		return nil
	}
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return fmt.Errorf("read the archive at byte %d: %w", at, err)
}

// section reads a part that lies in the file, and unpacks it.
func (a *Archive) section(s Section) ([]byte, error) {
	if s.Length > maxInner {
		return nil, geo.Errorf(geo.CodeInvalid, "a part of the archive is larger than %d bytes", maxInner)
	}
	b := make([]byte, s.Length)
	if err := a.readAt(b, s.Offset); err != nil {
		return nil, err
	}
	return unpack(b, a.Inner)
}

func (a *Archive) directory(s Section) ([]Entry, error) {
	b, err := a.section(s)
	if err != nil {
		return nil, err
	}
	return parseDirectory(b)
}

// leaf reads the directory that an entry names. Its entries have ids from the entry's own on.
func (a *Archive) leaf(e Entry) ([]Entry, error) {
	if uint64(e.Length) > a.Leaves.Length || e.Offset > a.Leaves.Length-uint64(e.Length) {
		return nil, errDirectory
	}
	entries, err := a.directory(Section{a.Leaves.Offset + e.Offset, uint64(e.Length)})
	if err != nil {
		return nil, err
	}
	if entries[0].ID < e.ID {
		return nil, errDirectory
	}
	return entries, nil
}

// JSON gives the metadata.
func (a *Archive) JSON() ([]byte, error) { return a.section(a.Metadata) }

// Tile gives the bytes of a tile as they are stored, which Outer says how to unpack. A tile that is not there is
// [geo.CodeNotFound].
func (a *Archive) Tile(z, x, y int) ([]byte, error) {
	if z < 0 || z > maxZoom || x < 0 || y < 0 || x >= 1<<z || y >= 1<<z {
		return nil, geo.Errorf(geo.CodeNotFound, "there is no tile %d/%d/%d", z, x, y)
	}
	id := ID(z, x, y)
	entries := a.root
	for range maxDepth {
		at := sort.Search(len(entries), func(i int) bool { return entries[i].ID > id })
		if at == 0 {
			break
		}
		e := entries[at-1]
		if e.Run > 0 {
			if id-e.ID >= uint64(e.Run) {
				break
			}
			return a.Content(e)
		}
		var err error
		if entries, err = a.leaf(e); err != nil {
			return nil, err
		}
	}
	return nil, geo.Errorf(geo.CodeNotFound, "the archive has no tile %d/%d/%d", z, x, y)
}

// Content gives the bytes that an entry names.
func (a *Archive) Content(e Entry) ([]byte, error) {
	if uint64(e.Length) > a.Data.Length || e.Offset > a.Data.Length-uint64(e.Length) {
		return nil, geo.Errorf(geo.CodeInvalid, "the archive's tile %d lies outside of its tiles", e.ID)
	}
	b := make([]byte, e.Length)
	return b, a.readAt(b, a.Data.Offset+e.Offset)
}

// All gives the entries of all tiles in the order of their ids. An error ends the sequence.
func (a *Archive) All() iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		a.walk(a.root, 1, yield)
	}
}

func (a *Archive) walk(entries []Entry, depth int, yield func(Entry, error) bool) bool {
	for _, e := range entries {
		if e.Run > 0 {
			if !yield(e, nil) {
				return false
			}
			continue
		}
		if depth == maxDepth {
			yield(Entry{}, errDirectory)
			return false
		}
		below, err := a.leaf(e)
		if err != nil {
			yield(Entry{}, err)
			return false
		}
		if !a.walk(below, depth+1, yield) {
			return false
		}
	}
	return true
}
