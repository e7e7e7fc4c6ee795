package ingest

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"hetu/data/gdal"
	"hetu/geo"
	"hetu/geo/crs"
)

// table is a layer as it was read: text undecoded and coordinates as the file has them.
type table struct {
	within bounds
	layer  string
	layers []string
	srs    string // WKT; empty when the file says nothing
	raw    bool   // text is bytes of an encoding that is still to be found
	heads  []string
	rows   []row
	cells  int
	count  int // rows that the layer says it has; -1 when it does not say
}

// row is one feature. n counts from 1 as the file has them; line is the line of a text table, 0 elsewhere.
type row struct {
	n, line int
	values  []string
	shape   *shape // nil without geometry
	fault   *Sentence
}

// raw tells whether the driver hands text on undecoded.
func (f format) raw() bool {
	return f.driver == "ESRI Shapefile" || f.driver == "MapInfo File" || f.driver == ""
}

// read reads the layer through the child.
func (s *source) read(ctx context.Context, c *gdal.Child, layer string) (*table, error) {
	t := &table{raw: s.raw(), count: -1, within: s.within}
	if err := s.chooseLayer(ctx, c, t, layer); err != nil {
		return nil, err
	}
	if err := s.describe(ctx, c, t); err != nil {
		return nil, err
	}
	r, w := io.Pipe()
	done := make(chan error, 1)
	go func() {
		err := c.Run(ctx, nil, w, "ogr2ogr", "-f", "CSV", "/vsistdout/", s.path, t.layer, "-lco", "GEOMETRY=AS_WKT", "-lco", "SEPARATOR=COMMA")
		_ = w.CloseWithError(cmpErr(err, io.EOF))
		done <- err
	}()
	readErr := t.readCSV(r)
	_ = r.CloseWithError(stoppedError{})
	err := <-done
	switch {
	case readErr != nil && !isChildErr(readErr):
		return nil, readErr
	case err != nil:
		return nil, err
	}
	if t.count >= 0 && t.count != len(t.rows) {
		return nil, geo.Errorf(geo.CodeRefused, "the layer says it has %d rows, and %d could be read", t.count, len(t.rows))
	}
	return t, nil
}

// stoppedError tells the child's pipe that nobody reads any more.
type stoppedError struct{}

func (stoppedError) Error() string { return "the reader stopped" }

// childError marks what the pipe hands on from the child, which says it better itself.
type childError struct{ error }

func (e childError) Unwrap() error { return e.error }

func isChildErr(err error) bool { _, ok := errors.AsType[childError](err); return ok }

func cmpErr(err, none error) error {
	if err == nil {
		return none
	}
	return childError{err}
}

// chooseLayer lists the layers ("1: rivers (Line String)", "Layer: rivers (Line String)") and takes the one, or the one that was asked for.
func (s *source) chooseLayer(ctx context.Context, c *gdal.Child, t *table, layer string) error {
	var out bytes.Buffer
	if err := c.Run(ctx, nil, gdal.Limit(&out, gdal.MaxProbe), "ogrinfo", "-ro", "-q", s.path); err != nil {
		return err
	}
	line := regexp.MustCompile(`^(?:\d+|Layer): (.*?)( \([^()]*\))?( \[.*\])?$`)
	for text := range strings.Lines(out.String()) {
		if m := line.FindStringSubmatch(strings.TrimRight(text, "\r\n")); m != nil {
			t.layers = append(t.layers, m[1])
		}
	}
	switch {
	case len(t.layers) == 0:
		return geo.Errorf(geo.CodeRefused, "%s holds no layer", s.name)
	case len(t.layers) == 1:
		// A layer named after the sandbox's random name has no name of its own.
		t.layer = t.layers[0]
		if strings.Contains(s.path, t.layer) {
			t.layers[0] = s.stem
		}
		if layer != "" && layer != t.layers[0] && layer != t.layer {
			return geo.InvalidField("layer", "%s has no layer %q; it has %s", s.name, layer, t.layers[0])
		}
		return nil
	case layer == "":
		return geo.InvalidField("layer", "%s has several layers: say which with --layer: %s", s.name, strings.Join(t.layers, ", "))
	case !slices.Contains(t.layers, layer):
		return geo.InvalidField("layer", "%s has no layer %q; it has %s", s.name, layer, strings.Join(t.layers, ", "))
	}
	t.layer = layer
	return nil
}

