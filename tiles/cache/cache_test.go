package cache_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/klauspost/compress/zstd"

	"hetu/geo"
	"hetu/tiles"
	"hetu/tiles/atlas"
	"hetu/tiles/cache"
)

func today() geo.Date { return geo.NewDate(2026, 11, 24) }

func address(tb testing.TB, set string, z, x, y int) tiles.Address {
	tb.Helper()
	a, err := tiles.WebMercatorQuad.ParseAddress(set, strconv.Itoa(z), strconv.Itoa(x), strconv.Itoa(y), today())
	if err != nil {
		tb.Fatal(err)
	}
	return a
}

func newCache(tb testing.TB, a cache.Atlas, bytes int64) *cache.Cache {
	tb.Helper()
	c, err := cache.New(a, bytes)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(c.Wait)
	return c
}

// drawer is an atlas whose tiles a function draws.
type drawer struct {
	drawFunc func(tiles.Address) tiles.Tile
	drawn    atomic.Int64
}

func (d *drawer) Tile(a tiles.Address, keep func(tiles.Tile)) tiles.Tile {
	d.drawn.Add(1)
	t := d.drawFunc(a)
	keep(t)
	return t
}

func (d *drawer) Sifted(a tiles.Address, _ func(int64) bool) tiles.Tile {
	return d.Tile(a, func(tiles.Tile) {})
}

func (*drawer) Watch(func([]atlas.Moved)) {}

// text is bytes that compress about as a tile does: words that come again, and numbers.
func text(n int) []byte {
	r := rand.New(rand.NewPCG(1, uint64(n)))
	words := []string{"river", "清水河", "has_chief", "left", "right", "九原区", "name", "level", "reach of the river", "示例"}
	var out []byte
	for len(out) < n {
		out = append(out, words[r.IntN(len(words))]...)
		for range r.IntN(12) {
			out = append(out, byte(r.ExpFloat64()*9))
		}
	}
	return out[:n]
}

func sized(n int) *drawer {
	return &drawer{drawFunc: func(tiles.Address) tiles.Tile { return tiles.Tile{Data: text(n), Version: 7} }}
}

// One build answers all who ask for a tile at once, whatever encoding they want.
func TestRequestsAtOnceShareABuild(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		open := make(chan struct{})
		d := &drawer{drawFunc: func(tiles.Address) tiles.Tile {
			<-open
			return tiles.Tile{Data: text(5000)}
		}}
		c := newCache(t, d, 1<<20)
		a := address(t, "public", 8, 204, 96)
		var all sync.WaitGroup
		for i := range 100 {
			encoding := cache.Encoding(i % 3)
			all.Go(func() {
				tile, err := c.Tile(t.Context(), a, encoding)
				if err != nil {
					t.Error(err)
					return
				}
				if got := unpacked(t, tile, encoding); !bytes.Equal(got, text(5000)) {
					t.Errorf("%v: %d bytes", encoding, len(got))
				}
			})
		}
		synctest.Wait()
		close(open)
		all.Wait()
		if n := d.drawn.Load(); n != 1 {
			t.Errorf("%d builds", n)
		}
		if c.Hit(&a) == nil {
			t.Error("the tile was not kept")
		}
	})
}

