package pmtiles

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/gzip"
	"golang.org/x/sys/unix"
	"pgregory.net/rapid"

	"hetu/geo"
	"hetu/tiles"
)

// fake is a builder of invented tiles: sets of tiles by zoom, with contents of which some are equal.
type fake struct {
	zooms    []map[uint64]bool // by zoom, places on the curve of the tiles that have something in them
	contents uint64            // how many different ones there are
	maxZoom  int
	asked    *int // how many tiles were built, when it is counted
}

// newFake spreads paths over the map: from some tiles of the last zoom up to the whole, with neighbours.
func newFake(random *rand.Rand, maxZoom, tilesWanted int, contents uint64) *fake {
	f := &fake{zooms: make([]map[uint64]bool, maxZoom+1), contents: contents, maxZoom: maxZoom}
	for z := range f.zooms {
		f.zooms[z] = map[uint64]bool{}
	}
	last := uint64(1) << (2 * maxZoom)
	for len(f.zooms[maxZoom]) < tilesWanted {
		start := random.Uint64N(last)
		for place := start; place < min(last, start+1+random.Uint64N(200)) && len(f.zooms[maxZoom]) < tilesWanted; place++ {
			for z := maxZoom; z >= 0; z-- {
				f.zooms[z][place>>(2*(maxZoom-z))] = true
			}
		}
	}
	return f
}

func (f *fake) has(z, x, y int) bool { return z <= f.maxZoom && f.zooms[z][ID(z, x, y)-firstOf(z)] }

func (f *fake) Occupied(a tiles.Address, _ int) bool { return f.has(a.Z, a.X, a.Y) }

func (f *fake) Tile(a tiles.Address, _ func(tiles.Tile)) tiles.Tile {
	if f.asked != nil {
		*f.asked++
	}
	if !f.has(a.Z, a.X, a.Y) {
		return tiles.Tile{}
	}
	return tiles.Tile{Data: f.content(ID(a.Z, a.X, a.Y))}
}

// content is a real vector tile: a layer with one line, whose length and course the number of the content tells.
func (f *fake) content(id uint64) []byte {
	// Neighbours on the curve have the same content now and then, so that there are runs.
	random := rand.New(rand.NewPCG((id/3)%f.contents, 7))
	n := 2 + random.IntN(60)
	geometry := binary.AppendUvarint(nil, 1<<3|1)
	for i := range n {
		if i == 1 {
			geometry = binary.AppendUvarint(geometry, uint64(n-1)<<3|2)
		}
		geometry = binary.AppendUvarint(geometry, random.Uint64N(128))
		geometry = binary.AppendUvarint(geometry, 1+random.Uint64N(127))
	}
	feature := append([]byte{3 << 3, 2}, append(binary.AppendUvarint([]byte{4<<3 | 2}, uint64(len(geometry))), geometry...)...)
	layer := append([]byte{1<<3 | 2, 5}, "river"...)
	layer = append(binary.AppendUvarint(append(layer, 2<<3|2), uint64(len(feature))), feature...)
	layer = append(layer, 5<<3, 0x80, 0x20, 15<<3, 2)
	return append(binary.AppendUvarint([]byte{3<<3 | 2}, uint64(len(layer))), layer...)
}

// allZooms is a pyramid of a set that begins with the whole world.
func allZooms(tb testing.TB, maxZoom int) *Pyramid {
	tb.Helper()
	set, err := tiles.ParseSet("public")
	if err != nil {
		tb.Fatal(err)
	}
	return &Pyramid{Set: set, AsOf: geo.NewDate(2026, 11, 24), MaxZoom: maxZoom}
}

func describe(tb testing.TB, p *Pyramid) *tiles.TileJSON {
	tb.Helper()
	doc, err := Describe(p, "示意数据", map[string]tiles.Coverage{"river": {Count: 2, Box: geo.Extent{West: 109.5, South: 40, East: 110, North: 41}}})
	if err != nil {
		tb.Fatal(err)
	}
	return doc
}

// export writes a whole archive and gives its bytes.
func export(tb testing.TB, path string, b Builder, p *Pyramid, workers int) []byte {
	tb.Helper()
	w := begin(tb, path)
	if err := w.Build(tb.Context(), b, p, workers, func(Progress) {}); err != nil {
		tb.Fatal(err)
	}
	return finish(tb, w, p)
}

