package api_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/zstd"

	"hetu/api"
	"hetu/geo"
	"hetu/geo/access"
	"hetu/tiles"
	"hetu/tiles/atlas"
	"hetu/tiles/cache"
	"hetu/tiles/mvttext"
)

// tileWorld is a tile server over a store of one river with all that belongs to it: z9 tile 410/193 has its county, z12 tile
// 3284/1549 all of it.
type tileWorld struct {
	*httptest.Server
	store *tileStore
	atlas *atlas.Atlas
	tiles *api.Tiles
}

func serveTiles(t *testing.T, change ...func(*api.TilesConfig)) *tileWorld {
	t.Helper()
	w := &tileWorld{store: newTileStore()}
	border := []float64{108.6, 40, 108.7, 40, 108.7, 40.2, 108.6, 40.2, 108.6, 40}
	line, point := []float64{108.65, 40.1, 108.655, 40.101, 108.66, 40.1}, []float64{108.655, 40.101}
	name := map[string]atlas.Value{"name": atlas.TextValue("示例河"), "has_chief": atlas.BoolValue(false)}
	w.store.put(t, "division", 1, geo.Date{}, border, map[string]atlas.Value{"name": atlas.TextValue("示例区")})
	w.store.put(t, "river", 2, geo.Date{}, line, name)
	w.store.put(t, "reach", 3, geo.Date{}, line, name)
	w.store.put(t, "outfall", 4, geo.Date{}, point, nil)
	w.store.put(t, "draft", 5, geo.Date{}, line, name)
	w.store.put(t, "board", 6, geo.NewDate(2026, 5, 1), point, nil)
	w.atlas = w.store.loaded(t)
	w.tiles = newTiles(t, w.atlas, w.atlas, change...)
	w.Server = httptest.NewServer(w.tiles)
	t.Cleanup(w.Close)
	return w
}

func newTiles(t *testing.T, drawn cache.Atlas, known api.Atlas, change ...func(*api.TilesConfig)) *api.Tiles {
	t.Helper()
	kept, err := cache.New(drawn, 16<<20)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(kept.Wait)
	cfg := api.TilesConfig{
		Atlas: known, Cache: kept, Log: slog.New(slog.DiscardHandler),
		Now:        func() time.Time { return time.Date(2026, 11, 24, 20, 0, 0, 0, time.UTC) }, // the 25th in China
		NoticeFunc: func(context.Context) string { return "示意数据" }, Extent: geo.China(),
	}
	for _, c := range change {
		c(&cfg)
	}
	return api.NewTiles(cfg)
}

// theTile is the tile that has all.
const theTile = "/12/3284/1549.mvt"

// fetch makes a request that net/http does not decompress by itself.
func fetch(t *testing.T, method, url string, headers ...string) (*http.Response, []byte) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Accept-Encoding", "identity")
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res, body
}