// name is the layer's name as a person knows it.
func (t *table) name() string {
	if len(t.layers) == 1 {
		return t.layers[0]
	}
	return t.layer
}

// describe asks for the layer's reference system and its number of rows.
func (s *source) describe(ctx context.Context, c *gdal.Child, t *table) error {
	var out bytes.Buffer
	if err := c.Run(ctx, nil, gdal.Limit(&out, gdal.MaxProbe), "ogrinfo", "-ro", "-so", "-nomd", "-wkt_format", "WKT2", s.path, t.layer); err != nil {
		return err
	}
	text := out.String()
	if _, rest, ok := strings.Cut(text, "\nFeature Count: "); ok {
		first, _, _ := strings.Cut(rest, "\n")
		if n, err := strconv.Atoi(first); err == nil {
			t.count = n
		}
	}
	if _, rest, ok := strings.Cut(text, "\nLayer SRS WKT:\n"); ok {
		wkt, _, _ := strings.Cut(rest, "\nData axis to CRS axis mapping")
		if wkt = strings.TrimSpace(wkt); !strings.HasPrefix(wkt, "(unknown)") {
			t.srs = wkt
		}
	}
	return nil
}

// readCSV reads what ogr2ogr writes. The geometry is the column WKT, when there is one.
func (t *table) readCSV(in io.Reader) error {
	line := &guard{r: in, max: maxRecord}
	r := csv.NewReader(&fieldCounter{r: line, comma: ','})
	r.ReuseRecord, r.FieldsPerRecord = true, -1 // a layer without fields has a comma too many
	head, err := r.Read()
	if errors.Is(err, io.EOF) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read the layer: %w", err)
	}
	if len(head) > maxCells {
		return geo.Errorf(geo.CodeTooLarge, "the layer has %d columns; at most %d are taken", len(head), maxCells)
	}
	at := slices.Index(head, "WKT")
	t.heads = without(head, at)
	flat := 0
	for {
		line.reset()
		record, err := r.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read the layer: %w", err)
		}
		if err := t.within.held(len(t.rows) + 1); err != nil {
			return err
		}
		if err := t.counted(len(record)); err != nil {
			return err
		}
		next := row{n: len(t.rows) + 1, values: without(record, at)}
		if at >= 0 {
			next.shape, next.fault = readShape(record[at])
		}
		if next.shape != nil {
			if flat += len(next.shape.flat); flat > maxFlat {
				return geo.Errorf(geo.CodeTooLarge, "the layer has more than %d coordinates", maxFlat)
			}
		}
		t.rows = append(t.rows, next)
	}
}

// counted bounds the cells of the whole table.
func (t *table) counted(cells int) error {
	if t.cells += cells; t.cells > maxTable {
		return geo.Errorf(geo.CodeTooLarge, "the table has more than %d cells at row %d: split the file", maxTable, len(t.rows)+1)
	}
	return nil
}

// without copies a record but for one of its fields.
func without(record []string, at int) []string {
	out := make([]string, 0, len(record))
	for i, v := range record {
		if i != at {
			out = append(out, strings.Clone(v))
		}
	}
	return out
}

// described gives what the layer's text says of its reference system, nil when it says nothing.
func (t *table) described() (*crs.Description, error) {
	if t.srs == "" {
		return nil, nil //nolint:nilnil // a layer without a description is common, and no error
	}
	d, err := crs.Describe(t.srs)
	if err != nil {
		return nil, geo.Wrapf(err, geo.CodeRefused, "the layer's reference system cannot be understood")
	}
	return &d, nil
}