func begin(tb testing.TB, path string) *Writer {
	tb.Helper()
	w, err := Begin(path, "a test")
	if err != nil {
		tb.Fatal(err)
	}
	w.every = 300
	return w
}

func finish(tb testing.TB, w *Writer, p *Pyramid) []byte {
	tb.Helper()
	if err := errors.Join(w.Finish(describe(tb, p)), w.Publish(), w.Close()); err != nil {
		tb.Fatal(err)
	}
	for _, left := range []string{w.Partial(), journalOf(w.path)} {
		if _, err := os.Stat(left); !errors.Is(err, os.ErrNotExist) {
			tb.Errorf("%s is left: %v", left, err)
		}
	}
	b, err := os.ReadFile(w.path)
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

func inflate(tb testing.TB, b []byte) []byte {
	tb.Helper()
	r, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		tb.Fatal(err)
	}
	out, err := io.ReadAll(r)
	if err != nil {
		tb.Fatal(err)
	}
	return out
}

// same checks that an archive has the tiles of a builder, and no others.
func same(tb testing.TB, b []byte, f *fake, p *Pyramid) *Archive {
	tb.Helper()
	a, err := Open(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		tb.Fatal(err)
	}
	if err = a.Verify(); err != nil {
		tb.Fatal(err)
	}
	stored := map[uint64][]byte{}
	for e, err := range a.All() {
		if err != nil {
			tb.Fatal(err)
		}
		tile, err := a.Content(e)
		if err != nil {
			tb.Fatal(err)
		}
		for id := range uint64(e.Run) {
			stored[e.ID+id] = tile
		}
	}
	first, last := p.zooms()
	want, found := 0, 0
	for z := first; z <= min(last, f.maxZoom); z++ {
		w := windowOf(z, p.bounds())
		for place := range f.zooms[z] {
			x, y := fromCurve(z, place)
			if !w.holds(z, x, y) {
				continue
			}
			want++
			id := ID(z, x, y)
			if !bytes.Equal(inflate(tb, stored[id]), f.content(id)) {
				tb.Fatalf("%d/%d/%d has another content", z, x, y)
			}
			if want%100 == 1 {
				tile, err := a.Tile(z, x, y)
				if err != nil || !bytes.Equal(tile, stored[id]) {
					tb.Fatalf("%d/%d/%d is not found: %v", z, x, y, err)
				}
				found++
			}
		}
	}
	if len(stored) != want || a.Addressed != uint64(want) || found == 0 {
		tb.Fatalf("%d tiles, the header says %d, want %d", len(stored), a.Addressed, want)
	}
	for z := first; z <= min(last, f.maxZoom); z++ {
		x, y := rand.IntN(1<<z), rand.IntN(1<<z)
		if _, err := a.Tile(z, x, y); (err == nil) != (stored[ID(z, x, y)] != nil) || err != nil && geo.CodeOf(err) != geo.CodeNotFound {
			tb.Fatalf("%d/%d/%d: %v", z, x, y, err)
		}
	}
	return a
}

// Any set of tiles comes back as it was, laid out as it should be, the same bytes whatever the number of workers.
func TestRoundTrip(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	rapid.Check(t, func(rt *rapid.T) {
		maxZoom := rapid.IntRange(0, 12).Draw(rt, "zoom")
		random := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "seed"), 0))
		f := newFake(random, maxZoom, rapid.IntRange(1, min(500, 1<<(2*maxZoom))).Draw(rt, "tiles"), rapid.Uint64Range(1, 300).Draw(rt, "contents"))
		p := allZooms(t, maxZoom)
		one := export(t, filepath.Join(dir, "one"), f, p, 1)
		same(t, one, f, p)
		workers := rapid.IntRange(2, 9).Draw(rt, "workers")
		if many := export(t, filepath.Join(dir, "many"), f, p, workers); !bytes.Equal(one, many) {
			rt.Fatalf("%d workers gave other bytes", workers)
		}
	})
}