func TestTileAnswers(t *testing.T) {
	t.Parallel()
	srv := serveTiles(t)
	written := srv.store.version()
	now, next, then := fmt.Sprintf("v=%d", written), fmt.Sprintf("v=%d", written+1), "v=0"
	const short, forever, private = "public, max-age=60, stale-while-revalidate=300", "public, max-age=31536000, immutable", "private, no-store"
	all := []string{"board", "division", "division_label", "reach", "river"} // the river is too short for its name
	tests := []struct {
		name, path string
		status     int
		cache      string
		layers     []string
	}{
		{"everything public", "public" + theTile, 200, short, all},
		{"again, from memory", "public" + theTile, 200, short, all},
		{"a composite, unsorted, its comma written out", "river%2Cboard,river" + theTile, 200, short, []string{"board", "river"}},
		{"the same once more", "river%2Cboard,river" + theTile, 200, short, []string{"board", "river"}},
		{"before the board stood", "board,river" + theTile + "?as_of=2026-04-30", 200, short, []string{"river"}},
		{"the day it was put up", "board" + theTile + "?as_of=2026-05-01", 200, short, []string{"board"}},
		{"a moment of that day", "board" + theTile + "?as_of=2026-04-30T16:00:00Z", 200, short, []string{"board"}},
		{"of the newest version", "river" + theTile + "?as_of=2026-05-01&" + now, 200, forever, []string{"river"}},
		{"its parameters the other way round", "river" + theTile + "?" + now + "&as_of=2026-05-01", 200, forever, []string{"river"}},
		{"of a version and whatever day it is", "river" + theTile + "?" + now, 200, short, []string{"river"}},
		{"of a version to come", "river" + theTile + "?as_of=2026-05-01&" + next, 200, short, []string{"river"}},
		{"of a version before it was written", "river" + theTile + "?as_of=2026-05-01&" + then, 200, short, []string{"river"}},
		{"the office's own", "outfall" + theTile + "?v=1", 200, private, []string{"outfall"}},
		{"the other grid", "river/cgcs2000/12/3284/567.mvt", 200, short, []string{"river"}},
		{"empty", "public/12/0/0.mvt", 204, short, nil},
		{"empty, of a version", "public/12/0/0.mvt?as_of=2026-05-01&" + now, 204, forever, nil},
		{"off the grid", "public/12/4096/0.mvt", 404, "no-store", nil},
		{"off the other grid", "public/cgcs2000/12/0/2048.mvt", 404, "no-store", nil},
		{"no such zoom", "public/19/0/0.mvt", 404, "no-store", nil},
		{"no such level", "public/cgcs2000/0/0/0.mvt", 404, "no-store", nil},
		{"no such layer", "lake/12/0/0.mvt", 404, "no-store", nil},
		{"no such grid", "public/webmercator/12/0/0.mvt", 404, "no-store", nil},
		{"no such file", "public/12/0/0.pbf", 404, "no-store", nil},
		{"no number", "public/12/a/0.mvt", 400, "no-store", nil},
		{"a leading zero", "public/12/01/0.mvt", 400, "no-store", nil},
		{"no date", "public/12/0/0.mvt?as_of=yesterday", 400, "no-store", nil},
		{"no such day", "public/12/0/0.mvt?as_of=2026-02-30", 400, "no-store", nil},
		{"no version", "public/12/0/0.mvt?v=new", 400, "no-store", nil},
		{"a parameter that is not", "public/12/0/0.mvt?asof=2026-05-01", 400, "no-store", nil},
		{"a parameter twice", "public/12/0/0.mvt?v=1&v=2", 400, "no-store", nil},
		{"drafts", "draft" + theTile, 404, "no-store", nil},
		{"drafts among others", "river,draft" + theTile, 404, "no-store", nil},
	}
	for _, tt := range tests {
		res, body := fetch(t, http.MethodGet, srv.URL+"/tiles/"+tt.path)
		if res.StatusCode != tt.status || res.Header.Get("Cache-Control") != tt.cache {
			t.Errorf("%s: %d, %q; want %d, %q: %s", tt.name, res.StatusCode, res.Header.Get("Cache-Control"), tt.status, tt.cache, body)
		}
		if got, want := res.Header.Get("Access-Control-Allow-Origin"), map[bool]string{true: "", false: "*"}[tt.cache == private]; got != want {
			t.Errorf("%s: Access-Control-Allow-Origin %q, want %q", tt.name, got, want)
		}
		if tt.status >= 400 {
			if got := res.Header.Get("Content-Type"); got != "application/problem+json" || res.Header.Get("ETag") != "" {
				t.Errorf("%s: Content-Type %q, ETag %q", tt.name, got, res.Header.Get("ETag"))
			}
			continue
		}
		if res.Header.Get("ETag") == "" || res.Header.Get("Vary") != "Accept-Encoding" || res.Header.Get("Hetu-Version") == "" || res.Header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: headers %v", tt.name, res.Header)
		}
		if diff := cmp.Diff(tt.layers, layersOf(t, body)); diff != "" {
			t.Errorf("%s: %s", tt.name, diff)
		}
	}
}

