package pmtiles

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math"
	"os"

	"hetu/geo"
	"hetu/tiles"
)

// Finish writes what readers find the tiles by. The archive at [Writer.Partial] is then whole, checked and on the disk. An archive
// of no tiles cannot be.
func (w *Writer) Finish(doc *tiles.TileJSON) error {
	if err := w.pause(); err != nil {
		return err
	}
	if w.counts.Tiles == 0 {
		return errors.Join(geo.Errorf(geo.CodeNotFound, "there is nothing to write: no tile of %s has anything in it", doc.Name), w.Discard())
	}
	h, err := w.header(doc)
	if err != nil {
		return err
	}
	front := append(h.bytes(), h.root...)
	if _, err = w.data.WriteAt(append(front, make([]byte, frontSize-len(front))...), 0); err != nil {
		return err
	}
	if err = w.data.Sync(); err != nil {
		return err
	}
	a, err := w.Archive()
	if err != nil {
		return err
	}
	if err = a.Verify(); err != nil {
		return fmt.Errorf("check %s: %w", w.Partial(), err)
	}
	return nil
}

// Archive reads what [Writer.Finish] finished.
func (w *Writer) Archive() (*Archive, error) {
	info, err := w.data.Stat()
	if err != nil {
		return nil, err
	}
	return Open(w.data, info.Size())
}

// front is a header and the root directory it names.
type front struct {
	Header
	root []byte
}

// header writes metadata and leaf directories, and gives what stands before the tiles.
func (w *Writer) header(doc *tiles.TileJSON) (*front, error) {
	first, last, n, err := w.ends()
	if err != nil {
		return nil, err
	}
	h := &front{Header: Header{
		Data: Section{frontSize, w.counts.Bytes}, Addressed: w.counts.Tiles, Entries: n, Contents: w.counts.Contents, Clustered: true,
		Inner: Gzip, Outer: Gzip, Type: typeMVT, MinZoom: zoomOf(first), MaxZoom: zoomOf(last),
		Bounds:    geo.Extent{West: doc.Bounds[0], South: doc.Bounds[1], East: doc.Bounds[2], North: doc.Bounds[3]},
		CenterLon: doc.Center[0], CenterLat: doc.Center[1],
	}}
	h.CenterZoom = min(max(int(doc.Center[2]), h.MinZoom), h.MaxZoom)
	text, err := metadata(doc)
	if err != nil {
		return nil, err
	}
	if text, err = pack(text); err != nil {
		return nil, err
	}
	h.Metadata = Section{h.Data.end(), uint64(len(text))}
	h.Leaves.Offset = h.Metadata.end()
	if _, err = w.data.WriteAt(text, int64(h.Metadata.Offset)); err != nil { //nolint:gosec // a file's size
		return nil, err
	}
	if err = w.directories(h); err != nil {
		return nil, err
	}
	h.Root = Section{headerSize, uint64(len(h.root))}
	return h, w.data.Truncate(int64(h.Leaves.end())) //nolint:gosec // a file's size
}

// ends gives the first and the last id that has a tile, and how many entries there are.
func (w *Writer) ends() (first, last, n uint64, err error) {
	for e, err := range w.journal.entries() {
		if err != nil {
			return 0, 0, 0, err
		}
		if n == 0 {
			first = e.ID
		}
		n++
		last = e.ID + uint64(e.Run) - 1
	}
	return first, last, n, nil
}

const (
	// maxRoot bounds the root directory, which shares the front with the header.
	maxRoot = frontSize - headerSize
	// A leaf has so many entries, more if the root would then name more leaves than surely fit: each takes 12 bytes at the most.
	leafEntries = 4096
	rootEntries = maxRoot / 12
)

// directories makes the root directory of all entries, or, when that does not fit, of the leaves that it writes. A root of
// rootEntries fits: on the average an id's difference takes less than 7 bytes, the run 1, a leaf's length 3 and its offset 1,
// since leaves follow each other.
func (w *Writer) directories(h *front) error {
	if h.Entries <= maxRoot {
		all := make([]Entry, 0, h.Entries)
		for e, err := range w.journal.entries() {
			if err != nil {
				return err
			}
			all = append(all, e)
		}
		root, err := pack(directoryOf(all))
		if err != nil || len(root) <= maxRoot {
			h.root = root
			return err
		}
	}
	size := max(leafEntries, (h.Entries+rootEntries-1)/rootEntries)
	out := bufio.NewWriterSize(io.NewOffsetWriter(w.data, int64(h.Leaves.Offset)), 1<<20) //nolint:gosec // a file's size
	var root, leaf []Entry
	flush := func() error {
		b, err := pack(directoryOf(leaf))
		if err != nil || len(leaf) == 0 {
			return err
		}
		if len(b) > math.MaxUint32 {
			return errors.New("a leaf directory is larger than can be told")
		}
		root = append(root, Entry{ID: leaf[0].ID, Offset: h.Leaves.Length, Length: uint32(len(b))}) //nolint:gosec // checked
		h.Leaves.Length += uint64(len(b))
		leaf = leaf[:0]
		_, err = out.Write(b)
		return err
	}
	for e, err := range w.journal.entries() {
		if err != nil {
			return err
		}
		if leaf = append(leaf, e); uint64(len(leaf)) == size {
			if err = flush(); err != nil {
				return err
			}
		}
	}
	if err := errors.Join(flush(), out.Flush()); err != nil {
		return err
	}
	var err error
	if h.root, err = pack(directoryOf(root)); err == nil && len(h.root) > maxRoot {
		err = fmt.Errorf("the root directory of %d leaves takes %d bytes", len(root), len(h.root))
	}
	return err
}

// Publish gives the finished archive its name.
func (w *Writer) Publish() error {
	faultPoint("export-finished")
	if err := os.Rename(w.Partial(), w.path); err != nil { //nolint:gosec // where the person wants it
		return err
	}
	faultPoint("export-published")
	if err := syncFolder(w.path); err != nil {
		return err
	}
	return w.Discard()
}

// Discard removes the work files: the archive is published, or made into something else.
func (w *Writer) Discard() error {
	for _, path := range []string{w.Partial(), journalOf(w.path)} {
		if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) { //nolint:gosec // its own work files
			return err
		}
	}
	return nil
}