// What does not fit the first 16384 bytes stands in leaves.
func TestLeaves(t *testing.T) {
	t.Parallel()
	f := newFake(rand.New(rand.NewPCG(3, 1)), 14, 20_000, 1<<40)
	p := allZooms(t, 14)
	b := export(t, filepath.Join(t.TempDir(), "out"), f, p, 4)
	a := same(t, b, f, p)
	if a.Leaves.Length == 0 || len(a.root) < 5 || a.root[0].Run != 0 {
		t.Errorf("there are %d bytes of leaves, %d in the root", a.Leaves.Length, len(a.root))
	}
	if a.Contents >= a.Addressed || a.Entries >= a.Addressed {
		t.Errorf("nothing was joined: %d tiles, %d entries, %d contents", a.Addressed, a.Entries, a.Contents)
	}
}

// Tiles are asked for only where something is.
func TestDescent(t *testing.T) {
	t.Parallel()
	asked := 0
	f := newFake(rand.New(rand.NewPCG(4, 1)), 14, 200, 10)
	f.asked = &asked
	b := export(t, filepath.Join(t.TempDir(), "out"), f, allZooms(t, 14), 1)
	a := same(t, b, f, allZooms(t, 14))
	if asked > 4*int(a.Addressed) {
		t.Errorf("%d tiles were built for %d that have something in them", asked, a.Addressed)
	}
}

func TestBounds(t *testing.T) {
	t.Parallel()
	f := newFake(rand.New(rand.NewPCG(5, 1)), 9, 30_000, 1<<40)
	p := allZooms(t, 9)
	p.Bounds = geo.Extent{West: 90, South: 0, East: 135, North: 66.5} // tiles 12 to 13 by 4 to 7 of zoom 4
	b := export(t, filepath.Join(t.TempDir(), "out"), f, p, 2)
	same(t, b, f, p)
	w := windowOf(4, p.bounds())
	if diff := cmp.Diff([4]int{12, 4, 13, 7}, [4]int{w.minX, w.minY, w.maxX, w.maxY}); diff != "" {
		t.Error(diff)
	}
	w = windowOf(3, geo.World())
	if diff := cmp.Diff([4]int{0, 0, 7, 7}, [4]int{w.minX, w.minY, w.maxX, w.maxY}); diff != "" {
		t.Error(diff)
	}
}

func TestMetadata(t *testing.T) {
	t.Parallel()
	p := allZooms(t, 9)
	p.Bounds = geo.Extent{West: 109, South: 40.5, East: 109.75, North: 42}
	f := newFake(rand.New(rand.NewPCG(5, 1)), 9, 30_000, 50)
	b := export(t, filepath.Join(t.TempDir(), "out"), f, p, 2)
	a := same(t, b, f, p)
	if diff := cmp.Diff(geo.Extent{West: 109.5, South: 40.5, East: 109.75, North: 41}, a.Bounds); diff != "" {
		t.Error(diff)
	}
	text, err := a.JSON()
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		Name, Attribution, Type, Version string

		VectorLayers []tiles.VectorLayer `json:"vector_layers"`
		Tilestats    struct {
			LayerCount int
			Layers     []map[string]any
		}
	}
	if err = json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	if got.Name != "hetu public" || got.Attribution != "示意数据" || got.Type != "overlay" || got.Version == "" || got.Tilestats.LayerCount != len(got.VectorLayers) {
		t.Errorf("got %s", text)
	}
	seen := map[string]tiles.VectorLayer{}
	for _, l := range got.VectorLayers {
		if l.MaxZoom != 9 || l.MinZoom > 9 || l.Description == "" {
			t.Errorf("got %+v", l)
		}
		seen[l.ID] = l
	}
	if _, ok := seen["board"]; ok || seen["river"].Fields["name"] != "String" || seen["division"].Fields["level"] != "Number" {
		t.Errorf("got %+v", seen)
	}
}

func TestNothing(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "out")
	w := begin(t, path)
	p := allZooms(t, 5)
	if err := w.Build(t.Context(), &fake{maxZoom: -1}, p, 2, func(Progress) {}); err != nil {
		t.Fatal(err)
	}
	if err := w.Finish(describe(t, p)); geo.CodeOf(err) != geo.CodeNotFound {
		t.Errorf("got %v", err)
	}
	if err := w.Close(); err != nil {
		t.Error(err)
	}
	if left, err := filepath.Glob(path + "*"); err != nil || len(left) > 0 {
		t.Errorf("%v, %v is left", err, left)
	}
}

