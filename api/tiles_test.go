package api_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"iter"
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
	"github.com/gorilla/mux"
	"github.com/paulmach/orb"
	"github.com/twpayne/go-geom"

	"hetu/api"
	"hetu/data/pg"
	"hetu/data/pgtest"
	"hetu/geo"
	"hetu/tiles"
	"hetu/tiles/mvttext"
)

// tileServer serves the tiles of a real database with one river: z9 tile 410/193 has its county, z12 tile 3284/1549 all of it.
func tileServer(t *testing.T) (*httptest.Server, *pgtest.Database) {
	t.Helper()
	db := pgtest.New(t)
	tileMerge(t, db.Store, tileRows()...)
	return serveTiles(t, db.Store), db
}

func serveTiles(t *testing.T, src tiles.Source) *httptest.Server {
	t.Helper()
	router := mux.NewRouter().UseEncodedPath() // as the server has it
	api.NewTiles(api.TilesConfig{
		Source: src, Now: func() time.Time { return time.Date(2026, 11, 24, 20, 0, 0, 0, time.UTC) }, // the 25th in China
		Notice: func(context.Context) string { return "示意数据" }, Extent: geo.China(),
	}).Register(router, slog.New(slog.DiscardHandler))
	srv := httptest.NewServer(router)
	t.Cleanup(srv.Close)
	return srv
}

