package api

import (
	"bufio"
	"context"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hetu/geo"
	"hetu/geo/access"
	"hetu/tiles"
	"hetu/tiles/atlas"
	"hetu/tiles/cache"
)

// drawnAtlas is an atlas whose tiles are all the same.
type drawnAtlas struct{ data []byte }

func (a drawnAtlas) Tile(addr tiles.Address, keep func(tiles.Tile)) tiles.Tile {
	t := tiles.Tile{Data: slices.Clone(a.data), Version: 3, Dropped: addr.Y % 2}
	keep(t)
	return t
}

func (a drawnAtlas) Sifted(addr tiles.Address, _ func(int64) bool) tiles.Tile {
	return a.Tile(addr, func(tiles.Tile) {})
}

func (drawnAtlas) Watch(func([]atlas.Moved)) {}

func (drawnAtlas) State() atlas.State {
	return atlas.State{Loaded: true, Version: 7, At: time.Date(2026, 11, 24, 20, 0, 0, 0, time.UTC)}
}

func (drawnAtlas) Coverage(geo.Date) map[string]tiles.Coverage { return nil }

// plainTiles serves tiles of so many bytes; it knows the sets public, outfall and river,board.
func plainTiles(tb testing.TB, bytes int) *Tiles {
	tb.Helper()
	return tilesOf(tb, drawnAtlas{[]byte(strings.Repeat("a tile of some bytes ", bytes/21+1)[:bytes])})
}

// tilesOf serves the tiles of an atlas.
func tilesOf(tb testing.TB, a interface {
	Atlas
	cache.Atlas
},
) *Tiles {
	tb.Helper()
	kept, err := cache.New(a, 64<<20)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(kept.Wait)
	served := NewTiles(TilesConfig{
		Atlas: a, Cache: kept, Log: slog.New(slog.DiscardHandler), Now: func() time.Time { return a.State().At }, Extent: geo.China(),
		ViewFunc: func(r *http.Request) (access.View, error) {
			if r.Header.Get("Planner") == "" {
				return access.View{}, geo.Errorf(geo.CodeNotFound, "there is nothing at %s", r.URL.Path)
			}
			return access.View{All: true}, nil
		},
	})
	for _, name := range []string{"public", "outfall", "river,board", "draft"} {
		set, err := tiles.ParseSet(name)
		if err != nil {
			tb.Fatal(err)
		}
		served.remember(name, set)
	}
	return served
}

// requestOf reads a request as net/http does.
func requestOf(method, target, headers string) (*http.Request, error) {
	return http.ReadRequest(bufio.NewReader(strings.NewReader(method + " " + target + " HTTP/1.1\r\nHost: h\r\n" + headers + "\r\n")))
}

// The usual requests are read by plain.
func TestPlainReadsTheUsual(t *testing.T) {
	t.Parallel()
	served := plainTiles(t, 10)
	for _, target := range []string{
		"/tiles/public/0/0/0.mvt", "/tiles/public/14/13136/6196.mvt", "/tiles/public/18/262143/262143.mvt?as_of=2026-11-25&v=7",
		"/tiles/river,board/12/1/2.mvt?v=7", "/tiles/outfall/cgcs2000/18/262143/131071.mvt?as_of=2026-11-25", "/tiles/public/cgcs2000/1/1/0.mvt",
	} {
		r, err := requestOf(http.MethodGet, target, "")
		if err != nil {
			t.Fatal(err)
		}
		if !served.plain(r, &tileAsk{}) {
			t.Errorf("%s takes the long way", target)
		}
	}
}

// Whatever plain reads is read alike the long way.
func FuzzPlain(f *testing.F) {
	for _, seed := range []string{
		"/tiles/public/14/13136/6196.mvt?as_of=2026-11-25&v=7", "/tiles/river,board/cgcs2000/12/1/2.mvt?v=0", "/tiles/public/12/01/2.mvt", "/tiles/public/12/1/2.mvt?v=01",
		"/tiles/river%2Cboard/1/1/1.mvt", "/tiles//1/1/1.mvt", "/tiles/public/1/1/1.mvt?", "/tiles/public/1/1/1.mvt?&v=1", "/tiles/public/1/1/1.mvt?v=1&v=1",
		"/tiles/public/1/1/1.mvt?as_of=2026-02-30", "/tiles/public/1/2/1.mvt", "/tiles/public/cgcs2000/1/1/1.mvt", "/tiles/public/cgcs2000/cgcs2000/1/1/1.mvt",
		"/tiles/public/1/1/1/1.mvt", "/tiles/public/1/1/1.mvt.mvt", "/tiles/public/1/1/-1.mvt", "/tiles/public/1/1/9999999999.mvt", "/tiles/public/1/1/1.mvt?v=9999999999999999999",
		"/tiles/public/1/1/1.mvt?v", "/tiles/public/1/1/1.mvt?as_of=2026-11-25;v=1", "/tiles/public/1/1/%31.mvt", "/tiles/./public/1/1/1.mvt", "/tiles/public/1/1/1.mvt?v=%31",
		"/tiles/public/1/1/1.mvt?v=1#x", "/tiles/public/0/0/0.mvt?as_of=0000-01-01", "/tiles/public/0/0/0.mvt?as_of=+026-01-01",
	} {
		f.Add(seed)
	}
	served := plainTiles(f, 10)
	f.Fuzz(func(t *testing.T, target string) {
		r, err := requestOf(http.MethodGet, target, "")
		if err != nil {
			return
		}
		var plain tileAsk
		if !served.plain(r, &plain) {
			return
		}
		_, parts, err := served.find(r)
		if err != nil {
			t.Fatalf("%q is no tile: %v", target, err)
		}
		long, err := served.ask(r, parts)
		if err != nil {
			t.Fatalf("%q: %v", target, err)
		}
		if plain.address.Set.Name != long.address.Set.Name {
			t.Fatalf("%q: the set %s, and %s", target, plain.address.Set.Name, long.address.Set.Name)
		}
		plain.address.Set, long.address.Set = tiles.Set{}, tiles.Set{}
		if diff := cmp.Diff(long, plain, cmp.AllowUnexported(tileAsk{}, tileQuery{}), cmp.Comparer(func(a, b geo.Date) bool { return a == b })); diff != "" {
			t.Fatalf("%q: %s", target, diff)
		}
	})
}