// An export that is stopped goes on from there, and builds nothing twice but a block.
func TestGoesOn(t *testing.T) {
	t.Parallel()
	f := newFake(rand.New(rand.NewPCG(6, 1)), 12, 4000, 2000)
	p := allZooms(t, 12)
	dir := t.TempDir()
	want := export(t, filepath.Join(dir, "whole"), f, p, 3)
	path := filepath.Join(dir, "out")
	random := rand.New(rand.NewPCG(7, 1))
	stops := 0
	for {
		w := begin(t, path)
		before := w.Counts()
		ctx, cancel := context.WithCancel(t.Context())
		left := 1 + random.IntN(60)
		err := w.Build(ctx, f, p, 3, func(Progress) {
			if left--; left == 0 {
				cancel()
			}
		})
		cancel()
		if err == nil {
			if got := finish(t, w, p); !bytes.Equal(want, got) {
				t.Fatal("the bytes are others")
			}
			break
		}
		if !errors.Is(err, context.Canceled) || w.Anew() != "" || w.Counts().Tiles <= before.Tiles && left <= 0 && stops > 50 {
			t.Fatalf("%v, %q, from %d to %d tiles", err, w.Anew(), before.Tiles, w.Counts().Tiles)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		stops++
	}
	if stops < 3 {
		t.Errorf("it was stopped %d times", stops)
	}
}

// Whatever a power cut leaves of the work files, the next run ends in the same bytes: the journal cut anywhere, the data longer than
// it says, a byte of either changed.
func TestPowerCut(t *testing.T) {
	t.Parallel()
	f := newFake(rand.New(rand.NewPCG(8, 1)), 12, 1500, 2000)
	p := allZooms(t, 12)
	dir := t.TempDir()
	want := export(t, filepath.Join(dir, "whole"), f, p, 3)
	// The work files as they are when all is made and nothing finished.
	w := begin(t, filepath.Join(dir, "left"))
	if err := errors.Join(w.Build(t.Context(), f, p, 3, func(Progress) {}), w.pause(), w.Close()); err != nil {
		t.Fatal(err)
	}
	safe, err := os.ReadFile(w.Partial())
	if err != nil {
		t.Fatal(err)
	}
	marks, err := os.ReadFile(journalOf(w.path))
	if err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(9, 1))
	went := 0
	for turn := range 24 {
		data, log := bytes.Clone(safe), bytes.Clone(marks)
		switch turn % 4 {
		case 0:
			log = log[:random.IntN(len(log))]
		case 1:
			data = data[:random.IntN(len(data))]
		case 2:
			log[random.IntN(len(log))] ^= 1 << random.IntN(8)
		case 3:
			data[frontSize+random.IntN(len(data)-frontSize)] ^= 1 << random.IntN(8)
		}
		path := filepath.Join(dir, fmt.Sprint("out", turn))
		if err := errors.Join(os.WriteFile(path+".partial", data, 0o600), os.WriteFile(journalOf(path), log, 0o600)); err != nil {
			t.Fatal(err)
		}
		w := begin(t, path)
		if w.Counts().Tiles > 0 {
			went++
		}
		if err := w.Build(t.Context(), f, p, 3, func(Progress) {}); err != nil {
			t.Fatal(err)
		}
		if got := finish(t, w, p); !bytes.Equal(want, got) {
			t.Fatalf("turn %d: the bytes are others", turn)
		}
	}
	if went < 8 {
		t.Errorf("only %d of 24 went on from what was there", went)
	}
}

func TestAnotherRequest(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "out")
	f := newFake(rand.New(rand.NewPCG(6, 1)), 8, 300, 20)
	p := allZooms(t, 8)
	w := begin(t, path)
	if err := errors.Join(w.Build(t.Context(), f, p, 1, func(Progress) {}), w.pause(), w.Close()); err != nil {
		t.Fatal(err)
	}
	other, err := Begin(path, "another test")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(other.Anew(), "(a test)") || other.Counts() != (Counts{}) {
		t.Errorf("got %q, %+v", other.Anew(), other.Counts())
	}
	if _, err = Begin(path, "another test"); err == nil || !strings.Contains(err.Error(), "another process is writing") {
		t.Errorf("a second one at the same time: %v", err)
	}
	if err = other.Close(); err != nil {
		t.Error(err)
	}
	if _, err = Begin(filepath.Join(path, "below", "out"), "a test"); err == nil {
		t.Error("a folder that is not there was written to")
	}
}