func bodyOf(t *testing.T, tile *cache.Tile, encoding cache.Encoding) *cache.Body {
	t.Helper()
	b, err := tile.Body(encoding, true)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func unpacked(t *testing.T, tile *cache.Tile, encoding cache.Encoding) []byte {
	t.Helper()
	b, err := tile.Body(encoding, false)
	if err != nil {
		t.Error(err)
		return nil
	}
	if b.Length[0] != strconv.Itoa(len(b.Bytes)) {
		t.Errorf("Content-Length %s of %d bytes", b.Length[0], len(b.Bytes))
	}
	switch b.Encoding {
	case cache.Gzip:
		z, err := gzip.NewReader(bytes.NewReader(b.Bytes))
		if err != nil {
			t.Error(err)
			return nil
		}
		plain, err := io.ReadAll(z)
		if err != nil {
			t.Error(err)
		}
		return plain
	case cache.Zstd:
		z, err := zstd.NewReader(nil)
		if err != nil {
			t.Error(err)
			return nil
		}
		defer z.Close()
		plain, err := z.DecodeAll(b.Bytes, nil)
		if err != nil {
			t.Error(err)
		}
		return plain
	default:
		return b.Bytes
	}
}

// As many builds run as there are processors, a bounded number waits, and more are refused. Who leaves makes room, and what
// nobody waits for any more is not built.
func TestQueue(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const limit = 512
		open := make(chan struct{})
		d := &drawer{drawFunc: func(tiles.Address) tiles.Tile {
			<-open
			return tiles.Tile{Data: text(100)}
		}}
		c := newCache(t, d, 1<<20)
		var all sync.WaitGroup
		next, leavers := 0, []context.CancelFunc{}
		ask := func(want func(error) bool) {
			a := address(t, "public", 14, next, 0)
			next++
			ctx, leave := context.WithCancel(t.Context())
			leavers = append(leavers, leave)
			all.Go(func() {
				if _, err := c.Tile(ctx, a, cache.Gzip); !want(err) {
					t.Errorf("tile %d: %v", a.X, err)
				}
			})
			synctest.Wait()
		}
		built := func(err error) bool { return err == nil }
		left := func(err error) bool { return errors.Is(err, context.Canceled) }
		refused := func(err error) bool { return err != nil && geo.CodeOf(err) == geo.CodeUnavailable }
		workers := runtime.GOMAXPROCS(0)
		for range workers {
			ask(built)
		}
		for i := range limit {
			if i < 2 {
				ask(left)
			} else {
				ask(built)
			}
		}
		ask(refused)
		leavers[workers]()
		leavers[workers+1]()
		synctest.Wait()
		ask(built)
		ask(built)
		ask(refused)
		if n := d.drawn.Load(); int(n) != workers {
			t.Errorf("%d builds run on %d processors", n, workers)
		}
		close(open)
		all.Wait()
		if n := d.drawn.Load(); int(n) != workers+limit {
			t.Errorf("%d builds, want %d: what nobody waited for was built", n, workers+limit)
		}
		for _, leave := range leavers {
			leave()
		}
	})
}

// One of two who wait leaves: the other is answered.
func TestOneOfTwoLeaves(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		open := make(chan struct{})
		d := &drawer{drawFunc: func(tiles.Address) tiles.Tile {
			<-open
			return tiles.Tile{}
		}}
		c := newCache(t, d, 1<<20)
		var all sync.WaitGroup
		for x := range runtime.GOMAXPROCS(0) {
			all.Go(func() { _, _ = c.Tile(t.Context(), address(t, "public", 9, x, 0), cache.Gzip) })
		}
		synctest.Wait()
		a := address(t, "public", 8, 1, 1)
		ctx, leave := context.WithCancel(t.Context())
		all.Go(func() {
			if _, err := c.Tile(ctx, a, cache.Gzip); !errors.Is(err, context.Canceled) {
				t.Errorf("who left: %v", err)
			}
		})
		synctest.Wait()
		all.Go(func() {
			if tile, err := c.Tile(t.Context(), a, cache.Gzip); err != nil || !tile.Empty() {
				t.Errorf("who stayed: %v", err)
			}
		})
		synctest.Wait()
		leave()
		synctest.Wait()
		close(open)
		all.Wait()
	})
}