// Both ways send the same bytes and headers.
func TestPlainAnswersAlike(t *testing.T) {
	t.Parallel()
	for _, bytes := range []int{0, 300, 5000} {
		served := plainTiles(t, bytes)
		served.cfg.Now = func() time.Time { return time.Date(2026, 11, 24, 20, 0, 20*(bytes%7), 0, time.UTC) } // some of them late
		for _, target := range []string{
			"/tiles/public/14/13136/6196.mvt", "/tiles/public/14/13136/6197.mvt?as_of=2026-11-25&v=7", "/tiles/public/14/13136/6197.mvt?as_of=2026-11-25&v=2",
			"/tiles/outfall/14/1/1.mvt", "/tiles/draft/14/1/1.mvt", "/tiles/river,board/cgcs2000/14/1/1.mvt?v=8",
		} {
			for _, headers := range []string{
				"", "Accept-Encoding: gzip\r\n", "Accept-Encoding: zstd, gzip;q=0.5\r\nPlanner: 1\r\n", "If-None-Match: *\r\n", "Accept-Encoding: identity;q=0, gzip\r\nIf-None-Match: \"x\"\r\n",
			} {
				for _, method := range []string{http.MethodGet, http.MethodHead} {
					one, two := httptest.NewRecorder(), httptest.NewRecorder()
					r, err := requestOf(method, target, headers)
					if err != nil {
						t.Fatal(err)
					}
					if !served.plain(r, &tileAsk{}) {
						t.Fatalf("%s takes the long way", target)
					}
					served.ServeHTTP(one, r)
					if err := served.route(two, r); err != nil {
						served.fail(two, r, err)
					}
					if one.Code != two.Code || one.Body.String() != two.Body.String() {
						t.Errorf("%s %s %q: %d with %d bytes, the long way %d with %d", method, target, headers, one.Code, one.Body.Len(), two.Code, two.Body.Len())
					}
					if diff := cmp.Diff(map[string][]string(two.Header()), map[string][]string(one.Header())); diff != "" {
						t.Errorf("%s %s %q: %s", method, target, headers, diff)
					}
				}
			}
		}
	}
}

// writer is a response writer that keeps nothing.
type writer struct{ header http.Header }

func (w *writer) Header() http.Header       { return w.header }
func (*writer) Write(b []byte) (int, error) { return len(b), nil }
func (*writer) WriteHeader(int)             {}

// A tile that is in memory is sent without allocating anything.
func TestHitAllocatesNothing(t *testing.T) {
	served := plainTiles(t, 5000)
	r, err := requestOf(http.MethodGet, "/tiles/public/14/13136/6196.mvt?as_of=2026-11-25&v=7", "Accept-Encoding: gzip, deflate, br, zstd\r\n")
	if err != nil {
		t.Fatal(err)
	}
	w := &writer{http.Header{}}
	served.ServeHTTP(w, r)
	if w.header.Get("Content-Encoding") != "zstd" || !strings.Contains(w.header.Get("Cache-Control"), "immutable") {
		t.Fatalf("got %v", w.header)
	}
	if n := testing.AllocsPerRun(100, func() {
		clear(w.header)
		served.ServeHTTP(w, r)
	}); n > 0 {
		t.Errorf("%g allocations", n)
	}
}

func BenchmarkWarmTile(b *testing.B) {
	served := plainTiles(b, 35_000)
	r, err := requestOf(http.MethodGet, "/tiles/public/14/13136/6196.mvt?as_of=2026-11-25&v=7", "Accept-Encoding: gzip, deflate, br, zstd\r\n")
	if err != nil {
		b.Fatal(err)
	}
	r = r.WithContext(context.WithoutCancel(b.Context()))
	w := &writer{http.Header{}}
	served.ServeHTTP(w, r)
	b.ReportAllocs()
	for b.Loop() {
		clear(w.header)
		served.ServeHTTP(w, r)
	}
}

// The bare work of setting the same headers.
func BenchmarkWarmTileBare(b *testing.B) {
	served := plainTiles(b, 35_000)
	r, err := requestOf(http.MethodGet, "/tiles/public/14/13136/6196.mvt?as_of=2026-11-25&v=7", "Accept-Encoding: gzip, deflate, br, zstd\r\n")
	if err != nil {
		b.Fatal(err)
	}
	w := &writer{http.Header{}}
	served.ServeHTTP(w, r)
	all := map[string]http.Header{r.URL.Path: maps.Clone(w.header)}
	for b.Loop() {
		clear(w.header)
		maps.Copy(w.header, all[r.URL.Path])
		_, _ = w.Write(nil)
	}
}