// helper makes this test binary an export that is killed, or whose disk is full.
const helper = "HETU_TEST_EXPORT"

func killedFake() (*fake, int) { return newFake(rand.New(rand.NewPCG(10, 1)), 13, 12_000, 1<<40), 13 }

func TestHelperExport(t *testing.T) {
	path := os.Getenv(helper)
	if path == "" {
		return // it is what the tests below start, not a test
	}
	if text := os.Getenv(helper + "_LIMIT"); text != "" {
		var limit uint64
		if _, err := fmt.Sscan(text, &limit); err != nil {
			t.Fatal(err)
		}
		signal.Ignore(unix.SIGXFSZ)
		if err := unix.Setrlimit(unix.RLIMIT_FSIZE, &unix.Rlimit{Cur: limit, Max: limit}); err != nil {
			t.Fatal(err)
		}
	}
	f, maxZoom := killedFake()
	p := allZooms(t, maxZoom)
	w, err := Begin(path, "a test")
	if err != nil {
		fmt.Println("failed:", err)
		return
	}
	w.every = 300
	err = w.Build(t.Context(), f, p, 2, func(Progress) { fmt.Println("a block") })
	if err == nil {
		err = w.Finish(describe(t, p))
	}
	if err == nil {
		err = w.Publish()
	}
	if err != nil {
		fmt.Println("failed:", err)
	}
}

func start(t *testing.T, path string, env ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestHelperExport$")
	cmd.Env = append(append(os.Environ(), helper+"="+path), env...)
	return cmd
}

// Killed again and again at any moment, an export ends in the same bytes as one that was left alone.
func TestKilled(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	f, maxZoom := killedFake()
	p := allZooms(t, maxZoom)
	want := export(t, filepath.Join(dir, "whole"), f, p, 2)
	path := filepath.Join(dir, "out")
	random := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 1))
	kills := 0
	for range 200 {
		if _, err := os.Stat(path); err == nil {
			break
		}
		cmd := start(t, path)
		told, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err = cmd.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(told)
		for range random.IntN(2500) {
			lines.Scan()
		}
		_ = cmd.Process.Kill()
		if cmd.Wait() != nil {
			kills++
		}
	}
	got, err := os.ReadFile(path)
	if err != nil || !bytes.Equal(want, got) {
		t.Errorf("after %d kills the bytes are others (%d, %d): %v", kills, len(want), len(got), err)
	}
	t.Logf("killed %d times", kills)
}

// A disk that is full is told of, and with room the same request goes on.
func TestDiskFull(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	f, maxZoom := killedFake()
	p := allZooms(t, maxZoom)
	want := export(t, filepath.Join(dir, "whole"), f, p, 2)
	path := filepath.Join(dir, "out")
	out, err := start(t, path, fmt.Sprintf("%s_LIMIT=%d", helper, len(want)/2)).CombinedOutput()
	if err != nil || !strings.Contains(string(out), "out.partial: file too large") {
		t.Errorf("%v: %s", err, out)
	}
	w := begin(t, path)
	if w.Counts().Tiles < 1000 {
		t.Errorf("%d tiles were kept", w.Counts().Tiles)
	}
	if err := w.Build(t.Context(), f, p, 2, func(Progress) {}); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(want, finish(t, w, p)) {
		t.Error("the bytes are others")
	}
}

