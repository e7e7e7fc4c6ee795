package atlas

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
	"unsafe"

	"golang.org/x/sync/errgroup"

	"hetu/tiles/huge"
)

// A snapshot is the settled atlas in a file: a head that says of what store and when it was taken, and the flat arrays as they
// stand in memory, each with its checksum. It is written beside its place and moved there when it is on the disk.
//
//	"hetu atlas 2\n" · length of the head, 8 bytes · head, JSON · its CRC-32C, 4 bytes · sections

// magic is changed when what follows it means something else.
const magic = "hetu atlas 2\n"

type head struct {
	Program  uint32    `json:"program"` // checksum of the one that wrote it
	Position Position  `json:"position"`
	Version  int64     `json:"version"`
	Sections []section `json:"sections"`
}

// section is one flat array.
type section struct {
	Layer string `json:"layer"`
	Array string `json:"array"`
	Bytes int64  `json:"bytes"`
	CRC   uint32 `json:"crc"`
}

func castagnoli() *crc32.Table { return crc32.MakeTable(crc32.Castagnoli) }

// Program is the checksum of the file that runs, also when another stands in its place by now. Another program's snapshot is not
// read: what an array means, or what a source makes of the same rows, may have changed with nothing changed in size.
func Program() (uint32, error) {
	f, err := os.Open("/proc/self/exe")
	if err != nil {
		return 0, err
	}
	defer func() { _ = f.Close() }()
	sum := crc32.New(castagnoli())
	_, err = io.Copy(sum, f)
	return sum.Sum32(), err
}

// array is a flat array of a layer, seen as bytes.
type array struct {
	name string
	get  func(*layer) []byte
	set  func(*layer, int64) ([]byte, error) // makes room for so many bytes
}

func arrayOf[T any](name string, of func(*layer) *[]T) array {
	var one T
	size := int64(unsafe.Sizeof(one)) //nolint:gosec // only its size is taken
	return array{
		name: name,
		get: func(l *layer) []byte {
			s := *of(l)
			return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(s))), int64(len(s))*size) //nolint:gosec // numbers without pointers, as bytes
		},
		set: func(l *layer, n int64) ([]byte, error) {
			if n%size != 0 {
				return nil, fmt.Errorf("%d bytes are no whole number of entries", n)
			}
			s := huge.For[T](int(n/size) + spare(int(n/size)))[:n/size]
			*of(l) = s
			return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(s))), n), nil //nolint:gosec // as above
		},
	}
}

const recordsName = "records"

func arrays() []array {
	return []array{
		arrayOf("steps", func(l *layer) *[]uint32 { return &l.steps }),
		arrayOf("parts", func(l *layer) *[]part { return &l.parts }),
		arrayOf("longs", func(l *layer) *[]long { return &l.longs }),
		arrayOf("few", func(l *layer) *[]uint32 { return &l.few }),
		arrayOf("chunks", func(l *layer) *[]chunk { return &l.chunks }),
		arrayOf(recordsName, func(l *layer) *[]record { return &l.records }),
		arrayOf("boxes", func(l *layer) *[]box { return &l.boxes }),
		arrayOf("values", func(l *layer) *[]uint32 { return &l.values }),
		arrayOf("ids", func(l *layer) *[]uint32 { return &l.byID }),
		arrayOf("dictionary", func(l *layer) *[]byte { return &l.dict.bytes }),
		arrayOf("periods", func(l *layer) *[]period { return &l.periods.all }),
	}
}

// SnapshotError says that a snapshot was not written. The one before stays.
type SnapshotError struct{ cause error }

// Error gives the cause, which names the file.
func (e *SnapshotError) Error() string { return "write the snapshot: " + e.cause.Error() }

// Unwrap gives the cause.
func (e *SnapshotError) Unwrap() error { return e.cause }

// saver writes snapshots of an atlas beside its work.
type saver struct {
	atlas   *Atlas
	path    string
	version int64            // of the last one; -1 before the first
	due     <-chan time.Time // nil before the first
	done    chan error       // of the one that is being written
}

// savedEvery is how far apart snapshots are: what was written since the last is read from the feed at a start.
const savedEvery = 10 * time.Minute

// unfinished stands between a snapshot's name and the rest of the name that it has while it is written.
const unfinished = ".unfinished-"