func layersOf(t *testing.T, body []byte) []string {
	t.Helper()
	features, err := mvttext.Decode(body)
	if err != nil {
		t.Fatal(err)
	}
	var layers []string
	for _, f := range features {
		layers = append(layers, f.Layer)
	}
	return slices.Compact(layers)
}

func TestTileProblemsNameTheField(t *testing.T) {
	t.Parallel()
	srv := serveTiles(t)
	for path, want := range map[string]string{
		"/tiles/public/12/a/0.mvt":                   `"pointer":"x"`,
		"/tiles/public/12/0/0.mvt?as_of=1":           `"pointer":"as_of"`,
		"/tiles/public/12/0/0.mvt?zoom=3":            `"pointer":"zoom"`,
		"/tiles/lake/tilejson.json":                  "board, boundary, division, division_label, draft, outfall, reach, river, river_label, section",
		"/tiles/public/tilejson.json?lang=zh":        `"pointer":"lang"`,
		"/tiles/?f=json":                             `"pointer":"f"`,
		"/tiles/river,lake/0/0/0.mvt":                `\"lake\"`,
		"/tiles/a,b,c,d,e,f,g,h,i,j,k,l,m/0/0/0.mvt": "at most 12",
		"/tiles/draft/0/0/0.mvt":                     "there is nothing at",
		"/tiles/draft/tilejson.json":                 "there is nothing at",
	} {
		if _, body := fetch(t, http.MethodGet, srv.URL+path); !strings.Contains(string(body), want) {
			t.Errorf("%s: %s does not say %s", path, body, want)
		}
	}
}

func TestTileCaching(t *testing.T) {
	t.Parallel()
	srv := serveTiles(t)
	url := srv.URL + "/tiles/public" + theTile
	plain, body := fetch(t, http.MethodGet, url)
	again, same := fetch(t, http.MethodGet, url)
	tag := plain.Header.Get("ETag")
	if !regexp.MustCompile(`^"[0-9a-f]{32}"$`).MatchString(tag) || again.Header.Get("ETag") != tag || !bytes.Equal(body, same) {
		t.Errorf("ETag %s, then %s", tag, again.Header.Get("ETag"))
	}
	for _, have := range []string{tag, "W/" + tag, `"x", ` + tag, "*"} {
		if res, rest := fetch(t, http.MethodGet, url, "If-None-Match", have); res.StatusCode != http.StatusNotModified || len(rest) > 0 || res.Header.Get("ETag") != tag || res.Header.Get("Cache-Control") == "" || res.Header.Get("Vary") == "" {
			t.Errorf("%s: %d, %v", have, res.StatusCode, res.Header)
		}
	}
	for _, have := range []string{strings.Trim(tag, `"`), `"x"`, `"` + strings.Repeat("0", 32) + `"`, `""`, `"`, ","} {
		if res, _ := fetch(t, http.MethodGet, url, "If-None-Match", have); res.StatusCode != http.StatusOK {
			t.Errorf("%s: %d", have, res.StatusCode)
		}
	}
	head, nothing := fetch(t, http.MethodHead, url)
	if head.StatusCode != http.StatusOK || len(nothing) > 0 || head.ContentLength != int64(len(body)) || head.Header.Get("ETag") != tag {
		t.Errorf("HEAD: %d, %v", head.StatusCode, head.Header)
	}
	empty, _ := fetch(t, http.MethodGet, srv.URL+"/tiles/public/12/0/0.mvt")
	if res, _ := fetch(t, http.MethodGet, srv.URL+"/tiles/public/12/0/0.mvt", "If-None-Match", empty.Header.Get("ETag")); res.StatusCode != http.StatusNotModified {
		t.Errorf("an empty tile that is known: %d", res.StatusCode)
	}
	other, _ := fetch(t, http.MethodGet, srv.URL+"/tiles/public/12/3200/1549.mvt")
	srv.store.put(t, "board", 7, geo.Date{}, []float64{108.656, 40.101}, nil)
	srv.store.caughtUp(t, srv.atlas)
	res, _ := fetch(t, http.MethodGet, url, "If-None-Match", tag)
	if res.StatusCode != http.StatusOK || res.Header.Get("ETag") == tag || res.Header.Get("Hetu-Version") != strconv.FormatInt(srv.store.version(), 10) {
		t.Errorf("after an edit: %d, %v", res.StatusCode, res.Header)
	}
	if res, _ := fetch(t, http.MethodGet, srv.URL+"/tiles/public/12/3200/1549.mvt"); res.Header.Get("Hetu-Version") != other.Header.Get("Hetu-Version") {
		t.Errorf("the edit moved a tile that it does not touch: %v", res.Header)
	}
}

