package pmtiles

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// Writer writes an archive. Until it is whole its bytes are in the file OUT.partial, and beside it OUT.journal tells how much of
// it is safe: a process that ends at any moment, by a signal or with the machine, leaves what the next one goes on from, to the
// same bytes. OUT appears by a rename.
type Writer struct {
	path    string
	data    *os.File
	out     *bufio.Writer
	journal journal
	known   map[sum]place // what was written, and where
	counts  Counts
	next    uint64 // id to go on from
	open    marked // the last entry, which the next tile may prolong
	since   mark   // what was written since the last mark
	tiles   int    // how many of them
	every   int    // a mark is set after so many
	syncing chan error
	anew    string
}

// place is where a content stands.
type place struct {
	offset uint64
	length uint32
}

// Counts says how much was written.
type Counts struct {
	Tiles    uint64 // that can be asked for
	Contents uint64 // different ones
	Bytes    uint64 // of these
}

const (
	// A mark is set after so many tiles or bytes: what is lost by a kill, a second's work or two.
	markTiles = 16384
	markBytes = 32 << 20
	// maxKnown bounds the memory for finding equal tiles, some 80 bytes each. What is written after so many different ones is
	// compared with them only.
	maxKnown = 4 << 20
)

// Begin starts an archive that will stand at path, or goes on with one: request names all that its bytes depend on, in words that
// a person understands. Work that was left for another request is thrown away.
func Begin(path, request string) (*Writer, error) {
	w := &Writer{path: path, every: markTiles}
	if err := w.lock(); err != nil {
		return nil, err
	}
	data, err := openWork(w.Partial())
	if err != nil {
		return nil, errors.Join(err, w.journal.file.Close())
	}
	w.data = data
	if err = w.start(request); err != nil {
		return nil, errors.Join(err, w.Close())
	}
	return w, nil
}

// openWork opens a work file. Someone else's link of its name, in a folder where others write too, is not followed: what it points
// at would be cut to nothing.
func openWork(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_RDWR|os.O_CREATE|unix.O_NOFOLLOW, 0o666) //nolint:gosec // what is written for others to read
}

// Partial is where the archive is until it is published.
func (w *Writer) Partial() string { return w.path + ".partial" }

func journalOf(path string) string { return path + ".journal" }

// lock opens the journal and keeps other processes from the same work. The one that held the lock may have finished and removed
// the file in the meantime; then the file that is locked is no longer the one of this name.
func (w *Writer) lock() error {
	for {
		f, err := openWork(journalOf(w.path))
		if err != nil {
			return err
		}
		if err = unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
			return errors.Join(fmt.Errorf("another process is writing %s; wait for it or end it: %w", w.path, err), f.Close())
		}
		ours, err := f.Stat()
		if err != nil {
			return errors.Join(err, f.Close())
		}
		named, err := os.Stat(journalOf(w.path))
		if err == nil && os.SameFile(ours, named) {
			w.journal.file = f
			return nil
		}
		if err = f.Close(); err != nil {
			return err
		}
	}
}

// start goes on from the last mark, or begins.
func (w *Writer) start(request string) error {
	w.reset()
	reason, err := w.resume(request)
	if err != nil {
		return err
	}
	if w.journal.end == 0 {
		w.reset()
		w.anew = reason
		if err = w.journal.file.Truncate(0); err != nil {
			return err
		}
		if err = w.data.Truncate(0); err != nil {
			return err
		}
		if err = w.journal.append([]byte(journalFormat + request)); err != nil {
			return err
		}
		if err = syncFolder(w.path); err != nil {
			return err
		}
	}
	if err = w.journal.file.Truncate(w.journal.end); err != nil {
		return err
	}
	if err = w.data.Truncate(int64(frontSize + w.counts.Bytes)); err != nil { //nolint:gosec // a file's size
		return err
	}
	w.since.end = w.counts.Bytes
	w.out = bufio.NewWriterSize(io.NewOffsetWriter(w.data, int64(frontSize+w.counts.Bytes)), 1<<20) //nolint:gosec // as above
	return nil
}

func (w *Writer) reset() {
	w.journal.end, w.known, w.counts, w.next = 0, map[sum]place{}, Counts{}, 0
	w.since = mark{}
}

// resume reads the journal as far as it is whole and the data agree with it. When nothing can be gone on from, it says why.
func (w *Writer) resume(request string) (reason string, err error) {
	info, err := w.data.Stat()
	if err != nil {
		return "", err
	}
	first := true
	for at, content := range w.journal.blocks() {
		if first {
			first = false
			if string(content) != journalFormat+request {
				return fmt.Sprintf("what %s holds was asked for otherwise (%s)", w.Partial(), trimFormat(content)), nil
			}
			w.journal.end = at
			continue
		}
		m, err := parseMark(content)
		if err != nil || !w.holds(&m, info.Size()) {
			return "", nil
		}
		for i := range m.entries {
			e := &m.entries[i]
			w.counts.Tiles += uint64(e.Run)
			if e.New {
				w.remember(e.Sum, place{e.Offset, e.Length})
				w.counts.Contents++
			}
		}
		w.counts.Bytes, w.next, w.journal.end = m.end, m.next, at
	}
	if first && info.Size() > 0 {
		return w.Partial() + " has no journal that can be read", nil
	}
	return "", nil
}

