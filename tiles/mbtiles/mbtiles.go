// Package mbtiles writes tiles into one file of the MBTiles format, version 1.3, an SQLite database:
// https://github.com/mapbox/mbtiles-spec/blob/master/1.3/spec.md
//
// Why no SQLite library: the file is written once, in order, and never asked. The only one without C is 7 MB of the binary and nine
// modules; what is needed of the file format is in sqlite.go, faster, and the same tiles give the same bytes.
package mbtiles

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"hetu/tiles/pmtiles"
)

// Write makes the file from an archive whose tiles are vector tiles packed by gzip. It appears at path when it is whole. tell is
// called after every tile with how many of them are written.
func Write(ctx context.Context, a *pmtiles.Archive, path string, tell func(uint64)) (err error) {
	// Someone else's link of this name is not followed: what it points at would be overwritten.
	out, err := os.OpenFile(path+".tmp", os.O_RDWR|os.O_CREATE|os.O_TRUNC|unix.O_NOFOLLOW, 0o666) //nolint:gosec // where the person wants it, for others to read
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, out.Close(), os.Remove(out.Name()))
		}
	}()
	if err = write(ctx, a, out, tell); err != nil {
		return err
	}
	if err = out.Sync(); err != nil {
		return err
	}
	if err = out.Close(); err != nil {
		return err
	}
	faultPoint("mbtiles-written")
	return publish(out.Name(), path)
}

// publish gives the file its name, on the disk too.
func publish(from, to string) error {
	if err := os.Rename(from, to); err != nil {
		return err
	}
	folder, err := os.Open(filepath.Dir(to))
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}

func write(ctx context.Context, a *pmtiles.Archive, out *os.File, tell func(uint64)) error {
	f, err := newFile(out)
	if err != nil {
		return err
	}
	schema := []entry{
		{kind: "table", name: "metadata", table: "metadata", sql: "CREATE TABLE metadata (name text, value text)"},
		{kind: "index", name: "name", table: "metadata", sql: "CREATE UNIQUE INDEX name on metadata (name)"},
		{kind: "table", name: "tiles", table: "tiles", sql: "CREATE TABLE tiles (zoom_level integer, tile_column integer, tile_row integer, tile_data blob)"},
		{kind: "index", name: "tile_index", table: "tiles", sql: "CREATE UNIQUE INDEX tile_index on tiles (zoom_level, tile_column, tile_row)"},
	}
	if schema[0].root, schema[1].root, err = f.metadata(a); err != nil {
		return err
	}
	if schema[2].root, schema[3].root, err = f.tiles(ctx, a, tell); err != nil {
		return err
	}
	if err = f.out.Flush(); err != nil {
		return err
	}
	_, err = out.WriteAt(f.first(schema), 0)
	return err
}

// row is a row of a table by what its index sorts: zoom, column and row of a tile in one number.
type row struct {
	place  uint64
	number uint64
}

const placeBits = 28 // of a column or a row

// tiles writes the tiles as they stand in the archive, a tile that is there for several places for each of them, and the index.
func (f *file) tiles(ctx context.Context, a *pmtiles.Archive, tell func(uint64)) (table, index uint32, err error) {
	t := newTable(f)
	var rows []row
	for e, err := range a.All() {
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return 0, 0, err
		}
		tile, err := a.Content(e)
		if err != nil {
			return 0, 0, err
		}
		for id := range uint64(e.Run) {
			z, x, y := pmtiles.Place(e.ID + id)
			y = 1<<z - 1 - y // rows are counted from the south here
			if err = t.insert(record(int64(z), int64(x), int64(y), tile)); err != nil {
				return 0, 0, err
			}
			rows = append(rows, row{uint64(z)<<(2*placeBits) | uint64(x)<<placeBits | uint64(y), t.rows}) //nolint:gosec // not negative
		}
		tell(t.rows)
	}
	if table, err = t.finish(); err != nil {
		return 0, 0, err
	}
	slices.SortFunc(rows, func(a, b row) int { return cmp.Compare(a.place, b.place) })
	index, err = f.index(len(rows), func(i int) []byte {
		r := rows[i]
		const mask = 1<<placeBits - 1
		return record(int64(r.place>>(2*placeBits)), int64(r.place>>placeBits&mask), int64(r.place&mask), int64(r.number)) //nolint:gosec // what was put in
	})
	return table, index, err
}

// metadata writes what is told of the tiles.
func (f *file) metadata(a *pmtiles.Archive) (table, index uint32, err error) {
	text, err := a.JSON()
	if err != nil {
		return 0, 0, err
	}
	var told struct {
		Name         string          `json:"name"`
		Description  string          `json:"description"`
		Attribution  string          `json:"attribution"`
		Type         string          `json:"type"`
		Version      string          `json:"version"`
		VectorLayers json.RawMessage `json:"vector_layers"`
		Tilestats    json.RawMessage `json:"tilestats"`
	}
	if err = json.Unmarshal(text, &told); err != nil {
		return 0, 0, fmt.Errorf("read the archive's metadata: %w", err)
	}
	layers, err := json.Marshal(map[string]json.RawMessage{"vector_layers": told.VectorLayers, "tilestats": told.Tilestats})
	if err != nil {
		return 0, 0, err
	}
	version, _, _ := strings.Cut(told.Version, ".") // a plain number here
	values := [][2]string{
		{"attribution", told.Attribution},
		{"bounds", degrees(a.Bounds.West, a.Bounds.South, a.Bounds.East, a.Bounds.North)},
		{"center", degrees(a.CenterLon, a.CenterLat, float64(a.CenterZoom))},
		{"description", told.Description},
		{"format", "pbf"},
		{"json", string(layers)},
		{"maxzoom", strconv.Itoa(a.MaxZoom)},
		{"minzoom", strconv.Itoa(a.MinZoom)},
		{"name", told.Name},
		{"scheme", "tms"},
		{"type", told.Type},
		{"version", version},
	}
	values = slices.DeleteFunc(values, func(v [2]string) bool { return v[1] == "" })
	t := newTable(f)
	for _, v := range values {
		if err = t.insert(record(v[0], v[1])); err != nil {
			return 0, 0, err
		}
	}
	if table, err = t.finish(); err != nil {
		return 0, 0, err
	}
	index, err = f.index(len(values), func(i int) []byte { return record(values[i][0], int64(i+1)) })
	return table, index, err
}

func degrees(values ...float64) string {
	text := make([]string, len(values))
	for i, v := range values {
		text[i] = strconv.FormatFloat(v, 'f', -1, 64)
	}
	return strings.Join(text, ",")
}