// A version in the URL stays good for a tile that later writes do not touch, and not for one that they do.
func TestTilePinnedToAnEarlierVersion(t *testing.T) {
	t.Parallel()
	srv := serveTiles(t)
	pin := fmt.Sprintf("?as_of=2026-11-25&v=%d", srv.store.version())
	srv.store.put(t, "board", 7, geo.Date{}, []float64{108.656, 40.101}, nil)
	srv.store.caughtUp(t, srv.atlas)
	for path, want := range map[string]string{"public" + theTile: "max-age=60", "public/12/3200/1549.mvt": "immutable", "river" + theTile: "immutable"} {
		if res, _ := fetch(t, http.MethodGet, srv.URL+"/tiles/"+path+pin); !strings.Contains(res.Header.Get("Cache-Control"), want) {
			t.Errorf("%s: %s, want %s", path, res.Header.Get("Cache-Control"), want)
		}
	}
}

// What each client gets, and that a tag of another encoding of the same tile is known where that encoding is welcome.
func TestTileEncodings(t *testing.T) {
	t.Parallel()
	srv := serveTiles(t)
	for id := range int64(300) { // large enough to be worth it
		srv.store.put(t, "board", 100+id, geo.Date{}, []float64{108.65 + float64(id)*1e-5, 40.1}, map[string]atlas.Value{"site": atlas.TextValue(fmt.Sprintf("示例桥 %d", id))})
	}
	srv.store.caughtUp(t, srv.atlas)
	url := srv.URL + "/tiles/board" + theTile
	_, want := fetch(t, http.MethodGet, url)
	tags := map[string]string{}
	for _, tt := range [][2]string{
		{"gzip, deflate, br, zstd", "zstd"},
		{"gzip, deflate, br", "gzip"},
		{"br;q=1, gzip;q=0.8", "gzip"},
		{"x-gzip", "gzip"},
		{"GZIP ; Q=0.5", "gzip"},
		{"zstd;q=0.5, gzip", "gzip"},
		{"zstd;q=0.5, gzip;q=0.5", "zstd"},
		{"zstd;q=0, *", "gzip"},
		{"*", "gzip"},
		{"gzip;q=0.3, identity;q=0.5", ""},
		{"identity;q=0, gzip;q=0.1", "gzip"},
		{"gzip;q=0", ""},
		{"gzip;q=2", ""},
		{"gzip;level=9", ""},
		{"*;q=0", ""},
		{"br", ""},
		{"identity", ""},
	} {
		res, body := fetch(t, http.MethodGet, url, "Accept-Encoding", tt[0])
		if got := res.Header.Get("Content-Encoding"); got != tt[1] {
			t.Errorf("%q was answered in %q, want %q", tt[0], got, tt[1])
		}
		if !bytes.Equal(decoded(t, res.Header.Get("Content-Encoding"), body), want) {
			t.Errorf("%q: other content", tt[0])
		}
		tags[tt[1]] = res.Header.Get("ETag")
	}
	if tags[""] == tags["gzip"] || tags["gzip"] == tags["zstd"] || len(tags) != 3 {
		t.Errorf("tags %v", tags)
	}
	for _, tt := range []struct {
		accept, have, tag string
	}{
		{"gzip, zstd", tags["zstd"], tags["zstd"]},
		{"gzip, zstd", tags["gzip"], tags["gzip"]}, // as good an answer as the other
		{"gzip, zstd", tags["gzip"] + ", " + tags["zstd"], tags["zstd"]},
		{"gzip, zstd", tags[""], tags[""]},
		{"gzip", tags["zstd"], ""}, // it could not read that
		{"identity;q=0, gzip", tags[""], ""},
		{"identity", tags["gzip"], ""},
	} {
		res, _ := fetch(t, http.MethodGet, url, "Accept-Encoding", tt.accept, "If-None-Match", tt.have)
		status, tag := http.StatusOK, tags[res.Header.Get("Content-Encoding")]
		if tt.tag != "" {
			status, tag = http.StatusNotModified, tt.tag
		}
		if res.StatusCode != status || res.Header.Get("ETag") != tag {
			t.Errorf("%s with %s: %d %s, want %d %s", tt.accept, tt.have, res.StatusCode, res.Header.Get("ETag"), status, tag)
		}
	}
}