func tileMerge(t *testing.T, s *pg.Store, rows ...pg.Row) {
	t.Helper()
	b, err := s.NewBatch(t.Context(), "test", t.Name())
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Add(t.Context(), rows...); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Merge(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func tileRows() []pg.Row {
	rec := func(key pg.Key) pg.Record { return pg.Record{Key: key, Source: "test"} }
	border := []float64{108.6, 40, 108.7, 40, 108.7, 40.2, 108.6, 40.2, 108.6, 40}
	line := []float64{108.65, 40.1, 108.655, 40.101, 108.66, 40.1}
	measured := []float64{108.65, 40.1, 1000, 108.655, 40.101, 500, 108.66, 40.1, 0}
	yes, order := true, 2
	return []pg.Row{
		pg.Division{Record: rec("d"), CodeScheme: "local", Code: "150200", Name: "示例区", Level: geo.County, Kind: "区", Geom: geom.NewMultiPolygonFlat(geom.XY, border, [][]int{{len(border)}})},
		pg.River{Record: rec("v"), CodeScheme: "local", Code: "R1", Name: "示例河", RiverKind: "river", Perennial: &yes, StreamOrder: &order, ManagingLevels: []int16{3, 4}},
		pg.Route{Record: rec("o"), River: "v", MeasureOrigin: "mouth", FlowDir: "with", LengthM: 1000, Geom: geom.NewLineStringFlat(geom.XYM, measured)},
		pg.Reach{Record: rec("r"), River: "v", Route: "o", FromM: 0, ToM: 1000, BankScope: geo.Both, Level: geo.Town, Division: "d", Geom: geom.NewLineStringFlat(geom.XY, line)},
		pg.Board{Record: pg.Record{Key: "b", Source: "test", Valid: geo.Since(geo.NewDate(2026, 5, 1))}, Code: "B1", Level: geo.County, Reaches: []pg.Key{"r"}, State: "ok", Geom: geom.NewPointFlat(geom.XY, []float64{108.655, 40.101})},
		pg.Outfall{Record: rec("x"), Name: "示例口", Kind: "其他", Approval: "none", Geom: geom.NewPointFlat(geom.XY, []float64{108.655, 40.101})},
	}
}

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
	srv, db := tileServer(t)
	written, err := db.Store.Version(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	now, next := fmt.Sprintf("v=%d", written), fmt.Sprintf("v=%d", written+1)
	const short, forever = "public, max-age=60, stale-while-revalidate=300", "public, max-age=31536000, immutable"
	tests := []struct {
		name, path string
		status     int
		cache      string
		layers     []string
	}{
		{"everything public", "/tiles/public/12/3284/1549.mvt", 200, short, []string{"board", "division", "reach", "river"}},
		{"a composite, unsorted, its comma written out", "/tiles/river%2Cboard,river/12/3284/1549.mvt", 200, short, []string{"board", "river"}},
		{"before the board stood", "/tiles/board,river/12/3284/1549.mvt?as_of=2026-04-30", 200, short, []string{"river"}},
		{"the day it was put up", "/tiles/board/12/3284/1549.mvt?as_of=2026-05-01", 200, short, []string{"board"}},
		{"of the newest version", "/tiles/river/12/3284/1549.mvt?as_of=2026-05-01&" + now, 200, forever, []string{"river"}},
		{"of a version and whatever day it is", "/tiles/river/12/3284/1549.mvt?" + now, 200, short, []string{"river"}},
		{"of a version to come", "/tiles/river/12/3284/1549.mvt?as_of=2026-05-01&" + next, 200, short, []string{"river"}},
		{"of another store's version", "/tiles/river/12/3284/1549.mvt?as_of=2026-05-01&v=0", 200, short, []string{"river"}},
		{"the office's own", "/tiles/outfall/12/3284/1549.mvt?v=1", 200, "private, no-store", []string{"outfall"}},
		{"empty", "/tiles/public/12/0/0.mvt", 204, short, nil},
		{"empty, of a version", "/tiles/public/12/0/0.mvt?as_of=2026-05-01&" + now, 204, forever, nil},
		{"off the grid", "/tiles/public/12/4096/0.mvt", 404, "no-store", nil},
		{"no such zoom", "/tiles/public/19/0/0.mvt", 404, "no-store", nil},
		{"no such layer", "/tiles/lake/12/0/0.mvt", 404, "no-store", nil},
		{"no number", "/tiles/public/12/a/0.mvt", 400, "no-store", nil},
		{"no date", "/tiles/public/12/0/0.mvt?as_of=yesterday", 400, "no-store", nil},
		{"no version", "/tiles/public/12/0/0.mvt?v=new", 400, "no-store", nil},
		{"a parameter that is not", "/tiles/public/12/0/0.mvt?asof=2026-05-01", 400, "no-store", nil},
		{"a parameter twice", "/tiles/public/12/0/0.mvt?v=1&v=2", 400, "no-store", nil},
	}
	for _, tt := range tests {
		res, body := fetch(t, http.MethodGet, srv.URL+tt.path)
		if res.StatusCode != tt.status || res.Header.Get("Cache-Control") != tt.cache {
			t.Errorf("%s: %d, %q; want %d, %q: %s", tt.name, res.StatusCode, res.Header.Get("Cache-Control"), tt.status, tt.cache, body)
		}
		if tt.status >= 400 {
			if got := res.Header.Get("Content-Type"); got != "application/problem+json" || res.Header.Get("ETag") != "" {
				t.Errorf("%s: Content-Type %q, ETag %q", tt.name, got, res.Header.Get("ETag"))
			}
			continue
		}
		if res.Header.Get("ETag") == "" || res.Header.Get("Vary") != "Accept-Encoding" {
			t.Errorf("%s: headers %v", tt.name, res.Header)
		}
		features, err := mvttext.Decode(body)
		if err != nil {
			t.Fatal(err)
		}
		var layers []string
		for _, f := range features {
			layers = append(layers, f.Layer)
		}
		if diff := cmp.Diff(tt.layers, slices.Compact(layers)); diff != "" {
			t.Errorf("%s: %s", tt.name, diff)
		}
	}
}

func TestTileProblemsNameTheField(t *testing.T) {
	t.Parallel()
	srv := serveTiles(t, nil) // no problem reaches the source
	for path, want := range map[string]string{
		"/tiles/public/12/a/0.mvt":                   `"pointer":"x"`,
		"/tiles/public/12/0/0.mvt?as_of=1":           `"pointer":"as_of"`,
		"/tiles/public/12/0/0.mvt?zoom=3":            `"pointer":"zoom"`,
		"/tiles/lake/tilejson.json":                  "board, boundary, division, outfall, reach, river, section",
		"/tiles/public/tilejson.json?lang=zh":        `"pointer":"lang"`,
		"/tiles/?f=json":                             `"pointer":"f"`,
		"/tiles/river,lake/0/0/0.mvt":                `\"lake\"`,
		"/tiles/a,b,c,d,e,f,g,h,i,j,k,l,m/0/0/0.mvt": "at most 12",
	} {
		if _, body := fetch(t, http.MethodGet, srv.URL+path); !strings.Contains(string(body), want) {
			t.Errorf("%s: %s does not say %s", path, body, want)
		}
	}
}

func TestTileCaching(t *testing.T) {
	t.Parallel()
	srv, db := tileServer(t)
	url := srv.URL + "/tiles/public/12/3284/1549.mvt"
	plain, body := fetch(t, http.MethodGet, url)
	again, same := fetch(t, http.MethodGet, url)
	tag := plain.Header.Get("ETag")
	if !regexp.MustCompile(`^"[0-9a-f]{32}"$`).MatchString(tag) || again.Header.Get("ETag") != tag || !bytes.Equal(body, same) {
		t.Errorf("ETag %s, then %s", tag, again.Header.Get("ETag"))
	}
	zipped, packed := fetch(t, http.MethodGet, url, "Accept-Encoding", "br;q=1, gzip;q=0.8")
	if zipped.Header.Get("Content-Encoding") != "gzip" || zipped.Header.Get("ETag") != strings.TrimSuffix(tag, `"`)+`-gzip"` {
		t.Errorf("headers %v", zipped.Header)
	}
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	if unpacked, err := io.ReadAll(z); err != nil || !bytes.Equal(unpacked, body) {
		t.Errorf("unpacked %d of %d bytes: %v", len(unpacked), len(body), err)
	}
	for _, refusing := range []string{"gzip;q=0", "*;q=0", "br", "identity"} {
		if res, _ := fetch(t, http.MethodGet, url, "Accept-Encoding", refusing); res.Header.Get("Content-Encoding") != "" {
			t.Errorf("%s was answered in gzip", refusing)
		}
	}
	for _, have := range []string{tag, "W/" + tag, `"x", ` + tag, "*"} {
		if res, rest := fetch(t, http.MethodGet, url, "If-None-Match", have); res.StatusCode != http.StatusNotModified || len(rest) > 0 || res.Header.Get("ETag") != tag || res.Header.Get("Cache-Control") == "" {
			t.Errorf("%s: %d, %v", have, res.StatusCode, res.Header)
		}
	}
	head, nothing := fetch(t, http.MethodHead, url)
	if head.StatusCode != http.StatusOK || len(nothing) > 0 || head.ContentLength != int64(len(body)) || head.Header.Get("ETag") != tag {
		t.Errorf("HEAD: %d, %v", head.StatusCode, head.Header)
	}
	tileMerge(t, db.Store, pg.Board{Record: pg.Record{Key: "b2", Source: "test"}, Code: "B2", Level: geo.County, Reaches: []pg.Key{"r"}, State: "ok", Geom: geom.NewPointFlat(geom.XY, []float64{108.656, 40.101})})
	if res, _ := fetch(t, http.MethodGet, url, "If-None-Match", tag); res.StatusCode != http.StatusOK || res.Header.Get("ETag") == tag {
		t.Errorf("after an edit: %d, %s", res.StatusCode, res.Header.Get("ETag"))
	}
}

func TestTileJSONDocument(t *testing.T) {
	t.Parallel()
	srv, db := tileServer(t)
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
	written, err := db.Store.Version(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	doc := read("/tiles/public/tilejson.json")
	if diff := cmp.Diff([]string{srv.URL + "/tiles/public/{z}/{x}/{y}.mvt?as_of=2026-11-25&v=" + strconv.FormatInt(written, 10)}, doc.Tiles); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([4]float64{108.6, 40, 108.7, 40.2}, doc.Bounds); diff != "" {
		t.Error(diff)
	}
	if doc.TileJSON != "3.0.0" || doc.MinZoom != 0 || doc.MaxZoom != 18 || doc.Attribution != "示意数据" {
		t.Errorf("got %+v", doc)
	}
	tile := strings.NewReplacer("{z}", "12", "{x}", "3284", "{y}", "1549").Replace(doc.Tiles[0])
	if res, _ := fetch(t, http.MethodGet, tile); res.StatusCode != http.StatusOK || !strings.Contains(res.Header.Get("Cache-Control"), "immutable") {
		t.Errorf("the tile that the TileJSON names: %d, %v", res.StatusCode, res.Header)
	}
	tileMerge(t, db.Store, pg.Board{Record: pg.Record{Key: "b2", Source: "test"}, Level: geo.County, Reaches: []pg.Key{"r"}, State: "ok", Geom: geom.NewPointFlat(geom.XY, []float64{109, 40.101})})
	if later := read("/tiles/public/tilejson.json?as_of=2026-06-01"); later.Bounds[2] != 109 || !strings.HasSuffix(later.Tiles[0], "?as_of=2026-06-01&v="+strconv.FormatInt(written+1, 10)) {
		t.Errorf("after an edit: %v, %v", later.Bounds, later.Tiles)
	}
	if empty := read("/tiles/section/tilejson.json"); empty.Bounds != [4]float64{73, 3, 136, 54} {
		t.Errorf("a set without features: %v", empty.Bounds)
	}
}

func TestTileIndexDocument(t *testing.T) {
	t.Parallel()
	srv := serveTiles(t, nil)
	_, body := fetch(t, http.MethodGet, srv.URL+"/tiles/")
	var doc struct {
		Sets []struct {
			Name, TileJSON, Collection string
			Layers                     []string
		} `json:"sets"`
	}
	if err := json.Unmarshal(body, &doc); err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, s := range doc.Sets {
		names = append(names, s.Name)
	}
	if diff := cmp.Diff([]string{"public", "board", "boundary", "division", "outfall", "reach", "river", "section"}, names); diff != "" {
		t.Error(diff)
	}
	if s := doc.Sets[1]; s.Collection != "notice-boards" || s.TileJSON != srv.URL+"/tiles/board/tilejson.json" {
		t.Errorf("got %+v", s)
	}
}

// ogrinfo reads a saved tile and the live server, with the names and types of all properties.
func TestTilesWithGDAL(t *testing.T) {
	t.Parallel()
	srv, _ := tileServer(t)
	_, body := fetch(t, http.MethodGet, srv.URL+"/tiles/public/12/3284/1549.mvt")
	dir := filepath.Join(t.TempDir(), "12", "3284")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "1549.mvt")
	if err := os.WriteFile(file, body, 0o644); err != nil {
		t.Fatal(err)
	}
	saved := ogrinfo(t, "-ro", "-al", "MVT:"+file)
	live := ogrinfo(t, "-ro", "-so", "-al", "MVT:"+srv.URL+"/tiles/public/8", "-oo", "TILE_EXTENSION=mvt", "-oo", "METADATA_FILE="+srv.URL+"/tiles/public/tilejson.json")
	for _, want := range []string{"Layer name: board", "Layer name: division", "Layer name: reach", "Layer name: river", "has_chief (Integer(Boolean)) = 0", "name (String) = 示例河", "POLYGON", "LINESTRING", "POINT"} {
		if !strings.Contains(saved, want) {
			t.Errorf("the saved tile lacks %q:\n%s", want, saved)
		}
	}
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

// crowd is a source of n boards in one place; each has a text of its own.
type crowd struct{ n int64 }

func (c crowd) TileFeatures(context.Context, tiles.Query) iter.Seq2[tiles.Feature, error] {
	return func(yield func(tiles.Feature, error) bool) {
		for id := range c.n {
			values := make([]any, 8)
			values[0] = fmt.Sprintf("示例牌 %d", id)
			if !yield(tiles.Feature{Layer: "board", ID: id + 1, Rank: 10, Geometry: orb.Point{108.655, 40.101}, Values: values}, nil) {
				return
			}
		}
		if c.n == 0 {
			yield(tiles.Feature{}, geo.Errorf(geo.CodeUnavailable, "the database is busy or restarting"))
		}
	}
}

func (crowd) Coverage(context.Context, geo.Date) (map[string]tiles.Coverage, error) {
	return map[string]tiles.Coverage{}, nil
}

func (crowd) Version(context.Context) (int64, error) { return 1, nil }

// A tile that is too full says how much it dropped; one that cannot be made is a problem that no cache keeps.
func TestTileFullOrFailed(t *testing.T) {
	t.Parallel()
	res, body := fetch(t, http.MethodGet, serveTiles(t, crowd{40_000}).URL+"/tiles/board/12/3284/1549.mvt")
	features, err := mvttext.Decode(body)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := res.Header.Get("Hetu-Dropped"), strconv.Itoa(40_000-len(features)); got != want || len(body) > tiles.MaxBytes || len(features) == 0 {
		t.Errorf("Hetu-Dropped is %q, want %q; %d bytes", got, want, len(body))
	}
	res, body = fetch(t, http.MethodGet, serveTiles(t, crowd{0}).URL+"/tiles/board/12/3284/1549.mvt?v=1")
	if res.StatusCode != http.StatusServiceUnavailable || res.Header.Get("Cache-Control") != "no-store" || res.Header.Get("ETag") != "" {
		t.Errorf("%d, %v: %s", res.StatusCode, res.Header, body)
	}
}
