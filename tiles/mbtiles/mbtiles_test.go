package mbtiles_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hetu/geo"
	"hetu/tiles"
	"hetu/tiles/mbtiles"
	"hetu/tiles/pmtiles"
)

// spread is a builder whose tiles are noise of many lengths, so that rows of every size come about.
type spread struct {
	maxZoom int
	largest int
	share   int // one tile of so many has something in it
}

func (s *spread) Occupied(tiles.Address, int) bool { return true }

func (s *spread) Tile(a tiles.Address, _ func(tiles.Tile)) tiles.Tile {
	id := pmtiles.ID(a.Z, a.X, a.Y)
	random := rand.New(rand.NewPCG(id/2, 1)) // two neighbours are equal
	if a.Z > 0 && random.IntN(s.share) > 0 {
		return tiles.Tile{}
	}
	n := 1 + random.IntN(s.largest)
	var data []byte
	for len(data) < n {
		data = binary.LittleEndian.AppendUint64(data, random.Uint64())
	}
	return tiles.Tile{Data: data[:n]}
}

// archive builds tiles into an archive at path.
func archive(t *testing.T, path string, b pmtiles.Builder, maxZoom int) *pmtiles.Archive {
	t.Helper()
	set, err := tiles.ParseSet("public")
	if err != nil {
		t.Fatal(err)
	}
	p := &pmtiles.Pyramid{Set: set, AsOf: geo.NewDate(2026, 11, 24), MaxZoom: maxZoom}
	doc, err := pmtiles.Describe(p, "示意数据", map[string]tiles.Coverage{"river": {Count: 2, Box: geo.Extent{West: 109.5, South: 40, East: 110, North: 41.25}}})
	if err != nil {
		t.Fatal(err)
	}
	w, err := pmtiles.Begin(path, "a test")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.Close() })
	if err = errors.Join(w.Build(t.Context(), b, p, 2, func(pmtiles.Progress) {}), w.Finish(doc)); err != nil {
		t.Fatal(err)
	}
	a, err := w.Archive()
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// query asks GDAL's SQLite, which is not ours.
func query(t *testing.T, path, sql string) [][]string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "ogr2ogr", "-f", "CSV", "/vsistdout/", path, "-sql", sql)
	var complaints bytes.Buffer
	cmd.Stderr = &complaints
	out, err := cmd.Output()
	if err != nil || complaints.Len() > 0 {
		t.Fatalf("%s: %v: %s", sql, err, &complaints)
	}
	rows, err := csv.NewReader(bytes.NewReader(out)).ReadAll()
	if err != nil || len(rows) == 0 {
		t.Fatalf("%s: %v: %s", sql, err, out)
	}
	return rows[1:]
}

// The file is sound for SQLite, and has every tile of the archive at its place, whatever the sizes of the rows.
func TestWrite(t *testing.T) {
	t.Parallel()
	for _, s := range []spread{{0, 1, 1}, {3, 300, 2}, {3, 90_000, 1}, {7, 40, 3}, {4, 17_000, 1}} {
		t.Run(fmt.Sprint(s), func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			a := archive(t, filepath.Join(dir, "archive"), &s, s.maxZoom)
			path := filepath.Join(dir, "out.sqlite") // by another name GDAL asks its reader of tiles, not SQLite
			told := uint64(0)
			if err := mbtiles.Write(t.Context(), a, path, func(n uint64) { told = n }); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([][]string{{"the file is", "ok"}}, query(t, path, "SELECT 'the file is', integrity_check FROM pragma_integrity_check")); diff != "" {
				t.Fatal(diff)
			}
			rows := query(t, path, "SELECT zoom_level, tile_column, tile_row, hex(tile_data) FROM tiles")
			if uint64(len(rows)) != a.Addressed || told != a.Addressed {
				t.Fatalf("%d rows, %d told, want %d", len(rows), told, a.Addressed)
			}
			for _, row := range rows {
				z, x, y := number(t, row[0]), number(t, row[1]), number(t, row[2])
				tile, err := a.Tile(z, x, 1<<z-1-y)
				if err != nil || !strings.EqualFold(hex.EncodeToString(tile), row[3]) {
					t.Fatalf("%d/%d/%d has another content, %v", z, x, y, err)
				}
			}
			// By the index, and through it.
			some := rows[len(rows)/2]
			got := query(t, path, fmt.Sprintf("SELECT zoom_level, hex(tile_data) FROM tiles INDEXED BY tile_index WHERE zoom_level = %s AND tile_column = %s AND tile_row = %s", some[0], some[1], some[2]))
			if diff := cmp.Diff([][]string{{some[0], some[3]}}, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func number(t *testing.T, text string) int {
	t.Helper()
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestMetadata(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "out.sqlite")
	if err := mbtiles.Write(t.Context(), archive(t, filepath.Join(dir, "archive"), &spread{4, 30, 2}, 4), path, func(uint64) {}); err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, row := range query(t, path, "SELECT name, value FROM metadata") {
		got[row[0]] = row[1]
	}
	var layers struct {
		VectorLayers []tiles.VectorLayer `json:"vector_layers"`
		Tilestats    struct{ LayerCount int }
	}
	if err := json.Unmarshal([]byte(got["json"]), &layers); err != nil || len(layers.VectorLayers) == 0 || layers.Tilestats.LayerCount != len(layers.VectorLayers) {
		t.Errorf("%v: %s", err, got["json"])
	}
	delete(got, "json")
	want := map[string]string{
		"name": "hetu public", "description": "河图 public 2026-11-24", "attribution": "示意数据", "format": "pbf", "type": "overlay", "version": "1", "scheme": "tms",
		"bounds": "109.5,40,110,41.25", "center": "109.75,40.625,4", "minzoom": "0", "maxzoom": "4",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// The same tiles give the same bytes, and a file that was not finished leaves nothing.
func TestSameBytes(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	a := archive(t, filepath.Join(dir, "archive"), &spread{6, 900, 2}, 6)
	var files [2][]byte
	for i := range files {
		path := filepath.Join(dir, "out.mbtiles")
		if err := mbtiles.Write(t.Context(), a, path, func(uint64) {}); err != nil {
			t.Fatal(err)
		}
		var err error
		if files[i], err = os.ReadFile(path); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(files[0], files[1]) {
		t.Error("the bytes are others")
	}
	ctx, cancel := context.WithCancel(t.Context())
	stopped := filepath.Join(dir, "stopped")
	if err := mbtiles.Write(ctx, a, stopped, func(uint64) { cancel() }); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if left, err := filepath.Glob(stopped + "*"); err != nil || len(left) > 0 {
		t.Errorf("%v, %v is left", err, left)
	}
}

// A link of the unfinished file's name is not followed: what it points at stays as it is.
func TestLinkIsNotFollowed(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	theirs, path := filepath.Join(dir, "theirs"), filepath.Join(dir, "out")
	if err := errors.Join(os.WriteFile(theirs, []byte("theirs"), 0o600), os.Symlink(theirs, path+".tmp")); err != nil {
		t.Fatal(err)
	}
	a := archive(t, filepath.Join(dir, "archive"), &spread{2, 30, 1}, 2)
	if err := mbtiles.Write(t.Context(), a, path, func(uint64) {}); err == nil {
		t.Error("it was followed")
	}
	if b, err := os.ReadFile(theirs); err != nil || string(b) != "theirs" {
		t.Errorf("%v, it holds %d bytes", err, len(b))
	}
}