// A build that panics answers all who wait, and the next request builds again.
func TestPanicAnswersAll(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		open := make(chan struct{})
		broken := true
		d := &drawer{drawFunc: func(tiles.Address) tiles.Tile {
			<-open
			if broken {
				panic("a ring without end")
			}
			return tiles.Tile{}
		}}
		c := newCache(t, d, 1<<20)
		a := address(t, "public", 8, 204, 96)
		var all sync.WaitGroup
		for range 10 {
			all.Go(func() {
				_, err := c.Tile(t.Context(), a, cache.Gzip)
				if err == nil || geo.CodeOf(err) != geo.CodeInternal || !strings.Contains(err.Error(), "a ring without end") {
					t.Errorf("got %v", err)
				}
			})
		}
		synctest.Wait()
		close(open)
		all.Wait()
		broken = false
		for range 2 * runtime.GOMAXPROCS(0) { // no slot was lost
			if _, err := c.Tile(t.Context(), a, cache.Gzip); err != nil {
				t.Error(err)
			}
		}
	})
}

// The plain bytes of a tile are not kept beside the compressed ones, and can be had all the same.
func TestPlainFromCompressed(t *testing.T) {
	t.Parallel()
	c := newCache(t, sized(20_000), 1<<20)
	a := address(t, "public", 8, 204, 96)
	tile, err := c.Tile(t.Context(), a, cache.Gzip)
	if err != nil {
		t.Fatal(err)
	}
	for _, encoding := range []cache.Encoding{cache.Gzip, cache.Zstd, cache.Identity, cache.Gzip} {
		b, err := tile.Body(encoding, true)
		if err != nil || b.Encoding != encoding || !bytes.Equal(unpacked(t, tile, encoding), text(20_000)) {
			t.Errorf("%v: %v", encoding, err)
		}
		if encoding != cache.Identity && len(b.Bytes) > 19_000 {
			t.Errorf("%v: %d of 20,000 bytes", encoding, len(b.Bytes))
		}
	}
}

// What fits into a packet is not compressed, but for who takes nothing else.
func TestSmallTile(t *testing.T) {
	t.Parallel()
	c := newCache(t, sized(300), 1<<20)
	tile, err := c.Tile(t.Context(), address(t, "public", 14, 1, 1), cache.Gzip)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		plainToo bool
		want     cache.Encoding
	}{{true, cache.Identity}, {false, cache.Gzip}} {
		if b, err := tile.Body(cache.Gzip, tt.plainToo); err != nil || b.Encoding != tt.want {
			t.Errorf("plain too: %v: %v, %v", tt.plainToo, b.Encoding, err)
		}
	}
	if got := unpacked(t, tile, cache.Gzip); !bytes.Equal(got, text(300)) {
		t.Errorf("%d bytes", len(got))
	}
}

// The first answer is compressed in a hurry; once asked for again the tile becomes smaller, its bytes have a tag of their own,
// and the tag of the first ones is still known for the same content.
func TestImprove(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newCache(t, sized(50_000), 1<<20)
		ctx, stop := context.WithCancel(t.Context())
		var running sync.WaitGroup
		running.Go(func() { c.Improve(ctx) })
		a := address(t, "public", 8, 204, 96)
		tile, err := c.Tile(t.Context(), a, cache.Gzip)
		if err != nil {
			t.Fatal(err)
		}
		for _, encoding := range []cache.Encoding{cache.Gzip, cache.Zstd} {
			if encoding == cache.Zstd {
				_ = unpacked(t, tile, encoding) // made here; gzip was made by the build
			}
			synctest.Wait()
			first := bodyOf(t, tile, encoding) // asks again
			synctest.Wait()
			second := bodyOf(t, tile, encoding)
			if len(second.Bytes) >= len(first.Bytes) || first.ETag[0] == second.ETag[0] {
				t.Errorf("%v: %d bytes %s, then %d bytes %s", encoding, len(first.Bytes), first.ETag[0], len(second.Bytes), second.ETag[0])
			}
			if of, same := tile.SameContent(second, strings.Trim(first.ETag[0], `"`)); !same || of != encoding {
				t.Errorf("%v: %s is not known beside %s", encoding, first.ETag[0], second.ETag[0])
			}
			if !bytes.Equal(unpacked(t, tile, encoding), text(50_000)) {
				t.Errorf("%v: other content", encoding)
			}
		}
		b := bodyOf(t, tile, cache.Identity)
		tag := strings.Trim(b.ETag[0], `"`)
		for _, foreign := range []string{"", "x", tag[1:], tag + "-br-00112233", tag + "-gzip", tag + "-gzip-0011223344", strings.ToUpper(tag) + "x"} {
			if _, same := tile.SameContent(b, foreign); same {
				t.Errorf("%q passes for %q", foreign, tag)
			}
		}
		stop()
		running.Wait()
	})
}