// newSaver also removes what a process that was killed while it wrote has left. What cannot be removed does no harm but to the
// disk.
func newSaver(a *Atlas, path string) *saver {
	if path != "" {
		files, _ := os.ReadDir(filepath.Dir(path))
		for _, f := range files {
			if strings.HasPrefix(f.Name(), filepath.Base(path)+unfinished) {
				_ = os.Remove(filepath.Join(filepath.Dir(path), f.Name()))
			}
		}
	}
	return &saver{atlas: a, path: path, version: -1}
}

// save begins a snapshot when one is due, and gives the error of the last.
func (s *saver) save(ctx context.Context) error {
	var last error
	if s.done != nil {
		select {
		case last = <-s.done:
			s.done = nil
		default:
			return nil
		}
		if last != nil {
			s.version = -1 // it is tried again though nothing is written meanwhile
		}
	}
	state := s.atlas.State()
	if s.path == "" || state.Version == s.version || !s.isDue() {
		return last
	}
	s.version, s.due, s.done = state.Version, time.After(savedEvery), make(chan error, 1)
	layers := map[string]*layer{}
	for name, l := range s.atlas.layers {
		if !l.isSettled() {
			l = l.settled()
		}
		layers[name] = l.still()
	}
	go func() {
		err := writeSnapshot(ctx, s.path, layers, state, &s.atlas.mu)
		if err != nil {
			err = &SnapshotError{cause: err}
		}
		s.done <- err
	}()
	return last
}

func (s *saver) isDue() bool {
	if s.due == nil {
		return true
	}
	select {
	case <-s.due:
		return true
	default:
		return false
	}
}

// wait lets a snapshot that is being written come to its end.
func (s *saver) wait() error {
	if s.done == nil {
		return nil
	}
	return <-s.done
}

// still gives a settled layer that stays as it is while it is written, but for what [array.pieces] knows of.
func (l *layer) still() *layer {
	out := newLayer(l.decl)
	out.columns, out.records, out.boxes, out.values, out.byID = l.columns, l.records, l.boxes, l.values, l.byID
	out.bed, out.own = l.bed, l.own
	out.dict, out.periods.all = &dictionary{bytes: l.dict.bytes}, l.periods.all
	return out
}

// pieces gives the bytes of an array piece by piece. Records alone are ever changed in their place, while the lock is held for
// writing, and of a settled layer in one way: they were live and are dead. They are given as they were.
func (a *array) pieces(l *layer, changing *sync.RWMutex, see func([]byte) error) error {
	if a.name != recordsName {
		for piece := range slices.Chunk(a.get(l), 16<<20) {
			if err := see(piece); err != nil {
				return err
			}
		}
		return nil
	}
	var room layer
	for some := range slices.Chunk(l.records, 1<<16) {
		changing.RLock()
		room.records = append(room.records[:0], some...)
		changing.RUnlock()
		for i := range room.records {
			room.records[i].diedZoom = live
		}
		if err := see(a.get(&room)); err != nil {
			return err
		}
	}
	return nil
}

func writeSnapshot(ctx context.Context, path string, layers map[string]*layer, state State, changing *sync.RWMutex) (err error) {
	by, err := Program()
	if err != nil {
		return err
	}
	h := head{Program: by, Position: state.Position, Version: state.Version}
	names := slices.Sorted(maps.Keys(layers))
	for _, name := range names {
		for _, a := range arrays() {
			sec := section{Layer: name, Array: a.name}
			_ = a.pieces(layers[name], changing, func(b []byte) error {
				sec.Bytes, sec.CRC = sec.Bytes+int64(len(b)), crc32.Update(sec.CRC, castagnoli(), b)
				return nil
			})
			h.Sections = append(h.Sections, sec)
		}
	}
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+unfinished+"*")
	if err != nil {
		return err
	}
	defer func() {
		err = errors.Join(err, f.Close())
		if err != nil {
			err = errors.Join(err, os.Remove(f.Name()))
		}
	}()
	if err := writeHead(f, &h); err != nil {
		return err
	}
	faultPoint("snapshot-begun")
	for _, name := range names {
		for _, a := range arrays() {
			err := a.pieces(layers[name], changing, func(b []byte) error {
				if err := ctx.Err(); err != nil { // a server that stops does not wait for a gigabyte
					return err
				}
				_, err := f.Write(b)
				return err
			})
			if err != nil {
				return err
			}
		}
	}
	faultPoint("snapshot-written")
	if err := f.Sync(); err != nil {
		return err
	}
	faultPoint("snapshot-synced")
	if err := os.Rename(f.Name(), path); err != nil {
		return err
	}
	faultPoint("snapshot-moved")
	return syncDir(filepath.Dir(path))
}

