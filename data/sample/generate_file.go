package sample

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"hetu/data/pg"
)

// Manifest tells what [Write] wrote; it stands beside the files as manifest.json.
type Manifest struct {
	Generator string `json:"generator"`
	Reaches   int    `json:"reaches"`
	Seed      uint64 `json:"seed"`
	CRS       string `json:"crs"`
	Files     []File `json:"files"`
}

// File is one layer: GeoJSON features, one a line.
type File struct {
	Name     string `json:"name"`
	Entity   string `json:"entity"`
	Features int    `json:"features"`
	Bytes    int64  `json:"bytes"`
	SHA256   string `json:"sha256"`
}

// Write writes what [Generate] gives into a folder: one GeoJSONSeq file (newline-delimited, without record separators) for
// each layer, and the manifest. The same spec gives the same bytes.
//
// Properties have the names of the rows' columns, references without "_id" and as natural keys; "key", "valid_from",
// "valid_to" and "source" are every row's. What is empty is left out; an entity without a place has a null geometry.
// Routes are XY, for a third ordinate would be read as a height: their measures are those of lref.Measured from the mouth,
// which is how Generate has them, so an import of the files stores the same.
func Write(ctx context.Context, spec Spec, dir string) (m Manifest, err error) {
	if err = os.MkdirAll(dir, 0o750); err != nil {
		return Manifest{}, fmt.Errorf("make the folder for the layers: %w", err)
	}
	w := &layerWriter{dir: dir, layers: map[reflect.Type]*layer{}}
	defer func() { err = errors.Join(err, w.close()) }()
	if err = Generate(ctx, spec, w.write); err != nil {
		return Manifest{}, err
	}
	m = Manifest{Generator: "hetu sample generate", Reaches: spec.Reaches, Seed: spec.Seed, CRS: "EPSG:4490"}
	for _, l := range w.layers {
		var f File
		if f, err = l.finish(); err != nil {
			return Manifest{}, err
		}
		m.Files = append(m.Files, f)
	}
	slices.SortFunc(m.Files, func(a, b File) int { return strings.Compare(a.Name, b.Name) })
	return m, m.write(filepath.Join(dir, "manifest.json"))
}

func (m Manifest) write(name string) error {
	data, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return fmt.Errorf("write the manifest: %w", err)
	}
	f, err := os.Create(name) //nolint:gosec // the folder is the one that the caller asked for
	if err != nil {
		return fmt.Errorf("write the manifest: %w", err)
	}
	_, err = f.Write(append(data, '\n'))
	return errors.Join(err, f.Close())
}

// layerWriter holds a file for each entity it has met.
type layerWriter struct {
	dir    string
	layers map[reflect.Type]*layer
}

// layer is one file on its way.
type layer struct {
	file   *os.File
	out    *bufio.Writer
	sum    hash.Hash
	entity string
	plan   featurePlan
	buf    []byte
	n      int
	bytes  int64
}

func (w *layerWriter) write(_ context.Context, rows ...pg.Row) error {
	for _, row := range rows {
		l := w.layers[reflect.TypeOf(row)]
		if l == nil {
			var err error
			if l, err = w.open(row); err != nil {
				return err
			}
		}
		buf, err := l.plan.appendFeature(l.buf[:0], row)
		if err != nil {
			return fmt.Errorf("write a %s: %w", l.entity, err)
		}
		l.buf = buf
		if _, err := l.out.Write(buf); err != nil {
			return fmt.Errorf("write the layer of %s: %w", l.entity, err)
		}
		l.n++
		l.bytes += int64(len(buf))
	}
	return nil
}

func (w *layerWriter) open(row pg.Row) (*layer, error) {
	e := entityName(reflect.TypeOf(row).Name())
	f, err := os.Create(filepath.Join(w.dir, layerName(e)))
	if err != nil {
		return nil, fmt.Errorf("make a layer's file: %w", err)
	}
	l := &layer{file: f, sum: sha256.New(), entity: e, plan: newFeaturePlan(row)}
	l.out = bufio.NewWriterSize(io.MultiWriter(f, l.sum), 1<<18)
	w.layers[reflect.TypeOf(row)] = l
	return l, nil
}

// entityName gives the entity of a row's type: legal_doc of LegalDoc.
func entityName(goName string) string {
	var b []byte
	for i, c := range []byte(goName) {
		if c >= 'A' && c <= 'Z' {
			if i > 0 {
				b = append(b, '_')
			}
			c += 'a' - 'A'
		}
		b = append(b, c)
	}
	return string(b)
}

// layerName gives the file of an entity, in the plural.
func layerName(entity string) string {
	switch {
	case entity == "person":
		return "persons.geojsonl"
	case strings.HasSuffix(entity, "y"):
		return strings.TrimSuffix(entity, "y") + "ies.geojsonl"
	case strings.HasSuffix(entity, "ch"):
		return entity + "es.geojsonl"
	default:
		return entity + "s.geojsonl"
	}
}

func (l *layer) finish() (File, error) {
	if err := l.out.Flush(); err != nil {
		return File{}, fmt.Errorf("write the layer of %s: %w", l.entity, err)
	}
	return File{Name: filepath.Base(l.file.Name()), Entity: l.entity, Features: l.n, Bytes: l.bytes, SHA256: hex.EncodeToString(l.sum.Sum(nil))}, nil
}

func (w *layerWriter) close() error {
	var errs []error
	for _, l := range w.layers {
		errs = append(errs, l.file.Close())
	}
	return errors.Join(errs...)
}