func decoded(t *testing.T, encoding string, body []byte) []byte {
	t.Helper()
	var r io.Reader = bytes.NewReader(body)
	var err error
	switch encoding {
	case "gzip":
		r, err = gzip.NewReader(r)
	case "zstd":
		r, err = zstd.NewReader(r)
	}
	if err != nil {
		t.Fatal(err)
	}
	plain, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return plain
}

// Scripts of other sites may read what is public.
func TestTilePreflight(t *testing.T) {
	t.Parallel()
	srv := serveTiles(t)
	for _, path := range []string{"/tiles/public" + theTile, "/tiles/public/tilejson.json", "/tiles/"} {
		res, _ := fetch(t, http.MethodOptions, srv.URL+path, "Origin", "https://elsewhere.example", "Access-Control-Request-Method", "GET")
		if res.StatusCode != http.StatusNoContent || res.Header.Get("Access-Control-Allow-Origin") != "*" || !strings.Contains(res.Header.Get("Access-Control-Allow-Methods"), "GET") {
			t.Errorf("%s: %d, %v", path, res.StatusCode, res.Header)
		}
		if res, _ = fetch(t, http.MethodPost, srv.URL+path); res.StatusCode != http.StatusMethodNotAllowed || res.Header.Get("Allow") != "GET, HEAD, OPTIONS" {
			t.Errorf("POST %s: %d, %v", path, res.StatusCode, res.Header)
		}
		res, _ = fetch(t, http.MethodGet, srv.URL+path)
		if exposed := res.Header.Get("Access-Control-Expose-Headers"); !strings.Contains(exposed, "ETag") || !strings.Contains(exposed, "Hetu-Dropped") {
			t.Errorf("GET %s exposes %q", path, exposed)
		}
	}
}

// Who may see drafts sees them, and nobody keeps them.
func TestTileDrafts(t *testing.T) {
	t.Parallel()
	srv := serveTiles(t, func(c *api.TilesConfig) {
		c.ViewFunc = func(r *http.Request) (access.View, error) {
			if r.Header.Get("Planner") == "" {
				return access.View{}, geo.Errorf(geo.CodeNotFound, "there is nothing at %s", r.URL.Path)
			}
			return access.View{All: true}, nil
		}
	})
	for _, path := range []string{"/tiles/draft" + theTile, "/tiles/draft,river" + theTile, "/tiles/draft/tilejson.json"} {
		if res, _ := fetch(t, http.MethodGet, srv.URL+path); res.StatusCode != http.StatusNotFound {
			t.Errorf("%s: %d", path, res.StatusCode)
		}
		res, body := fetch(t, http.MethodGet, srv.URL+path, "Planner", "1")
		if res.StatusCode != http.StatusOK || res.Header.Get("Cache-Control") != "private, no-store" || res.Header.Get("Access-Control-Allow-Origin") != "" || len(body) == 0 {
			t.Errorf("%s: %d, %v", path, res.StatusCode, res.Header)
		}
	}
}

