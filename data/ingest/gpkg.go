package ingest

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"os"
	"regexp"
	"strings"

	"hetu/data/gdal"
	"hetu/geo"
)

// inspectGeoPackage holds the header, and takes the mark of a write-ahead log out of the copy: SQLite would want to write one,
// and may not.
func (s *source) inspectGeoPackage() error {
	head, _, err := headOf(s.path, 100)
	if err != nil {
		return fmt.Errorf("inspect %s: %w", s.name, err)
	}
	if len(head) < 100 || !bytes.HasPrefix(head, []byte("SQLite format 3\x00")) {
		return geo.Errorf(geo.CodeRefused, "%s is no GeoPackage: its first bytes are wrong", s.name)
	}
	return s.patch(18, []byte{1, 1})
}

// patch overwrites bytes of the copy.
func (s *source) patch(at int64, with []byte) (err error) {
	f, err := os.OpenFile(s.path, os.O_WRONLY, 0)
	if err == nil {
		_, err = f.WriteAt(with, at)
		if closeErr := f.Close(); err == nil {
			err = closeErr
		}
	}
	if err != nil {
		return fmt.Errorf("inspect %s: %w", s.name, err)
	}
	return nil
}

// checkSchema refuses a GeoPackage whose schema holds what can read beyond its own tables: virtual tables other than its
// spatial indexes (VirtualText reads any file), and views. Triggers stay: the file is only read, so none ever fires. What an
// object is follows from its SQL, as it does for SQLite; the columns type and rootpage may say otherwise.
func (s *source) checkSchema(ctx context.Context, c *gdal.Child) error {
	var out bytes.Buffer
	err := c.Run(ctx, nil, gdal.Limit(&out, gdal.MaxProbe), "ogr2ogr", "-f", "CSV", "/vsistdout/", s.path,
		"-sql", "SELECT name, substr(sql, 1, 1000) AS sql FROM sqlite_master WHERE sql IS NOT NULL")
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		if text := err.Error(); strings.Contains(text, ": Warning 1: This version of GeoPackage") && !strings.Contains(text, "|") {
			return err
		}
		// What is complained about while the schema is unknown may be text of another file.
		return geo.Errorf(geo.CodeRefused, "GDAL complains about %s before its tables can be listed, so nothing of it is taken: it is broken, or its tables are not what a GeoPackage's are", s.name)
	}
	rows, err := csv.NewReader(&out).ReadAll()
	if err != nil || len(rows) == 0 {
		return geo.Wrapf(err, geo.CodeRefused, "the tables of %s cannot be listed", s.name)
	}
	plain := regexp.MustCompile(`(?i)^CREATE (TABLE|INDEX|UNIQUE INDEX|TRIGGER)[\s"'\[` + "`" + `]`)
	index := regexp.MustCompile(`(?is)^CREATE VIRTUAL TABLE ("rtree_([^"]|"")+"|rtree_\w+) USING rtree\s*\(\s*id\s*,\s*minx\s*,\s*maxx\s*,\s*miny\s*,\s*maxy\s*\)$`)
	view := regexp.MustCompile(`(?i)^CREATE VIEW\s`)
	for _, r := range rows[1:] {
		name, sql := r[0], r[1]
		switch {
		case plain.MatchString(sql), index.MatchString(sql):
		case view.MatchString(sql):
			return geo.Errorf(geo.CodeRefused, "%s has the view %q, and views can read more than the file's own tables: export the layer as a table", s.name, clip(name))
		default:
			return geo.Errorf(geo.CodeRefused, "%s has %q, which is no plain table and no spatial index (%q): virtual tables can read other files, so the file is not read", s.name, clip(name), clip(sql))
		}
	}
	return nil
}