// Whatever the bytes are, reading ends, with an error of the archive or with tiles of it.
func FuzzArchive(f *testing.F) {
	random := rand.New(rand.NewPCG(11, 1))
	for _, n := range []int{1, 40} {
		fake := newFake(random, 6, n, 5)
		f.Add(unpadded(f, export(f, filepath.Join(f.TempDir(), "out"), fake, allZooms(f, 6), 1)))
	}
	f.Fuzz(func(_ *testing.T, b []byte) {
		a, err := Open(bytes.NewReader(b), int64(len(b)))
		if err != nil {
			return
		}
		_ = a.Verify()
		_, _ = a.JSON()
		n := 0
		for e, err := range a.All() {
			if n++; err != nil || n > 1000 {
				break
			}
			_, _ = a.Content(e)
			z, x, y := Place(e.ID)
			_, _ = a.Tile(z, x, y)
		}
	})
}

// unpadded is an archive as others write it, the tiles right behind the root directory.
func unpadded(tb testing.TB, b []byte) []byte {
	tb.Helper()
	a, err := Open(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		tb.Fatal(err)
	}
	h := a.Header
	gap := frontSize - h.Root.end()
	h.Data.Offset -= gap
	h.Metadata.Offset -= gap
	h.Leaves.Offset -= gap
	return slices.Concat(h.bytes(), b[headerSize:h.Root.end()], b[frontSize:])
}

// A directory that names itself, or others without end, is left at a depth.
func TestNestedDirectories(t *testing.T) {
	t.Parallel()
	self := directoryOf([]Entry{{0, 0, 5, 0}})
	h := Header{Root: Section{headerSize, uint64(len(self))}, Leaves: Section{headerSize, uint64(len(self))}, Inner: None, Outer: Gzip, Type: typeMVT}
	b := append(h.bytes(), self...)
	a, err := Open(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	if _, err = a.Tile(0, 0, 0); geo.CodeOf(err) != geo.CodeNotFound {
		t.Errorf("got %v", err)
	}
	for _, err := range a.All() {
		if geo.CodeOf(err) != geo.CodeInvalid {
			t.Errorf("got %v", err)
		}
	}
}

// The writer's own cost a tile: contents are packed and hashed before.
func BenchmarkAdd(b *testing.B) {
	w, err := Begin(filepath.Join(b.TempDir(), "out"), "a benchmark")
	if err != nil {
		b.Fatal(err)
	}
	tile := make([]byte, 1500)
	random := rand.NewChaCha8([32]byte{})
	_, _ = random.Read(tile)
	id := uint64(0)
	for b.Loop() {
		var s sum
		binary.LittleEndian.PutUint64(s[:], id)
		if err = errors.Join(w.add(id, tile, s), w.reached(id+1)); err != nil {
			b.Fatal(err)
		}
		id++
	}
	b.SetBytes(int64(len(tile)))
	if err = w.Close(); err != nil {
		b.Fatal(err)
	}
}

// A pyramid of invented tiles, from packing to the file; a turn is a tile.
func BenchmarkBuild(b *testing.B) {
	f := newFake(rand.New(rand.NewPCG(12, 1)), 14, 30_000, 1<<40)
	p := allZooms(b, 14)
	dir := b.TempDir()
	var n uint64
	for b.Loop() {
		w, err := Begin(filepath.Join(dir, "out"), "a benchmark")
		if err != nil {
			b.Fatal(err)
		}
		if err = w.Build(b.Context(), f, p, runtime.GOMAXPROCS(0), func(Progress) {}); err != nil {
			b.Fatal(err)
		}
		n += w.Counts().Tiles
		if err = errors.Join(w.Finish(describe(b, p)), w.Discard(), w.Close()); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "tiles/s")
}

// A link of a work file's name is not followed: what it points at stays as it is.
func TestLinksAreNotFollowed(t *testing.T) {
	t.Parallel()
	for _, work := range []string{".partial", ".journal"} {
		dir := t.TempDir()
		theirs, path := filepath.Join(dir, "theirs"), filepath.Join(dir, "out")
		if err := errors.Join(os.WriteFile(theirs, []byte("theirs"), 0o600), os.Symlink(theirs, path+work)); err != nil {
			t.Fatal(err)
		}
		if _, err := Begin(path, "a test"); !errors.Is(err, unix.ELOOP) {
			t.Errorf("a link to %s: %v", work, err)
		}
		if b, err := os.ReadFile(theirs); err != nil || string(b) != "theirs" {
			t.Errorf("a link to %s: %v, it holds %d bytes", work, err, len(b))
		}
	}
}