// When the source has been silent for long the answers say how old they are, and none is kept for ever.
func TestTileSaysItsAge(t *testing.T) {
	t.Parallel()
	now := time.Now()
	srv := serveTiles(t, func(c *api.TilesConfig) { c.Now = func() time.Time { return now.Add(100 * time.Second) } })
	for path, control := range map[string]string{
		"/tiles/public" + theTile:                           "public, max-age=60, stale-while-revalidate=300",
		"/tiles/public" + theTile + "?as_of=2026-11-25&v=6": "public, max-age=60, stale-while-revalidate=300",
		"/tiles/outfall" + theTile:                          "private, no-store",
		"/tiles/public/tilejson.json":                       "public, max-age=60, stale-while-revalidate=300",
	} {
		res, _ := fetch(t, http.MethodGet, srv.URL+path)
		age, err := strconv.Atoi(res.Header.Get("Hetu-Data-Age"))
		if err != nil || age < 15 || age > 101 || res.Header.Get("Cache-Control") != control {
			t.Errorf("%s: %d, %v", path, res.StatusCode, res.Header)
		}
	}
	fresh := serveTiles(t, func(c *api.TilesConfig) { c.Now = time.Now })
	if res, _ := fetch(t, http.MethodGet, fresh.URL+"/tiles/public"+theTile); res.Header.Get("Hetu-Data-Age") != "" {
		t.Errorf("fresh data: %v", res.Header)
	}
}

func TestTileJSONDocument(t *testing.T) {
	t.Parallel()
	srv := serveTiles(t)
	read := func(path string) tiles.TileJSON {
		res, body := fetch(t, http.MethodGet, srv.URL+path)
		if res.StatusCode != http.StatusOK || res.Header.Get("Content-Type") != "application/json" {
			t.Fatalf("%s: %d: %s", path, res.StatusCode, body)
		}
		var doc tiles.TileJSON
		if err := json.Unmarshal(body, &doc); err != nil {
			t.Fatal(err)
		}
		return doc
	}
	written := srv.store.version()
	doc := read("/tiles/public/tilejson.json")
	if diff := cmp.Diff([]string{srv.URL + "/tiles/public/{z}/{x}/{y}.mvt?as_of=2026-11-25&v=" + strconv.FormatInt(written, 10)}, doc.Tiles); diff != "" {
		t.Error(diff)
	}
	for i, want := range [4]float64{108.6, 40, 108.7, 40.2} {
		if d := doc.Bounds[i] - want; d > 1e-6 || d < -1e-6 {
			t.Errorf("bounds %v", doc.Bounds)
		}
	}
	if doc.TileJSON != "3.0.0" || doc.MinZoom != 0 || doc.MaxZoom != 18 || doc.Attribution != "示意数据" || doc.CRS != "" {
		t.Errorf("got %+v", doc)
	}
	tile := strings.NewReplacer("{z}", "12", "{x}", "3284", "{y}", "1549").Replace(doc.Tiles[0])
	if res, _ := fetch(t, http.MethodGet, tile); res.StatusCode != http.StatusOK || !strings.Contains(res.Header.Get("Cache-Control"), "immutable") {
		t.Errorf("the tile that the TileJSON names: %d, %v", res.StatusCode, res.Header)
	}
	other := read("/tiles/public/cgcs2000/tilejson.json")
	if diff := cmp.Diff([]string{srv.URL + "/tiles/public/cgcs2000/{z}/{x}/{y}.mvt?as_of=2026-11-25&v=" + strconv.FormatInt(written, 10)}, other.Tiles); diff != "" {
		t.Error(diff)
	}
	if other.CRS != "EPSG:4490" || other.MinZoom != 1 || other.TileMatrixSet.ID != "CGCS2000Quad" {
		t.Errorf("got %+v", other)
	}
	srv.store.put(t, "board", 8, geo.Date{}, []float64{109, 40.101}, nil)
	srv.store.caughtUp(t, srv.atlas)
	if later := read("/tiles/public/tilejson.json?as_of=2026-06-01"); later.Bounds[2] < 109 || later.Bounds[2] > 109.000001 || !strings.HasSuffix(later.Tiles[0], "?as_of=2026-06-01&v="+strconv.FormatInt(written+1, 10)) {
		t.Errorf("after an edit: %v, %v", later.Bounds, later.Tiles)
	}
	if empty := read("/tiles/section/tilejson.json"); empty.Bounds != [4]float64{73, 3, 136, 54} {
		t.Errorf("a set without features: %v", empty.Bounds)
	}
	res, body := fetch(t, http.MethodGet, srv.URL+"/tiles/public/tilejson.json", "Accept-Encoding", "gzip")
	if !json.Valid(decoded(t, res.Header.Get("Content-Encoding"), body)) || res.Header.Get("Content-Encoding") != "gzip" {
		t.Errorf("in gzip: %v", res.Header)
	}
	if again, _ := fetch(t, http.MethodGet, srv.URL+"/tiles/public/tilejson.json", "Accept-Encoding", "gzip", "If-None-Match", res.Header.Get("ETag")); again.StatusCode != http.StatusNotModified {
		t.Errorf("a known document: %d", again.StatusCode)
	}
}

