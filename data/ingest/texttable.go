package ingest

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"

	"hetu/geo"
)

// readText reads a CSV table here and not through GDAL: its encoding has to be found first, and a row is named by its line.
func (s *source) readText() (*table, error) {
	f, err := openOwn(s.path)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", s.name, err)
	}
	defer func() { _ = f.Close() }()
	line := &guard{r: f, max: maxRecord}
	count := &fieldCounter{r: line}
	in := bufio.NewReaderSize(count, 1<<16)
	t := &table{layer: s.stem, layers: []string{s.stem}, raw: true, count: -1, within: s.within}
	if err = s.skipMark(in); err != nil {
		return nil, err
	}
	comma := delimiter(in)
	count.restart(comma, in)
	r := csv.NewReader(in)
	r.Comma, r.FieldsPerRecord, r.ReuseRecord = comma, -1, true
	head, err := r.Read()
	if e, ok := errors.AsType[*geo.Error](err); ok {
		return nil, e
	}
	if err != nil {
		return nil, geo.Wrapf(err, geo.CodeRefused, "%s has no line of headings", s.name)
	}
	if len(head) > maxCells {
		return nil, geo.Errorf(geo.CodeTooLarge, "%s has %d columns; at most %d are taken", s.name, len(head), maxCells)
	}
	t.heads = without(head, -1)
	return t, t.readLines(r, line)
}

// skipMark reads the byte order mark. UTF-8's says what the text is; text in UTF-16 is not read.
func (s *source) skipMark(in *bufio.Reader) error {
	b, _ := in.Peek(3)
	switch {
	case strings.HasPrefix(string(b), "\xEF\xBB\xBF"):
		s.cpg = "UTF-8 BOM"
		_, _ = in.Discard(3)
	case strings.HasPrefix(string(b), "\xFF\xFE"), strings.HasPrefix(string(b), "\xFE\xFF"):
		return geo.Errorf(geo.CodeRefused, "%s is UTF-16: save it as CSV UTF-8", s.name)
	}
	return nil
}

// delimiter is the one of comma, tab and semicolon that the first line has most of.
func delimiter(in *bufio.Reader) rune {
	b, _ := in.Peek(1 << 15)
	line, _, _ := strings.Cut(string(b), "\n")
	best := ','
	for _, c := range "\t;" {
		if strings.Count(line, string(c)) > strings.Count(line, string(best)) {
			best = c
		}
	}
	return best
}

func (t *table) readLines(r *csv.Reader, long *guard) error {
	for {
		long.reset()
		record, err := r.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if e, ok := errors.AsType[*geo.Error](err); ok {
			return e
		}
		if err != nil {
			return geo.Wrapf(err, geo.CodeRefused, "the table is broken at row %d", len(t.rows)+1)
		}
		if err := t.within.held(len(t.rows) + 1); err != nil {
			return err
		}
		if err := t.counted(len(record)); err != nil {
			return err
		}
		line, _ := r.FieldPos(0)
		next := row{n: len(t.rows) + 1, line: line, values: without(record, -1)}
		if len(record) != len(t.heads) {
			next.fault = sayf("the row has %d fields and the heading %d", "该行有 %d 个字段,标题行有 %d 个", len(record), len(t.heads))
		}
		t.rows = append(t.rows, next)
	}
}

// placeRows gives rows of a table their geometry: from a column of WKT, or from a pair of columns.
func (t *table) placeRows(c *columns) {
	for i := range t.rows {
		r := &t.rows[i]
		if r.fault != nil || r.shape != nil {
			continue
		}
		if text := c.get(*r, "wkt"); text != "" {
			r.shape, r.fault = readShape(text)
			continue
		}
		x, y := c.get(*r, "x"), c.get(*r, "y")
		if x == "" && y == "" {
			continue
		}
		text := "POINT (" + x + " " + y + ")"
		if z := c.get(*r, "z"); z != "" {
			text = "POINT Z (" + x + " " + y + " " + z + ")"
		}
		if _, ok := decimal(x, false); !ok {
			r.fault = sayf("%q is no coordinate", "%q 不是坐标", clip(x))
			continue
		}
		if _, ok := decimal(y, false); !ok {
			r.fault = sayf("%q is no coordinate", "%q 不是坐标", clip(y))
			continue
		}
		r.shape, r.fault = readShape(text)
	}
}