func writeHead(f *os.File, h *head) error {
	text, err := json.Marshal(h)
	if err != nil {
		return err
	}
	b := binary.LittleEndian.AppendUint64([]byte(magic), uint64(len(text)))
	b = append(b, text...)
	b = binary.LittleEndian.AppendUint32(b, crc32.Checksum(text, castagnoli()))
	_, err = f.Write(b)
	return err
}

func syncDir(dir string) error {
	d, err := os.Open(dir) //nolint:gosec // the folder of the snapshot
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// readSnapshot reads a snapshot; any doubt is an error.
func readSnapshot(path string) (map[string]*layer, State, error) {
	f, err := os.Open(path) //nolint:gosec // where the operator keeps the snapshot
	if err != nil {
		return nil, State{}, err
	}
	defer func() { _ = f.Close() }()
	h, at, err := readHead(f)
	if err != nil {
		return nil, State{}, err
	}
	layers := newLayers()
	known := map[string]array{}
	for _, a := range arrays() {
		known[a.name] = a
	}
	var group errgroup.Group
	group.SetLimit(2)
	for _, s := range h.Sections {
		l, ok := layers[s.Layer]
		a, ok2 := known[s.Array]
		if !ok || !ok2 {
			return nil, State{}, fmt.Errorf("it has an array %s of a layer %s", s.Array, s.Layer)
		}
		room, err := a.set(l, s.Bytes)
		if err != nil {
			return nil, State{}, fmt.Errorf("its array %s of the layer %s: %w", s.Array, s.Layer, err)
		}
		from := at
		at += s.Bytes
		group.Go(func() error { return readSection(f, from, room, s) })
	}
	if err := group.Wait(); err != nil {
		return nil, State{}, err
	}
	for _, l := range layers {
		group.Go(func() error {
			l.floor = h.Version
			l.dict.seal()
			l.periods.rehash()
			l.index()
			return nil
		})
	}
	for _, l := range layers {
		if lender := layers[l.decl.Along]; lender != nil {
			l.bed = bed{lender.steps, lender.own}
		}
	}
	return layers, State{Position: h.Position, Version: h.Version}, group.Wait()
}

// readHead checks the head against the file and this program, and gives where the sections begin.
func readHead(f *os.File) (*head, int64, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, 0, err
	}
	begin := make([]byte, len(magic)+8)
	if _, err := io.ReadFull(f, begin); err != nil || !bytes.HasPrefix(begin, []byte(magic)) {
		return nil, 0, errors.New("it is no snapshot of this version of hetu")
	}
	n := binary.LittleEndian.Uint64(begin[len(magic):])
	if n > 1<<20 {
		return nil, 0, errors.New("its head is damaged")
	}
	text := make([]byte, n+4)
	if _, err := io.ReadFull(f, text); err != nil || crc32.Checksum(text[:n], castagnoli()) != binary.LittleEndian.Uint32(text[n:]) {
		return nil, 0, errors.New("its head is damaged")
	}
	var h head
	if err := json.Unmarshal(text[:n], &h); err != nil {
		return nil, 0, fmt.Errorf("read its head: %w", err)
	}
	switch by, err := Program(); {
	case err != nil:
		return nil, 0, err
	case h.Program != by:
		return nil, 0, errors.New("it was written by another version of hetu")
	}
	at := int64(len(begin) + len(text))
	size := at
	for _, s := range h.Sections {
		if s.Bytes < 0 || s.Bytes > info.Size() {
			return nil, 0, errors.New("its head is damaged")
		}
		size += s.Bytes
	}
	if size != info.Size() {
		return nil, 0, fmt.Errorf("it has %d bytes, not %d", info.Size(), size)
	}
	return &h, at, nil
}

func readSection(f *os.File, from int64, room []byte, s section) error {
	crc := uint32(0)
	for at := int64(0); at < int64(len(room)); at += 4 << 20 {
		step := room[at:min(at+4<<20, int64(len(room)))]
		if _, err := f.ReadAt(step, from+at); err != nil {
			return fmt.Errorf("read its array %s of the layer %s: %w", s.Array, s.Layer, err)
		}
		crc = crc32.Update(crc, castagnoli(), step)
	}
	if crc != s.CRC {
		return fmt.Errorf("its array %s of the layer %s is damaged", s.Array, s.Layer)
	}
	return nil
}