func TestTileIndexDocument(t *testing.T) {
	t.Parallel()
	srv := serveTiles(t)
	_, body := fetch(t, http.MethodGet, srv.URL+"/tiles/")
	var doc struct {
		Sets []struct {
			Name, TileJSON, Collection string
			Layers                     []string
			CGCS2000                   struct{ TileJSON, Tiles string }
		} `json:"sets"`
	}
	if err := json.Unmarshal(body, &doc); err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, s := range doc.Sets {
		names = append(names, s.Name)
	}
	if diff := cmp.Diff([]string{"public", "board", "boundary", "division", "division_label", "outfall", "reach", "river", "river_label", "section"}, names); diff != "" {
		t.Error(diff)
	}
	s := doc.Sets[1]
	if s.Collection != "notice-boards" || s.TileJSON != srv.URL+"/tiles/board/tilejson.json" || s.CGCS2000.Tiles != srv.URL+"/tiles/board/cgcs2000/{z}/{x}/{y}.mvt" {
		t.Errorf("got %+v", s)
	}
}

// A tile that is too full says how much it dropped.
func TestTileFull(t *testing.T) {
	t.Parallel()
	srv := serveTiles(t)
	const crowd = 40_000
	for id := range int64(crowd) {
		srv.store.put(t, "board", 1000+id, geo.Date{}, []float64{108.655, 40.101}, map[string]atlas.Value{"site": atlas.TextValue(fmt.Sprintf("示例牌 %d", id))})
	}
	srv.store.caughtUp(t, srv.atlas)
	res, body := fetch(t, http.MethodGet, srv.URL+"/tiles/board"+theTile)
	features, err := mvttext.Decode(body)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := res.Header.Get("Hetu-Dropped"), strconv.Itoa(crowd+1-len(features)); got != want || len(body) > tiles.MaxBytes || len(features) == 0 {
		t.Errorf("Hetu-Dropped is %q, want %q; %d bytes", got, want, len(body))
	}
}