// The cache holds no more than it may, for long; and squares that leave it leave the index too.
func TestBound(t *testing.T) {
	t.Parallel()
	const bound = 1 << 20
	c := newCache(t, sized(20_000), bound)
	for x := range 400 {
		if _, err := c.Tile(t.Context(), address(t, "public", 14, x, 0), cache.Gzip); err != nil {
			t.Fatal(err)
		}
	}
	c.Settle()
	weight, entries, indexed := c.Filling()
	if weight > bound || weight < bound/2 || entries < 20 || indexed != entries {
		t.Errorf("%d bytes in %d squares, %d in the index", weight, entries, indexed)
	}
}

// A square keeps its last tiles: those of other days and sets that are asked for stay, the rest goes.
func TestVariants(t *testing.T) {
	t.Parallel()
	d := sized(100)
	c := newCache(t, d, 1<<20)
	a := address(t, "public", 8, 204, 96)
	for day := range 20 {
		for _, asOf := range []geo.Date{today(), today().AddDays(-day)} {
			a.AsOf = asOf
			if _, err := c.Tile(t.Context(), a, cache.Gzip); err != nil {
				t.Fatal(err)
			}
		}
	}
	if n := d.drawn.Load(); n != 20 {
		t.Errorf("%d builds for 20 days: today's was lost", n)
	}
	if a.AsOf = today().AddDays(-3); c.Hit(&a) != nil {
		t.Error("a day of long ago is still there")
	}
}

// A tile with drafts is drawn for each who asks, and not kept.
func TestDraftsAreNotKept(t *testing.T) {
	t.Parallel()
	d := sized(100)
	c := newCache(t, d, 1<<20)
	a := address(t, "draft,river", 12, 1, 1)
	for range 3 {
		if _, err := c.Tile(t.Context(), a, cache.Gzip); err != nil {
			t.Fatal(err)
		}
	}
	if d.drawn.Load() != 3 || c.Hit(&a) != nil {
		t.Errorf("%d builds for 3 requests", d.drawn.Load())
	}
}

// A hit allocates nothing.
func TestHitAllocatesNothing(t *testing.T) {
	c := newCache(t, sized(20_000), 1<<20)
	a := address(t, "public", 8, 204, 96)
	if _, err := c.Tile(t.Context(), a, cache.Gzip); err != nil {
		t.Fatal(err)
	}
	if n := testing.AllocsPerRun(1000, func() {
		tile := c.Hit(&a)
		if _, err := tile.Body(cache.Gzip, true); err != nil {
			t.Error(err)
		}
	}); n > 0 {
		t.Errorf("%g allocations", n)
	}
}

func BenchmarkHit(b *testing.B) {
	c := newCache(b, sized(20_000), 1<<24)
	var all []tiles.Address
	for x := range 100 {
		a := address(b, "public", 8, x, 96)
		if _, err := c.Tile(b.Context(), a, cache.Gzip); err != nil {
			b.Fatal(err)
		}
		all = append(all, a)
	}
	n := 0
	for b.Loop() {
		n++
		tile := c.Hit(&all[n%len(all)])
		if _, err := tile.Body(cache.Gzip, true); err != nil {
			b.Fatal(err)
		}
	}
}