func trimFormat(content []byte) string {
	const most = 300
	text := string(content[:min(len(content), most)])
	if len(text) > len(journalFormat) && text[:len(journalFormat)] == journalFormat {
		return text[len(journalFormat):]
	}
	return "by another version of hetu"
}

// holds tells whether the data since the mark before are those that the mark was set on.
func (w *Writer) holds(m *mark, size int64) bool {
	if m.end < w.counts.Bytes || m.next < w.next || size < frontSize || m.end > uint64(size-frontSize) {
		return false
	}
	at, check, b := w.counts.Bytes, uint32(0), make([]byte, 1<<20)
	for at < m.end {
		part := b[:min(uint64(len(b)), m.end-at)]
		if _, err := w.data.ReadAt(part, int64(frontSize+at)); err != nil { //nolint:gosec // within the file
			return false
		}
		check = castagnoli(check, part)
		at += uint64(len(part))
	}
	return check == m.check
}

func (w *Writer) remember(s sum, p place) {
	if len(w.known) < maxKnown {
		w.known[s] = p
	}
}

// Anew says why work that was left could not be gone on with; "" if it could, or there was none.
func (w *Writer) Anew() string { return w.anew }

// Counts tells what is written, with what was found when the writer began.
func (w *Writer) Counts() Counts { return w.counts }

// add takes the next tile, in the order of the ids.
func (w *Writer) add(id uint64, tile []byte, s sum) error {
	w.tiles++
	w.counts.Tiles++
	at, known := w.known[s]
	if !known {
		at = place{w.counts.Bytes, uint32(len(tile))} //nolint:gosec // a tile is bounded
		if _, err := w.out.Write(tile); err != nil {
			return err
		}
		w.since.check = castagnoli(w.since.check, tile)
		w.counts.Contents++
		w.counts.Bytes += uint64(len(tile))
		w.remember(s, at)
	}
	e := marked{Entry: Entry{ID: id, Offset: at.offset, Length: at.length, Run: 1}, New: !known, Sum: s}
	if w.open.Run > 0 && e.follows(w.open.Entry) {
		w.open.Run++
		return nil
	}
	w.shut()
	w.open = e
	return nil
}

// shut ends the last entry's run.
func (w *Writer) shut() {
	if w.open.Run > 0 {
		w.since.entries = append(w.since.entries, w.open)
		w.open = marked{}
	}
}

// reached says that all tiles below an id were added. When enough was since the last mark, the next one is set, behind the
// back of the writer: a disk takes its time. While it does, no other is begun.
func (w *Writer) reached(next uint64) error {
	w.next = next
	if w.tiles < w.every && w.counts.Bytes-w.since.end < markBytes {
		return nil
	}
	if w.syncing != nil {
		select {
		case err := <-w.syncing:
			w.syncing = nil
			if err != nil {
				return err
			}
		default:
			return nil
		}
	}
	return w.mark()
}

// mark begins to bring all that was added to the disk, and then the mark that says so.
func (w *Writer) mark() error {
	w.shut()
	if err := w.out.Flush(); err != nil {
		return err
	}
	w.since.next, w.since.end = w.next, w.counts.Bytes
	content := w.since.bytes()
	w.since = mark{end: w.counts.Bytes, entries: w.since.entries[:0]}
	w.tiles = 0
	done := make(chan error, 1)
	w.syncing = done
	go func() {
		done <- func() error {
			if err := w.data.Sync(); err != nil {
				return err
			}
			faultPoint("export-data-synced")
			if err := w.journal.append(content); err != nil {
				return err
			}
			faultPoint("export-marked")
			return nil
		}()
	}()
	return nil
}

// settle waits for the mark that is being set.
func (w *Writer) settle() error {
	if w.syncing == nil {
		return nil
	}
	err := <-w.syncing
	w.syncing = nil
	return err
}

// pause sets a last mark, so that what was added is gone on from.
func (w *Writer) pause() error {
	if err := w.settle(); err != nil {
		return err
	}
	if w.tiles == 0 {
		return nil
	}
	if err := w.mark(); err != nil {
		return err
	}
	return w.settle()
}

// Close gives the files back. What was not published is left to be gone on with.
func (w *Writer) Close() error {
	return errors.Join(w.settle(), w.data.Close(), w.journal.file.Close())
}

// syncFolder brings a file's name to the disk.
func syncFolder(path string) error {
	d, err := os.Open(filepath.Dir(path)) //nolint:gosec // the folder that was written to
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