// What cannot be drawn is a problem that no cache keeps, and the next request tries again.
func TestTileFailed(t *testing.T) {
	t.Parallel()
	broken := brokenAtlas{newTileStore().loaded(t)}
	srv := httptest.NewServer(newTiles(t, broken, broken))
	t.Cleanup(srv.Close)
	for range 3 {
		res, body := fetch(t, http.MethodGet, srv.URL+"/tiles/board"+theTile+"?v=1")
		if res.StatusCode != http.StatusInternalServerError || res.Header.Get("Cache-Control") != "no-store" || res.Header.Get("ETag") != "" || strings.Contains(string(body), "secret") {
			t.Errorf("%d, %v: %s", res.StatusCode, res.Header, body)
		}
	}
	empty := atlas.New()
	loading := httptest.NewServer(newTiles(t, empty, empty))
	t.Cleanup(loading.Close)
	for _, path := range []string{"/tiles/board" + theTile, "/tiles/board/tilejson.json"} {
		if res, _ := fetch(t, http.MethodGet, loading.URL+path); res.StatusCode != http.StatusServiceUnavailable || res.Header.Get("Retry-After") == "" {
			t.Errorf("%s while the atlas is loaded: %d, %v", path, res.StatusCode, res.Header)
		}
	}
}

// brokenAtlas cannot draw.
type brokenAtlas struct{ *atlas.Atlas }

func (brokenAtlas) Tile(tiles.Address, func(tiles.Tile)) tiles.Tile { panic("a secret fault") }

// ogrinfo reads a saved tile and the live server in both grids, with the names and types of all properties.
func TestTilesWithGDAL(t *testing.T) {
	t.Parallel()
	srv := serveTiles(t)
	_, body := fetch(t, http.MethodGet, srv.URL+"/tiles/public"+theTile)
	dir := filepath.Join(t.TempDir(), "12", "3284")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "1549.mvt")
	if err := os.WriteFile(file, body, 0o644); err != nil {
		t.Fatal(err)
	}
	saved := ogrinfo(t, "-ro", "-al", "MVT:"+file)
	for _, want := range []string{"Layer name: board", "Layer name: division", "Layer name: reach", "Layer name: river", "has_chief (Integer(Boolean)) = 0", "name (String) = 示例河", "POLYGON", "LINESTRING", "POINT"} {
		if !strings.Contains(saved, want) {
			t.Errorf("the saved tile lacks %q:\n%s", want, saved)
		}
	}
	live := ogrinfo(t, "-ro", "-so", "-al", "MVT:"+srv.URL+"/tiles/public/8", "-oo", "TILE_EXTENSION=mvt", "-oo", "METADATA_FILE="+srv.URL+"/tiles/public/tilejson.json")
	for _, l := range tiles.Catalogue() {
		if !l.Public {
			continue
		}
		at := strings.Index(live, "Layer name: "+l.Name+"\n")
		if at < 0 {
			t.Errorf("the live server's layers lack %s:\n%s", l.Name, live)
			continue
		}
		section, _, _ := strings.Cut(live[at+1:], "Layer name:")
		for _, f := range l.Fields {
			kind := map[tiles.FieldType]string{tiles.String: "String", tiles.Number: "Real", tiles.Boolean: "Integer(Boolean)"}[f.Type]
			if want := fmt.Sprintf("\n%s: %s (", f.Name, kind); !strings.Contains(section, want) {
				t.Errorf("%s lacks %q:\n%s", l.Name, want, section)
			}
		}
	}
	// The grid of CGCS2000 is taken from the TileJSON: the county is found where it is, in degrees.
	other := ogrinfo(t, "-ro", "-al", "MVT:"+srv.URL+"/tiles/division/cgcs2000/9", "division", "-spat", "108.5", "40", "108.8", "40.2",
		"-oo", "TILE_EXTENSION=mvt", "-oo", "METADATA_FILE="+srv.URL+"/tiles/division/cgcs2000/tilejson.json")
	if !strings.Contains(other, `ID["EPSG",4490]`) {
		t.Errorf("no EPSG:4490 in\n%s", other)
	}
	if !strings.Contains(other, "((108.5998") || !strings.Contains(other, " 40.2001") {
		t.Errorf("the county is not where it is:\n%s", other)
	}
}

func ogrinfo(t *testing.T, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	out, err := exec.CommandContext(ctx, "ogrinfo", args...).CombinedOutput()
	if err != nil {
		t.Fatalf("ogrinfo %v: %v\n%s", args, err, out)
	}
	return string(out)
}
